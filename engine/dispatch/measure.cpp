// The same functions, of the same cost (ir/ops.def), on both sides: what a unit of cost takes is then comparable, while
// additions, whose speed hardly matters beside memory, would tell nothing of elementary functions.
#include "engine/dispatch/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "engine/plan/runtime.hpp"
#include "engine/run/device_run.hpp"
#include "engine/run/host_run.hpp"
#include "runtime/cache_sizes.hpp"

namespace fuseval::engine {
namespace {

template <class Body>
double seconds_of(Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  return std::max(spent.count(), 1e-9);
}

/// The shortest of several; the first, which makes things ready, does not count.
template <class Body>
double shortest_of(int times, Body&& body) {
  body();
  double shortest = seconds_of(body);
  for (int k = 1; k < times; ++k) shortest = std::min(shortest, seconds_of(body));
  return shortest;
}

/// A program of one array, run into another of the same dtype and size.
class Sample {
 public:
  /// space: nullptr for the CPU.
  Sample(const std::shared_ptr<Runtime>& runtime, const char* text, DType dtype, DeviceSpace* space)
      : program_(runtime, text, {{"a", dtype, 1, false}}), dtype_(dtype), space_(space) {}

  void run(char* from, char* to, int64_t count, int threads) const {
    const fv_view input = view(from, &count), output = view(to, &count);
    RunOptions options;
    options.threads = threads;
    options.rule.for_device = space_ != nullptr;
    std::shared_ptr<const Specialisation> keep;
    const Specialisation& made = program_.specialisation(&input, &output, 1, options.rule, {}, keep);
    if (space_ == nullptr) return run_on_host(program_, made, &input, &output, 1, options, nullptr);
    run_on_device(*space_, program_, made, {&input, &output, 1, true}, options, nullptr);
  }

 private:
  fv_view view(char* data, const int64_t* shape) const {
    const Place place = space_ == nullptr ? Place{} : space_->device->place();
    return {data, static_cast<int32_t>(dtype_), 1, shape, nullptr, static_cast<int32_t>(place.kind), place.ordinal, 0};
  }

  Program program_;
  DType dtype_;
  DeviceSpace* space_;
};

// Two short elementary functions: 24 units an element.
constexpr const char* few_functions = "sin(exp(a))";
constexpr double few_units = 24;
// Enough of them that even float32 on a large GPU waits for arithmetic and not for memory.
constexpr const char* many_functions = "sin(exp(sin(exp(sin(exp(sin(exp(a))))))))";
constexpr double many_units = 96;

class CpuMeasurement {
 public:
  explicit CpuMeasurement(const std::shared_ptr<Runtime>& runtime) : runtime_(runtime), from_(bytes), to_(bytes) {
    std::memset(from_.data(), 0, bytes);
  }

  CpuRates rates() {
    CpuRates rates;
    rates.threads = runtime_->pool.threads();
    const Sample copy(runtime_, "-a", DType::float64, nullptr);
    rates.one.memory = bytes_a_second(copy, bytes, 1, 2);
    rates.all.memory = std::max(rates.one.memory, bytes_a_second(copy, bytes, rates.threads, 3));
    rates.cache_one = bytes_a_second(copy, int64_t{128} << 10, 1, 20);
    measure_units(rates, DType::float64, &Speed::float64_units);
    measure_units(rates, DType::float32, &Speed::other_units);
    return rates;
  }

 private:
  static constexpr int64_t bytes = int64_t{32} << 20;
  static constexpr int64_t functions_of = int64_t{1} << 17;

  double bytes_a_second(const Sample& copy, int64_t count, int threads, int times) const {
    const auto once = [&] { copy.run(from_.data(), to_.data(), count / 8, threads); };
    return 2 * static_cast<double>(count) / shortest_of(times, once);
  }
  void measure_units(CpuRates& rates, DType dtype, double Speed::*speed) const {
    const Sample functions(runtime_, few_functions, dtype, nullptr);
    const auto measured = [&](int threads) {
      const auto once = [&] { functions.run(from_.data(), to_.data(), functions_of, threads); };
      return few_units * functions_of / shortest_of(4, once);
    };
    rates.one.*speed = measured(1);
    rates.all.*speed = std::max(rates.one.*speed, measured(rates.threads));
  }

