// libfuseval_mpi.so: the one place that includes mpi.h. See plugin_abi.hpp.
#include "runtime/distributed/mpi/plugin_abi.hpp"

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <dlfcn.h>
#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct fuseval_mpi_world {
  MPI_Comm communicator;
};

namespace {

static_assert(sizeof(MPI_Request) <= sizeof(uint64_t));

MPI_Request request_of(uint64_t bits) {
  MPI_Request request;
  std::memcpy(&request, &bits, sizeof request);
  return request;
}

void keep(MPI_Request request, uint64_t* bits) {
  *bits = 0;
  std::memcpy(bits, &request, sizeof request);
}

int refuse(fuseval_mpi_error* error, const char* reason) {
  std::snprintf(error->text, sizeof error->text, "%s", reason);
  return 1;
}

/// MPI's own words for its error.
int outcome(const char* call, int code, fuseval_mpi_error* error) {
  if (code == MPI_SUCCESS) return 0;
  char words[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (MPI_Error_string(code, words, &length) != MPI_SUCCESS) std::snprintf(words, sizeof words, "error %d", code);
  std::snprintf(error->text, sizeof error->text, "%s: %.400s", call, words);
  return 1;
}

/// What decides whether MPI can be finalised, where that is ours to do. MPI is one a process, and so is this.
struct Ownership {
  int open_worlds = 0;
  bool out_of_order = false;
};

Ownership& ownership() {
  static Ownership only;
  return only;
}

/// MPI_Finalize waits for the other ranks. A rank that ends early must not: the others may be waiting for it.
void finalise_at_exit() {
  const Ownership& mine = ownership();
  int finalised = 0;
  MPI_Finalized(&finalised);
  if (finalised == 0 && mine.open_worlds == 0 && !mine.out_of_order) MPI_Finalize();
}

// Open MPI sends messages of up to 4 KiB between processes of one machine at once, and asks before longer ones, which
// is another two messages: 8 000 bytes took 6.1 us one way, and 2.4 us with this limit (docs/scaling.md). Ends of
// canonical blocks and halos of a few thousand elements are of that size. What the user has set stays. (Open MPI 5
// calls vader sm.)
void send_short_messages_at_once() {
#ifdef OPEN_MPI
  for (const char* limit : {"OMPI_MCA_btl_vader_eager_limit", "OMPI_MCA_btl_sm_eager_limit"}) setenv(limit, "16384", 0);
#endif
}

int initialise(fuseval_mpi_error* error) {
  send_short_messages_at_once();
  int provided = 0;
  if (outcome("MPI_Init_thread", MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), error) != 0)
    return 1;
  if (provided < MPI_THREAD_FUNNELED)
    return refuse(error, "this MPI allows no threads beside it (MPI_THREAD_FUNNELED)");
  // Nobody else uses this MPI. MPICH gives errors of MPI_Test to these, not to the message's communicator, and they
  // would abort.
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  std::atexit(finalise_at_exit);
  return 0;
}

int choose(fuseval_mpi_source source, const void* communicator, int fortran, MPI_Comm* chosen, int* initialised_here,
           fuseval_mpi_error* error) {
  int initialised = 0, finalised = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  if (finalised != 0) return refuse(error, "MPI has been finalised");
  *initialised_here = initialised == 0 ? 1 : 0;
  if (initialised == 0 && source != fuseval_mpi_all)
    return refuse(
        error,
        "a communicator was given, but the MPI that libfuseval_mpi.so uses is not initialised: the communicator is "
        "not one of this MPI, or MPI_Init has not been called");
  if (initialised == 0 && initialise(error) != 0) return 1;
  *chosen = MPI_COMM_WORLD;
  if (source == fuseval_mpi_address) std::memcpy(chosen, communicator, sizeof *chosen);
  if (source == fuseval_mpi_fortran) *chosen = MPI_Comm_f2c(fortran);
  return *chosen == MPI_COMM_NULL ? refuse(error, "the communicator is MPI_COMM_NULL") : 0;
}

#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION < 5
// Open MPI 4 answers how it was built (open-mpi/ompi issue 7963; 5 answers for the process). conda-forge's is built for
// CUDA and has that switched off, until OMPI_MCA_opal_cuda_support says otherwise: given a device's addresses it would
// read them as the host's. The switch is known once MPI is initialised.
bool is_switched_off() {
  int initialised = 0;
  MPI_Initialized(&initialised);
  const auto* const on = static_cast<const bool*>(dlsym(RTLD_DEFAULT, "opal_cuda_support"));
  return initialised != 0 && on != nullptr && !*on;
}
#elif defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40000000
// MPICH 3.4 ends the process that asks it: it asserts that its own query fails (AMReX-Codes/amrex issue 4820). What is
// made of it (MVAPICH2, Cray's of today) is not asked either.
bool is_switched_off() { return true; }
#else
bool is_switched_off() { return false; }
#endif

// An extension that headers of an MPI may lack: asked for by its name.
bool takes_device_memory() {
  if (is_switched_off()) return false;
  const auto query = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "MPIX_Query_cuda_support"));
  return query != nullptr && query() != 0;
}

void describe(fuseval_mpi_library* library) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(version, &length);
  version[std::strcspn(version, ",\n")] = '\0';
  std::replace(version, version + std::strlen(version), '\t', ' ');  // MPICH's
  std::snprintf(library->name, sizeof library->name, "%.255s", version);
  library->takes_device_memory = takes_device_memory() ? 1 : 0;
}

