// A host that uses MPI itself: it initialises it, has communicators of its own, and finalises it. Every rank runs every
// test; wrappers of MPI's functions (PMPI) count what the plugin sends.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include "runtime/distributed/mpi_transport.hpp"

int main(int count, char** arguments) {
  int provided = 0, rank = 0;
  MPI_Init_thread(&count, &arguments, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  doctest::Context context(count, arguments);
  context.setOption("no-intro", true);
  context.setOption("minimal", rank != 0);
  const int failed = context.run();
  int finalised = 0, any = 0;
  MPI_Finalized(&finalised);
  if (finalised != 0) return 3;  // not ours to do, and somebody did it
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  try {
    fuseval::runtime::distributed::mpi_transport();
    return 4;
  } catch (const fuseval::Error& error) {
    return error.message() == "MPI: MPI has been finalised" ? any : 5;
  }
}
