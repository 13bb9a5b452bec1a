// Ranks that are threads, and what each of them sends. Apart from its implementation, since the library's own names and
// those of the public headers do not meet in one file.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fuseval/fuseval.h"
#include "tests/fakes/driver/control.hpp"

struct Sent {
  std::int64_t messages = 0, bytes = 0;
  std::int64_t from_device = 0;      ///< messages in a device's memory
  std::int64_t without_context = 0;  ///< times that such a message was made, started or looked after with no context
};

struct CountedTransport {
  const fake::Control* gpu = nullptr;  ///< messages may lie in the memory of its devices, as where MPI is CUDA-aware
  std::size_t largest_message = std::size_t{1} << 30;  ///< longer ones go in pieces, each of which counts
};

/// f(world, sent) on a thread for each of `sent`, which counts from the begin on, and may be set back by its rank. The
/// function releases the world. Throws what a rank throws.
void run_counted_ranks(std::vector<Sent>& sent, const std::function<void(fv_world* world, Sent& sent)>& f,
                       const CountedTransport& options = {});
