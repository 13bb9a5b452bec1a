// libfuseval_hdf5.so.
#pragma once

#include "runtime/distributed/hdf5/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Loads the plugin, the first time, and gives its table, which stays for good. $FUSEVAL_HDF5_PLUGIN may name it.
/// Thread-safe. Errors: those of plugin_table.
const fuseval_hdf5_table& hdf5_plugin();

}  // namespace fuseval::runtime::distributed
