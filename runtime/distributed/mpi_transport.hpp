// Ranks under MPI, by the plugin libfuseval_mpi.so.
#pragma once

#include <memory>
#include <optional>

#include "runtime/distributed/transport.hpp"

namespace fuseval::runtime::distributed {

/// Each of these is collective over the communicator's ranks, which is duplicated: the host's stays as it is,
/// attributes and error handler too, and its messages cannot meet ours. The transport is given back by destroying it,
/// on all ranks; one that has failed, or that an exception destroys, is given up without a word to the others, and the
/// launcher then ends the job. The thread that makes a transport is the one that uses it (MPI_THREAD_FUNNELED). Errors:
/// ErrorCode::unsupported: no plugin or no MPI (mpi_plugin.hpp). ErrorCode::communication: MPI's errors; a communicator
/// of another MPI, an intercommunicator or none; ranks that another MPI's mpirun has started.

/// MPI_COMM_WORLD. Initialises MPI if nobody has, and then finalises it when the process exits.
std::shared_ptr<Transport> mpi_transport();
/// `communicator` is the address of the host's MPI_Comm (mpi4py: MPI._addressof(comm)).
std::shared_ptr<Transport> mpi_transport(const void* communicator);
/// A Fortran handle (mpi4py: comm.py2f()).
std::shared_ptr<Transport> mpi_transport_of_fortran(int communicator);

/// What a launcher says of this process, by its environment variables; no MPI is loaded for it.
struct Launch {
  const char* launcher;  ///< "Open MPI" or "PMI" (MPICH and its kin)
  int rank;
  int size;
};

/// None in a process that no launcher started. (A process that an MPI rank has started looks like that rank.)
std::optional<Launch> find_launch();

/// MPI under a launcher, else a rank by itself.
std::shared_ptr<Transport> default_transport();

}  // namespace fuseval::runtime::distributed
