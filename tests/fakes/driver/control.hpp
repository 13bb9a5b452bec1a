// How tests steer the fake driver: a libcuda that runs in host memory.
//
// Work that is enqueued runs later, in any order that streams and events allow (chosen by a seed), on the thread of
// some later call. Device memory can be touched by operations alone; what an operation may not touch (memory freed, or
// not yet allocated, in the order of the streams) is an illegal address and loses the device, as on a GPU. A cubin is
// a text (image.hpp): kernels' own CUDA C++, which runs in the simulator and is checked access by access, or names of
// functions of the test's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cuda/driver_api.hpp"
#include "tests/fakes/image.hpp"

namespace fake {

using fuseval::runtime::cuda::Result;

struct Settings {
  uint64_t seed = 1;
  int devices = 1;
  int version = 13000;
  int major = 9;  ///< compute capability
  int minor = 0;
  bool pools = true;
  size_t memory = size_t{64} << 20;  ///< bytes of each device
  bool prohibited = false;           ///< compute mode
  /// Memory of cuMemAlloc can be touched at any time, as by an MPI that takes a device's addresses (which gets at no
  /// pool's), and counts as written.
  bool open_memory = false;
};

/// A launch, as the kernel's function sees it: once for the whole grid.
struct Launch {
  unsigned grid;
  unsigned block;
  unsigned shared_bytes;
  std::span<const uint64_t> words;
};
using Kernel = std::function<void(const Launch&)>;

class Control {
 public:
  virtual ~Control() = default;
  /// Forgets everything, leaks included. Nothing of the runtime may be alive.
  virtual void reset(const Settings& settings) = 0;
  /// A kernel of cubins without a text. What it writes is not seen: all memory counts as written once it has run.
  virtual void add_kernel(const std::string& name, Kernel kernel) = 0;
  /// The k-th call from now (1: the next) fails without doing anything; later ones work again, unless `code` loses the
  /// device. 0: none. Looking up errors' names and the driver's version is no call.
  virtual void fail_call(uint64_t k, Result code) = 0;
  /// Every call of this function fails; "" for none.
  virtual void fail_function(const std::string& symbol, Result code) = 0;
  /// The k-th operation that runs from now on loses its device. 0: none.
  virtual void fail_operation(uint64_t k, Result code) = 0;
  /// Calls since the last reset or fail_call.
  virtual uint64_t calls() const = 0;
  virtual uint64_t calls_of(const std::string& symbol) const = 0;
  /// Launches of kernels that have run.
  virtual uint64_t launches() const = 0;
  /// Bytes that copies have brought from devices.
  virtual uint64_t bytes_down() const = 0;
  /// Whether it is memory of a device that is alive.
  virtual bool is_on_device(const void* address) const = 0;
  /// Whether this thread has a context, without which other libraries cannot get at the memory of a device.
  virtual bool is_context_current() const = 0;
  /// Bytes of the device that somebody else has from now on.
  virtual void occupy(size_t bytes) = 0;
  /// What was alive when its context went, and contexts that are retained still; "" for none.
  virtual std::string leaks() const = 0;
  /// What a correct program does not do, a line each: touching freed memory, freeing host memory that a copy needs, and
  /// whatever the simulator has to say of a kernel …
  virtual std::string violations() const = 0;
};

}  // namespace fake