/// The ranks that share this one's memory.
int look_around(MPI_Comm own, fuseval_mpi_place* place, fuseval_mpi_error* error) {
  MPI_Comm local = MPI_COMM_NULL;
  MPI_Comm_rank(own, &place->rank);
  MPI_Comm_size(own, &place->size);
  const int code = MPI_Comm_split_type(own, MPI_COMM_TYPE_SHARED, place->rank, MPI_INFO_NULL, &local);
  if (outcome("MPI_Comm_split_type", code, error) != 0) return 1;
  MPI_Comm_rank(local, &place->local_rank);
  MPI_Comm_size(local, &place->local_size);
  place->machine = place->rank;
  const int told = MPI_Bcast(&place->machine, 1, MPI_INT, 0, local);  // ordered by rank
  MPI_Comm_free(&local);
  if (outcome("MPI_Bcast", told, error) != 0) return 1;
  describe(&place->library);
  return 0;
}

int open(fuseval_mpi_source source, const void* communicator, int fortran, fuseval_mpi_world** world,
         fuseval_mpi_place* place, fuseval_mpi_error* error) {
  MPI_Comm theirs = MPI_COMM_NULL, own = MPI_COMM_NULL;
  if (choose(source, communicator, fortran, &theirs, &place->initialised_here, error) != 0) return 1;
  int between_groups = 0;
  if (outcome("MPI_Comm_test_inter", MPI_Comm_test_inter(theirs, &between_groups), error) != 0) return 1;
  if (between_groups != 0) return refuse(error, "the communicator is an intercommunicator");
  if (outcome("MPI_Comm_dup", MPI_Comm_dup(theirs, &own), error) != 0) return 1;
  MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN);
  if (look_around(own, place, error) != 0) return 1;
  *world = new fuseval_mpi_world{own};
  ++ownership().open_worlds;
  return 0;
}

void close(fuseval_mpi_world* world, int in_order) {
  int finalised = 0;
  MPI_Finalized(&finalised);
  if (in_order == 0) ownership().out_of_order = true;
  if (in_order != 0 && finalised == 0) MPI_Comm_free(&world->communicator);
  --ownership().open_worlds;
  delete world;
}

const void* communicator_of(const fuseval_mpi_world* world) { return &world->communicator; }

int post(fuseval_mpi_world* world, const fuseval_mpi_message* m, uint64_t* bits, fuseval_mpi_error* error) {
  MPI_Request request = MPI_REQUEST_NULL;
  const int code = m->sending != 0
                       ? MPI_Isend(m->data, m->bytes, MPI_BYTE, m->peer, m->tag, world->communicator, &request)
                       : MPI_Irecv(m->data, m->bytes, MPI_BYTE, m->peer, m->tag, world->communicator, &request);
  keep(request, bits);
  return outcome(m->sending != 0 ? "MPI_Isend" : "MPI_Irecv", code, error);
}

int prepare(fuseval_mpi_world* world, const fuseval_mpi_message* m, uint64_t* bits, fuseval_mpi_error* error) {
  MPI_Request request = MPI_REQUEST_NULL;
  const int code = m->sending != 0
                       ? MPI_Send_init(m->data, m->bytes, MPI_BYTE, m->peer, m->tag, world->communicator, &request)
                       : MPI_Recv_init(m->data, m->bytes, MPI_BYTE, m->peer, m->tag, world->communicator, &request);
  keep(request, bits);
  return outcome(m->sending != 0 ? "MPI_Send_init" : "MPI_Recv_init", code, error);
}

int start(uint64_t* bits, fuseval_mpi_error* error) {
  MPI_Request request = request_of(*bits);
  const int code = MPI_Start(&request);
  keep(request, bits);
  return outcome("MPI_Start", code, error);
}

int test(uint64_t* bits, int* done, int* bytes, fuseval_mpi_error* error) {
  MPI_Request request = request_of(*bits);
  MPI_Status status;
  std::memset(&status, 0, sizeof status);
  const int code = MPI_Test(&request, done, &status);
  keep(request, bits);
  if (outcome("MPI_Test", code, error) != 0) return 1;
  if (*done != 0) MPI_Get_count(&status, MPI_BYTE, bytes);
  return 0;
}

int release(uint64_t* bits, int cancel) {
  MPI_Request request = request_of(*bits);
  int finalised = 0, cancelled = 1;
  MPI_Finalized(&finalised);
  if (request == MPI_REQUEST_NULL || finalised != 0) return 0;
  MPI_Status status;
  if (cancel != 0 && MPI_Cancel(&request) == MPI_SUCCESS && MPI_Wait(&request, &status) == MPI_SUCCESS)
    MPI_Test_cancelled(&status, &cancelled);
  if (request != MPI_REQUEST_NULL) MPI_Request_free(&request);
  keep(MPI_REQUEST_NULL, bits);
  return cancelled == 0 ? 1 : 0;
}

int probe(fuseval_mpi_world* world, fuseval_mpi_message* message, int* is_there, fuseval_mpi_error* error) {
  MPI_Status status;
  const int source = message->peer < 0 ? MPI_ANY_SOURCE : message->peer,
            tag = message->tag < 0 ? MPI_ANY_TAG : message->tag;
  const int code = MPI_Iprobe(source, tag, world->communicator, is_there, &status);
  if (outcome("MPI_Iprobe", code, error) != 0) return 1;
  if (*is_there == 0) return 0;
  message->peer = status.MPI_SOURCE;
  message->tag = status.MPI_TAG;
  MPI_Get_count(&status, MPI_BYTE, &message->bytes);
  return 0;
}

constexpr fuseval_mpi_table table = {FUSEVAL_MPI_ABI,
                                     sizeof(fuseval_mpi_table),
                                     describe,
                                     open,
                                     close,
                                     communicator_of,
                                     post,
                                     prepare,
                                     start,
                                     test,
                                     release,
                                     probe};

}  // namespace

__attribute__((visibility("default"))) const fuseval_mpi_table* fuseval_mpi_plugin() { return &table; }
