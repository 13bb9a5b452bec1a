#include "runtime/distributed/hdf5_plugin.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"
#include "runtime/distributed/plugin_library.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::runtime::distributed {
namespace {

using Table = fuseval_hdf5_table;
using KnownTable = Lasting<const Table*>;

const Table* load(const char* file, const char* advice) {
  return &plugin_table<Table>({file, "FUSEVAL_HDF5_PLUGIN", "fuseval_hdf5_plugin", "HDF5 cannot be used", advice},
                              FUSEVAL_HDF5_ABI);
}

const Table& under_mpi() {
  static constinit KnownTable table;
  return *table.get([] {
    return load("libfuseval_hdf5_mpi.so",
                "; it is in the package fuseval-mpi, and built where CMake finds HDF5's build for the MPI (Debian: "
                "libhdf5-openmpi-dev; FUSEVAL_HDF5=ON insists)");
  });
}

const Table* load_alone() {
  try {
    return load("libfuseval_hdf5.so",
                "; it is in the package fuseval, needs libhdf5-103-1, and is built where CMake finds HDF5 (Debian: "
                "libhdf5-dev; FUSEVAL_HDF5=ON insists)");
  } catch (const Error&) {
    try {
      return &under_mpi();
    } catch (const Error&) {
    }
    throw;
  }
}

const Table& alone() {
  static constinit KnownTable table;
  return *table.get(load_alone);
}

/// The error's text, or "" if there is such a plugin.
std::string failure(Hdf5Use use) {
  try {
    hdf5_plugin(use);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

const fuseval_hdf5_table& hdf5_plugin(Hdf5Use use) { return use == Hdf5Use::alone ? alone() : under_mpi(); }

std::string describe_hdf5() {
  if (const std::string reason = failure(Hdf5Use::alone); !reason.empty()) return fmt::format("none: {}", reason);
  const std::string version = alone().version;
  const std::string reason = failure(Hdf5Use::under_mpi);
  if (reason.empty() && *under_mpi().mpi != '\0') return fmt::format("{}, for {} as well", version, under_mpi().mpi);
  return fmt::format("{}, not for ranks under MPI{}{}", version, reason.empty() ? "" : ": ", reason);
}

}  // namespace fuseval::runtime::distributed
