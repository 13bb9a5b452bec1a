// libfuseval_mpi.so.
#pragma once

#include <string>

#include "runtime/distributed/mpi/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Loads the plugin, the first time, and gives its table, which stays for good. $FUSEVAL_MPI_PLUGIN may name it.
/// Thread-safe. Errors: those of plugin_table.
const fuseval_mpi_table& mpi_plugin();

/// A line for people: the MPI that ranks would use and whether it is CUDA-aware, or why there is none. Initialises
/// nothing.
std::string describe_mpi();

}  // namespace fuseval::runtime::distributed
