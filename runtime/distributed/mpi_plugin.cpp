#include "runtime/distributed/mpi_plugin.hpp"

#include "runtime/distributed/plugin_library.hpp"

namespace fuseval::runtime::distributed {

const fuseval_mpi_table& mpi_plugin() {
  static const fuseval_mpi_table& table = plugin_table<fuseval_mpi_table>(
      {"libfuseval_mpi.so", "FUSEVAL_MPI_PLUGIN", "fuseval_mpi_plugin", "MPI cannot be used", ""}, FUSEVAL_MPI_ABI);
  return table;
}

}  // namespace fuseval::runtime::distributed
