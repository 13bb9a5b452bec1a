// How many messages this rank has given to MPI, and their bytes, counted by PMPI wrappers.
#pragma once

#include <cstdint>

struct Counted {
  uint64_t sends = 0;          // MPI_Isend, and MPI_Start of a persistent send
  uint64_t bytes = 0;          // of those
  uint64_t prepared = 0;       // MPI_Send_init and MPI_Recv_init
  uint64_t other = 0;          // collectives of MPI that move data
  uint64_t communicators = 0;  // made and not freed
};

/// This process's counters.
Counted& counted();
