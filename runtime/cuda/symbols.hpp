// Filling a table of function pointers from a library.
#pragma once

#include <string>
#include <vector>

#include "runtime/cuda/library_search.hpp"

namespace fuseval::runtime::cuda {

template <class Function>
void bind_symbol(const SharedLibrary& library, const char* name, Function& function,
                 std::vector<std::string>& missing) {
  function = reinterpret_cast<Function>(library.symbol(name));
  if (function == nullptr) missing.push_back(name);
}

}  // namespace fuseval::runtime::cuda
