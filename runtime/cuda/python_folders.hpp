// Where Python packages lie: NVIDIA's wheels put their libraries there.
#pragma once

#include <string>
#include <vector>

namespace fuseval::runtime::cuda {

/// Folders like those of sys.path that may hold wheels and exist, in the order in which they are to be searched:
/// $VIRTUAL_ENV, above the running library, $PYTHONPATH, the running or first python3's, the user's, the system's.
std::vector<std::string> python_folders();

}  // namespace fuseval::runtime::cuda
