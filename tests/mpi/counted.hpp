// How many messages this rank has given to MPI, and their bytes, counted by PMPI wrappers.
#pragma once

#include <cstdint>
#include <vector>

struct Counted {
  uint64_t sends = 0;          // MPI_Isend, and MPI_Start of a persistent send
  uint64_t bytes = 0;          // of those
  uint64_t prepared = 0;       // MPI_Send_init and MPI_Recv_init
  uint64_t other = 0;          // collectives of MPI that move data
  uint64_t communicators = 0;  // made and not freed
};

/// This process's counters.
Counted& counted();
/// Where the messages lay that MPI was given to send, in their order.
std::vector<const void*>& sent_from();

/// This MPI says that it takes addresses of a GPU: always, but that Open MPI 4 can have it switched off, as Debian's
/// has but for while one of these lives.
class GpuSupport {
 public:
  GpuSupport();
  ~GpuSupport();
  GpuSupport(const GpuSupport&) = delete;
  GpuSupport& operator=(const GpuSupport&) = delete;
  /// Whether there is a switch.
  bool is_switched() const { return switch_ != nullptr; }

 private:
  bool* const switch_;
  const bool before_;
};
