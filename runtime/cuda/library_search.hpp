// Finding NVIDIA's libraries at run time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/shared_library.hpp"

namespace fuseval::runtime::cuda {

/// What to look for.
struct LibrarySearch {
  const char* variable;                    ///< environment variable with the path; once set, nothing else is looked at
  std::vector<std::string> names;          ///< file names (SONAMEs), the preferred first
  std::vector<std::string> wheel_folders;  ///< below a site-packages folder; none: it does not come in wheels
  bool in_toolkits = false;                ///< conda environments and CUDA toolkits have it
  std::vector<std::string> folders;        ///< where it lies on systems whose loader does not know it
};

struct LibraryFound {
  std::shared_ptr<SharedLibrary> library;  ///< nullptr when there is none
  std::string reason;                      ///< then: one sentence that says what was tried
};

/// Searches, in this order: the variable; what the process has loaded already; Python wheels below $VIRTUAL_ENV, beside
/// the running library, on $PYTHONPATH, and in the site-packages of the running or first python3; $CONDA_PREFIX/lib;
/// the loader's own path (LD_LIBRARY_PATH, ldconfig); $CUDA_HOME, $CUDA_PATH and /usr/local/cuda; the given folders.
/// Variables are ignored in set-user-id programs. Thread-safe.
LibraryFound find_library(const LibrarySearch& search);

}  // namespace fuseval::runtime::cuda
