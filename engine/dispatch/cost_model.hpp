// What a plan costs on the CPU and on a device, in seconds: arithmetic over measured rates (docs/gpu.md, "Choosing the
// device").
#pragma once

#include <vector>

#include "ir/plan.hpp"

namespace fuseval::engine {

/// Bytes and units of cost a second. A unit is an addition (ir/ops.def), of one element.
struct Speed {
  double memory = 0;         ///< bytes read and written
  double float64_units = 0;  ///< of operations on float64
  double other_units = 0;    ///< of all others; those on 8-byte integers count twice
};

/// The values here are usual ones, for who has not measured.
struct CpuRates {
  Speed one = {10e9, 4e9, 8e9};  ///< one thread
  Speed all = {20e9, 8e9, 16e9};
  double cache_one = 40e9;        ///< bytes, of one thread, when everything fits into the last-level cache
  double opening_seconds = 0.3;   ///< what a process pays once for using a device at all
  int threads = 2;                ///< of `all`
  double cache_bytes = 16 << 20;  ///< size of the last-level cache
};

struct DeviceRates {
  Speed speed = {0, 0, 0};
  double up = 0, up_pinned = 0;      ///< bytes from the host, from memory that may be paged out or is page-locked
  double down = 0, down_pinned = 0;  ///< bytes to the host
  double launch_seconds = 0;         ///< for the host to ask for a kernel
  double wait_seconds = 0;           ///< from the end of work to the host's knowing of it
  /// For one kernel. NVRTC takes 38 to 208 ms (docs/gpu.md, "Static checks"); it cannot be measured where the disk has
  /// the kernel already.
  double compile_seconds = 0.06;
};

struct KernelWork {
  double bytes = 0;
  double float64_units = 0;
  double other_units = 0;
  int launches = 1;
};

/// What a plan's kernels do, wherever they run; those of a tiled chain count as one. The plan is the device's: the CPU
/// may tile more, which saves it at most a third of the time where memory is what it waits for.
struct Work {
  std::vector<KernelWork> kernels;
  void add(const Plan& plan);
  KernelWork total() const;
};

/// What a call on a device carries between host and device.
struct TransferBytes {
  double up = 0, up_pinned = 0, down = 0, down_pinned = 0;  ///< bytes
  int waits = 0;
  double bytes() const { return up + up_pinned + down + down_pinned; }
  bool operator==(const TransferBytes&) const = default;
};

struct CpuEstimate {
  int threads = 1;
  double seconds = 0;
};
CpuEstimate cpu_estimate(const Work& work, const CpuRates& rates, int threads);

struct DeviceEstimate {
  double up = 0, launches = 0, kernels = 0, down = 0, waits = 0;  ///< seconds
  double seconds() const { return up + launches + kernels + down + waits; }
};
DeviceEstimate device_estimate(const Work& work, const TransferBytes& transfers, const DeviceRates& rates);

/// Shorter than what any call takes that carries something to a device and back.
inline constexpr double shortest_worth_seconds = 10e-6;

enum class Verdict { cpu_is_faster, gain_is_not_earned, device_is_faster };

/// earned: the seconds that calls like this one would have gained so far, this one included; compile_seconds: what has
/// to be compiled first. Ski-rental rule: compile once the accumulated loss equals the compile time, which costs at
/// most twice the optimum.
Verdict verdict(double cpu_seconds, double device_seconds, double compile_seconds, double earned);

}  // namespace fuseval::engine
