#include "tests/mpi/counted.hpp"

#include <dlfcn.h>

#include <cstring>
#include <map>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

Counted& counted() {
  static Counted counters;
  return counters;
}

std::vector<const void*>& sent_from() {
  static std::vector<const void*> addresses;
  return addresses;
}

/// Open MPI's extension, by which an MPI says that it takes addresses of a GPU.
extern "C" __attribute__((visibility("default"))) int MPIX_Query_cuda_support() { return 1; }

namespace {

bool* gpu_switch() {
#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION < 5
  return static_cast<bool*>(dlsym(RTLD_DEFAULT, "opal_cuda_support"));
#else
  return nullptr;
#endif
}

struct Send {
  const void* data;
  uint64_t bytes;
};

/// Persistent sends, by their requests.
std::map<MPI_Request, Send>& persistent_sends() {
  static std::map<MPI_Request, Send> requests;
  return requests;
}

uint64_t bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return static_cast<uint64_t>(count) * static_cast<uint64_t>(size);
}

}  // namespace

GpuSupport::GpuSupport() : switch_(gpu_switch()), before_(switch_ != nullptr && *switch_) {
  if (switch_ != nullptr) *switch_ = true;
}
GpuSupport::~GpuSupport() {
  if (switch_ != nullptr) *switch_ = before_;
}

// The program's symbols come before MPI's for the plugin, too.
#define WRAPPED extern "C" __attribute__((visibility("default"))) int

WRAPPED MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  ++counted().sends;
  counted().bytes += bytes_of(count, type);
  sent_from().push_back(data);
  return PMPI_Isend(data, count, type, to, tag, comm, request);
}

WRAPPED MPI_Send_init(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                      MPI_Request* request) {
  ++counted().prepared;
  const int code = PMPI_Send_init(data, count, type, to, tag, comm, request);
  persistent_sends()[*request] = {data, bytes_of(count, type)};
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
    counted().bytes += send->second.bytes;
    sent_from().push_back(send->second.data);
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
