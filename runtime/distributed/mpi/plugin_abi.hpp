// What libfuseval_mpi.so offers: MPI's calls that a transport needs, behind C functions, so that the core knows no
// mpi.h and the plugin nothing of the core. It may be compiled by another compiler, against another MPI, than
// libfuseval.so was.
//
// Functions that return int return 0, or anything else and a sentence in `error`. All are for one thread at a time.
#pragma once

#include <stdint.h>

extern "C" {

/// Goes up by one with every change below.
#define FUSEVAL_MPI_ABI 3

/// A communicator of our own: the duplicate of another.
typedef struct fuseval_mpi_world fuseval_mpi_world;

typedef struct {
  char text[512];
} fuseval_mpi_error;

/// Which communicator to duplicate.
typedef enum { fuseval_mpi_all, fuseval_mpi_address, fuseval_mpi_fortran } fuseval_mpi_source;

/// What is known of an MPI that has not been initialised.
typedef struct {
  char name[256];           ///< the first line of MPI_Get_library_version
  int takes_device_memory;  ///< CUDA's: what MPIX_Query_cuda_support says, where an MPI has it, and is not switched off
} fuseval_mpi_library;

typedef struct {
  int rank, size, local_rank, local_size;
  int machine;           ///< the lowest rank that shares this one's memory
  int initialised_here;  ///< MPI was initialised by this call
  fuseval_mpi_library library;
} fuseval_mpi_place;

typedef struct {
  int sending;
  void* data;
  int bytes;
  int peer;
  int tag;
} fuseval_mpi_message;

typedef struct {
  int32_t abi;     ///< FUSEVAL_MPI_ABI: read before anything else
  uint32_t bytes;  ///< of this struct

  void (*describe)(fuseval_mpi_library* library);
  /// Collective. `communicator` is an MPI_Comm* for fuseval_mpi_address; `fortran` a handle for fuseval_mpi_fortran.
  /// With fuseval_mpi_all, MPI is initialised if nobody has, and finalised when the process exits, if every world was
  /// closed in order.
  int (*open)(fuseval_mpi_source source, const void* communicator, int fortran, fuseval_mpi_world** world,
              fuseval_mpi_place* place, fuseval_mpi_error* error);
  /// Collective when in order. Otherwise nothing is said to other ranks, and MPI is never finalised by us: the launcher
  /// sees a rank that ends without it, and ends the others.
  void (*close)(fuseval_mpi_world* world, int in_order);
  /// The address of its MPI_Comm, until it is closed.
  const void* (*communicator)(const fuseval_mpi_world* world);

  /// A `request` is an MPI_Request in 64 bits.
  int (*post)(fuseval_mpi_world* world, const fuseval_mpi_message* message, uint64_t* request,
              fuseval_mpi_error* error);
  int (*prepare)(fuseval_mpi_world* world, const fuseval_mpi_message* message, uint64_t* request,
                 fuseval_mpi_error* error);
  int (*start)(uint64_t* request, fuseval_mpi_error* error);
  /// `bytes`: received, when done.
  int (*test)(uint64_t* request, int* done, int* bytes, fuseval_mpi_error* error);
  /// cancel: a receive in flight is cancelled first. Returns whether its message had come before that.
  int (*release)(uint64_t* request, int cancel);
  /// Whether a message has come that no receive has been posted for. Given: a peer or -1, a tag or -1; then what is
  /// known of it.
  int (*probe)(fuseval_mpi_world* world, fuseval_mpi_message* message, int* is_there, fuseval_mpi_error* error);
} fuseval_mpi_table;

/// The plugin's one symbol. The table is the plugin's, for good.
const fuseval_mpi_table* fuseval_mpi_plugin(void);
}
