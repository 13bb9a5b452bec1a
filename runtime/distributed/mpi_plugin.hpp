// Finding libfuseval_mpi.so.
#pragma once

#include "runtime/distributed/mpi/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Loads the plugin, the first time, and gives its table, which stays for good. Looks only at the file that
/// $FUSEVAL_MPI_PLUGIN names, if it is set (it is ignored in set-user-id programs); else beside the library or program
/// that this code is part of; then where the loader looks. Thread-safe. Errors: ErrorCode::unsupported: no such file,
/// an MPI library that it needs is missing, or a plugin of another version.
const fuseval_mpi_table& mpi_plugin();

}  // namespace fuseval::runtime::distributed
