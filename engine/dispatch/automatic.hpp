// device="auto": whether a call of arrays on the host runs on the CPU or on the first CUDA device (docs/gpu.md,
// "Choosing the device").
//
// Using a device at all is dear (a driver that starts, a context, rates to be measured once), and worth nothing to a
// process of small calls. So a session that has not used one is asleep until its calls for "auto" have asked for as
// much time of the CPU as waking takes; most processes never look for a driver. Without a device it is settled: from
// then on a call costs one look at a flag.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/base/attachments.hpp"
#include "engine/device/device_space.hpp"
#include "engine/dispatch/cost_model.hpp"
#include "engine/plan/run_options.hpp"
#include "engine/plan/runtime.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

/// The device that "auto" may choose, and what was measured.
struct DeviceCandidate {
  DeviceSpace& space;
  CpuRates cpu;
  DeviceRates device;
};

/// What calls that want the same kernels would have gained on the device so far.
struct AccumulatedGain {
  std::atomic<double> seconds{0};
  std::atomic<bool> paid{false};  ///< for compiling them
};

/// Both estimates of a call.
struct Comparison {
  Work work;
  TransferBytes transfers;
  CpuEstimate cpu;
  DeviceEstimate device;
  int kernels_to_compile = 0;
  double compile_seconds = 0;
  double earned = 0;       ///< by calls before this one
  double bytes_there = 0;  ///< that it needs on the device
  double bytes_free = 0;

  double gain() const { return cpu.seconds - device.seconds(); }
  bool fits() const { return bytes_there <= bytes_free; }
};

/// A call whose arrays are all on the host. planned: its plan for a device (ResultRule::for_device).
struct HostCall {
  const Program& program;
  const Specialisation& planned;
  const fv_view* inputs;
  const fv_view* outputs;
  int32_t output_count;
  const RunOptions& options;
};

class Automatic : public Attachment {
 public:
  explicit Automatic(size_t kernel_limit) : gains_(kernel_limit) {}

  /// Whether every call stays on the CPU.
  bool is_settled() const { return is_settled_.load(std::memory_order_acquire); }
  /// Whether such a call is too short for any device, by usual rates.
  static bool is_short(const Specialisation& planned);
  /// The CPU's place, or the device's. Thread-safe.
  Place choose(const HostCall& call);
  /// From now on everything stays on the CPU.
  void settle(const std::string& why);

  /// Opens the device and reads or measures the rates; nullptr, and why() says it, where that cannot be done. Another
  /// thread that is at it is waited for.
  const DeviceCandidate* wake(const std::shared_ptr<Runtime>& runtime);
  std::string why() const;
  Comparison compare(const DeviceCandidate& candidate, const HostCall& call);

 private:
  bool is_worth_waking(const HostCall& call);
  const DeviceCandidate* try_to_wake(const std::shared_ptr<Runtime>& runtime);
  const DeviceCandidate* wake_locked(const std::shared_ptr<Runtime>& runtime);
  bool gains(const DeviceCandidate& candidate, const HostCall& call);
  std::shared_ptr<AccumulatedGain> accumulated_gain_of(const Specialisation& planned);

  std::atomic<bool> is_settled_{false};
  std::atomic<const DeviceCandidate*> candidate_{nullptr};  ///< kept by kept_
  std::atomic<double> asked_{0};                            ///< seconds of the CPU, by usual rates
  std::atomic<double> opening_seconds_{-1};                 ///< not known yet
  runtime::LongLock waking_;
  mutable runtime::Mutex mutex_;  ///< of what follows
  std::unique_ptr<const DeviceCandidate> kept_;
  std::string why_;
  runtime::Mutex gains_mutex_;
  runtime::LruCache<std::shared_ptr<AccumulatedGain>> gains_;
};

/// The session's.
inline Automatic& automatic_of(Runtime& runtime) {
  return runtime.attachments.find_or_add<Automatic>(runtime.kernel_limit);
}

}  // namespace fuseval::engine
