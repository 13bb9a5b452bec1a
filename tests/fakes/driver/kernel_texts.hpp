// Kernel texts that were compiled for the simulator, kept for as long as the process lives; and below the folder that
// FUSEVAL_FAKE_CACHE names, if it is set, for longer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/cudasim/module.hpp"
#include "runtime/disk_cache.hpp"
#include "runtime/lru_cache.hpp"

namespace fake {

/// Not thread-safe.
class KernelTexts {
 public:
  KernelTexts();
  /// One text, as source 0. Errors: those of cudasim::Module::compile.
  fuseval::runtime::cudasim::Module get(const std::string& text, const std::vector<std::string>& kernels);

 private:
  fuseval::runtime::LruCache<fuseval::runtime::cudasim::Module> modules_;
  std::unique_ptr<fuseval::runtime::DiskCache> disk_;
};

}  // namespace fake
