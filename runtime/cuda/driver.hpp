// The CUDA driver, found at run time: one binary runs with and without a GPU.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ir/error.hpp"
#include "runtime/cuda/driver_api.hpp"
#include "runtime/cuda/library_search.hpp"
#include "runtime/fork_mark.hpp"

namespace fuseval::runtime::cuda {

struct DriverFound;

/// A loaded and initialised driver with at least one device. Immutable, so thread-safe. Belongs to the process that
/// found it: CUDA does not survive fork().
class Driver : public std::enable_shared_from_this<Driver> {
 public:
  /// Finds libcuda (FUSEVAL_LIBCUDA, then what is loaded, the loader's path, and where containers put it), and
  /// initialises it, which takes a tenth of a second on a machine with a GPU. Never throws for want of one.
  static DriverFound find();

  const DriverApi& api() const { return api_; }
  /// As cuDriverGetVersion gives it: 12040 is CUDA 12.4.
  int version() const { return version_; }
  /// "12.4"
  std::string version_text() const;
  int device_count() const { return device_count_; }
  const std::string& path() const { return library_->path(); }

  /// Whether this is the process that found the driver.
  bool is_home() const { return mark_.is_home(); }
  /// Error(device) in a forked child.
  void require_home() const;

  /// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)"
  std::string describe(Result result) const;
  /// The error of a call that failed: memory for out_of_memory, device for the rest. `doing`: "copying 8 bytes to …".
  Error error(Result result, std::string_view doing) const;
  /// Throws it, if it failed.
  void check(Result result, std::string_view doing) const {
    if (result != Result::success) throw error(result, doing);
  }

 private:
  explicit Driver(std::shared_ptr<SharedLibrary> library) : library_(std::move(library)) {}
  static DriverFound load(std::shared_ptr<SharedLibrary> library);
  std::string initialise();

  std::shared_ptr<SharedLibrary> library_;
  DriverApi api_;
  int version_ = 0;
  int device_count_ = 0;
  ForkMark mark_;
};

struct DriverFound {
  std::shared_ptr<const Driver> driver;  ///< nullptr when there is none
  std::string reason;                    ///< then: one sentence: no driver, driver too old, no device …
};

/// Whether everything in the context is gone after such an error: the driver returns it from every later call.
bool loses_device(Result result);

/// "12.4" of 12040
std::string version_text(int version);

}  // namespace fuseval::runtime::cuda
