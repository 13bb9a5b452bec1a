// What was launched lately. The driver reports a kernel's fault at some later call, and not whose it was: the kernels
// launched since the last synchronisation are the ones that may have done it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/cuda/driver_api.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime::cuda {

/// What a message says of a kernel.
struct KernelLabel {
  std::string kernel;   ///< its name
  std::string program;  ///< the text of the program that it belongs to; "" if that is not known
};

/// The last launches of a device that nobody has waited for. Thread-safe.
class LaunchLog {
 public:
  void add(StreamHandle stream, std::shared_ptr<const KernelLabel> label);
  /// The stream has been waited for.
  void clear(StreamHandle stream);
  void clear_all();
  /// "; launched since the last synchronisation: kernel "k" of "a + b", …", newest first; "" for none.
  std::string sentence() const;

 private:
  struct Entry {
    StreamHandle stream = nullptr;
    std::shared_ptr<const KernelLabel> label;
  };
  mutable Mutex mutex_;
  std::array<Entry, 8> entries_;
  uint64_t next_ = 0;
};

}  // namespace fuseval::runtime::cuda
