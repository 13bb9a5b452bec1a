#include "runtime/distributed/mpi_plugin.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"
#include "runtime/distributed/plugin_library.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::runtime::distributed {

const fuseval_mpi_table& mpi_plugin() {
  static constinit Lasting<const fuseval_mpi_table*> table;
  return *table.get([] {
    return &plugin_table<fuseval_mpi_table>(
        {"libfuseval_mpi.so", "FUSEVAL_MPI_PLUGIN", "fuseval_mpi_plugin", "MPI cannot be used",
         "; it is in the package fuseval-mpi, and built where CMake finds an MPI (Debian: libopenmpi-dev; "
         "FUSEVAL_MPI=ON "
         "insists)"},
        FUSEVAL_MPI_ABI);
  });
}

// Before initialisation only the build of some MPIs is known: docs/distributed-internals.md, CUDA-aware MPI.
std::string describe_mpi() {
  try {
    fuseval_mpi_library library{};
    mpi_plugin().describe(&library);
    return fmt::format("{}, {}", library.name, library.takes_device_memory != 0 ? "CUDA-aware" : "not CUDA-aware");
  } catch (const Error& error) {
    return fmt::format("none: {}", error.message());
  }
}

}  // namespace fuseval::runtime::distributed
