// libfuseval_hdf5.so.
#pragma once

#include <string>

#include "runtime/distributed/hdf5/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Loads the plugin, the first time, and gives its table, which stays for good. $FUSEVAL_HDF5_PLUGIN may name it.
/// Thread-safe. Errors: those of plugin_table.
const fuseval_hdf5_table& hdf5_plugin();

/// A line for people: the MPI that it was built for, or why there is none.
std::string describe_hdf5();

}  // namespace fuseval::runtime::distributed
