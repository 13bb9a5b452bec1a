#include "runtime/distributed/hdf5_plugin.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"
#include "runtime/distributed/plugin_library.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::runtime::distributed {

const fuseval_hdf5_table& hdf5_plugin() {
  static constinit Lasting<const fuseval_hdf5_table*> table;
  return *table.get([] {
    return &plugin_table<fuseval_hdf5_table>(
        {"libfuseval_hdf5.so", "FUSEVAL_HDF5_PLUGIN", "fuseval_hdf5_plugin", "HDF5 cannot be used",
         "; it is built where CMake finds HDF5's MPI build (Debian: libhdf5-openmpi-dev)"},
        FUSEVAL_HDF5_ABI);
  });
}

std::string describe_hdf5() {
  try {
    return fmt::format("for {}", hdf5_plugin().mpi);
  } catch (const Error& error) {
    return fmt::format("none: {}", error.message());
  }
}

}  // namespace fuseval::runtime::distributed
