#include "tests/mpi/counted.hpp"

#include <cstring>
#include <map>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

Counted& counted() {
  static Counted counters;
  return counters;
}

/// Open MPI's extension, by which an MPI says that it takes addresses of a GPU.
extern "C" __attribute__((visibility("default"))) int MPIX_Query_cuda_support() { return 1; }

namespace {

/// Bytes of persistent sends, by their requests.
std::map<MPI_Request, uint64_t>& persistent_sends() {
  static std::map<MPI_Request, uint64_t> requests;
  return requests;
}

uint64_t bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return static_cast<uint64_t>(count) * static_cast<uint64_t>(size);
}

}  // namespace

// The program's symbols come before MPI's for the plugin, too.
#define WRAPPED extern "C" __attribute__((visibility("default"))) int

WRAPPED MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  ++counted().sends;
  counted().bytes += bytes_of(count, type);
  return PMPI_Isend(data, count, type, to, tag, comm, request);
}

WRAPPED MPI_Send_init(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                      MPI_Request* request) {
  ++counted().prepared;
  const int code = PMPI_Send_init(data, count, type, to, tag, comm, request);
  persistent_sends()[*request] = bytes_of(count, type);
  return code;
}

WRAPPED MPI_Recv_init(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm,
                      MPI_Request* request) {
  ++counted().prepared;
  const int code = PMPI_Recv_init(data, count, type, from, tag, comm, request);
  persistent_sends().erase(*request);  // a request's value may come again
  return code;
}

WRAPPED MPI_Start(MPI_Request* request) {
  const auto send = persistent_sends().find(*request);
  if (send != persistent_sends().end()) {
    ++counted().sends;
    counted().bytes += send->second;
  }
  return PMPI_Start(request);
}

WRAPPED MPI_Comm_dup(MPI_Comm comm, MPI_Comm* copy) {
  ++counted().communicators;
  return PMPI_Comm_dup(comm, copy);
}

WRAPPED MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  ++counted().communicators;
  return PMPI_Comm_split_type(comm, type, key, info, part);
}

WRAPPED MPI_Comm_free(MPI_Comm* comm) {
  --counted().communicators;
  return PMPI_Comm_free(comm);
}

WRAPPED MPI_Barrier(MPI_Comm comm) {
  ++counted().other;
  return PMPI_Barrier(comm);
}

WRAPPED MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  ++counted().other;
  return PMPI_Bcast(data, count, type, root, comm);
}

WRAPPED MPI_Send(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  ++counted().other;
  return PMPI_Send(data, count, type, to, tag, comm);
}
