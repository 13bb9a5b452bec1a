// libfuseval_mpi.so.
#pragma once

#include "runtime/distributed/mpi/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Loads the plugin, the first time, and gives its table, which stays for good. $FUSEVAL_MPI_PLUGIN may name it.
/// Thread-safe. Errors: those of plugin_table.
const fuseval_mpi_table& mpi_plugin();

}  // namespace fuseval::runtime::distributed