  const std::shared_ptr<Runtime>& runtime_;
  runtime::Buffer from_, to_;
};

class DeviceMeasurement {
 public:
  DeviceMeasurement(const std::shared_ptr<Runtime>& runtime, DeviceSpace& space)
      : runtime_(runtime),
        space_(space),
        device_(*space.device),
        bytes_(std::clamp<size_t>(device_.free_bytes() / 16, 4096, size_t{64} << 20) / 4096 * 4096),
        from_(device_.allocate(bytes_)),
        to_(device_.allocate(bytes_)) {}
  ~DeviceMeasurement() { device_.queue().settle(); }  // the host's memory is free then
  DeviceMeasurement(const DeviceMeasurement&) = delete;
  DeviceMeasurement& operator=(const DeviceMeasurement&) = delete;

  DeviceRates rates() {
    DeviceRates rates;
    const size_t carried = std::min(bytes_, size_t{16} << 20);
    const runtime::Buffer host(carried);
    std::memset(host.data(), 0, carried);
    const auto pinned = device_.allocate_pinned(carried);
    std::memset(pinned->data(), 0, carried);
    rates.up = bytes_a_second(carried, [&] { queue().upload(from_->data(), host.data(), carried); });
    rates.down = bytes_a_second(carried, [&] { queue().download(host.data(), from_->data(), carried); });
    rates.up_pinned = bytes_a_second(carried, [&] { queue().upload(from_->data(), pinned->data(), carried); });
    rates.down_pinned = bytes_a_second(carried, [&] { queue().download(pinned->data(), from_->data(), carried); });
    clear(carried);
    rates.speed.memory = 2 * bytes_a_second(4 * bytes_, [&] {
                           for (int k = 0; k < 4; ++k) queue().copy(to_->data(), from_->data(), bytes_);
                         });
    measure_programs(rates);
    return rates;
  }

 private:
  DeviceQueue& queue() const { return device_.queue(); }

  template <class Body>
  double waited_for(int times, Body&& body) const {
    return shortest_of(times, [&] {
      body();
      queue().synchronize();
    });
  }
  template <class Body>
  double bytes_a_second(size_t bytes, Body&& body) const {
    return static_cast<double>(bytes) / waited_for(2, body);
  }

  // What is read later must have been written. The first bytes are zeros.
  void clear(size_t zeros) const {
    for (size_t done = zeros; done < bytes_; done += zeros)
      queue().copy(from_->data() + done, from_->data(), std::min(zeros, bytes_ - done));
  }

  void measure_programs(DeviceRates& rates) const {
    const Sample of_float64(runtime_, many_functions, DType::float64, &space_);
    const Sample of_float32(runtime_, many_functions, DType::float32, &space_);
    rates.speed.float64_units = units_a_second(of_float64, 8);
    rates.speed.other_units = units_a_second(of_float32, 4);
    const auto tiny = [&] { of_float32.run(from_->data(), to_->data(), 32, 0); };
    constexpr int launches = 32;
    const double many = waited_for(3, [&] {
      for (int k = 0; k < launches; ++k) tiny();
    });
    const double once = waited_for(8, tiny);
    rates.launch_seconds = std::max((many - once) / (launches - 1), 1e-7);
    rates.wait_seconds = std::max(once - rates.launch_seconds, 1e-7);
  }

  // More and more elements, until it takes long enough to be measured or there is no more room.
  double units_a_second(const Sample& functions, size_t itemsize) const {
    const int64_t most = std::min<int64_t>(static_cast<int64_t>(bytes_ / itemsize), int64_t{1} << 23);
    for (int64_t count = std::min<int64_t>(most, 2048);; count = std::min(most, 8 * count)) {
      const double seconds = waited_for(2, [&] { functions.run(from_->data(), to_->data(), count, 0); });
      if (seconds > 1e-3 || count == most) return many_units * static_cast<double>(count) / seconds;
    }
  }

  const std::shared_ptr<Runtime>& runtime_;
  DeviceSpace& space_;
  Device& device_;
  const size_t bytes_;
  const std::unique_ptr<DeviceMemory> from_, to_;
};

}  // namespace

CpuRates measure_cpu(const std::shared_ptr<Runtime>& runtime) { return CpuMeasurement(runtime).rates(); }

DeviceRates measure_device(const std::shared_ptr<Runtime>& runtime, DeviceSpace& space) {
  return DeviceMeasurement(runtime, space).rates();
}

}  // namespace fuseval::engine
