#include "engine/dispatch/automatic.hpp"

#include <chrono>

#include "engine/base/with_llvm.hpp"
#include "engine/dispatch/calibration.hpp"
#include "engine/dispatch/measure.hpp"
#include "engine/run/device_run.hpp"
#include "ir/error.hpp"
#include "runtime/cache_sizes.hpp"

namespace fuseval::engine {
namespace {

constexpr Place the_device = {DeviceKind::cuda, 0};

/// Below this a copy takes as long as asking where the memory is.
constexpr double smallest_to_look_up = 64 << 10;

/// What a specialisation does, counted once.
struct CountedWork : Attachment {
  Work work;
  double usual_seconds = 0;  ///< of one thread, by usual rates
};

/// What one kind of call of a specialisation gains on the device.
struct Decision : Attachment {
  TransferBytes transfers;
  int threads = 0;
  double gain = 0;  ///< seconds a call; not above 0: the CPU
  double compile_seconds = 0;
  std::shared_ptr<AccumulatedGain> accumulated;
};

const CountedWork& work_of(const Specialisation& planned) {
  if (const auto* known = planned.attachments().find<CountedWork>([](const CountedWork&) { return true; }))
    return *known;
  auto counted = std::make_unique<CountedWork>();
  if (planned.check() != nullptr) counted->work.add(planned.check()->plan());
  counted->work.add(planned.plan());
  counted->usual_seconds = cpu_estimate(counted->work, CpuRates{}, 1).seconds;
  return planned.attachments().add(std::move(counted));
}

bool is_pinned(Device& device, const void* data, double bytes) {
  return bytes >= smallest_to_look_up && device.is_pinned(static_cast<const char*>(data));
}

TransferBytes transfer_bytes_of(Device& device, const HostCall& call) {
  TransferBytes transfers;
  for (const uint32_t slot : call.planned.used_slots()) {
    const auto bytes = static_cast<double>(bytes_of(call.planned.input_extent(slot)));
    (is_pinned(device, call.inputs[slot].data, bytes) ? transfers.up_pinned : transfers.up) += bytes;
  }
  for (size_t k = 0; k < call.planned.results().size(); ++k) {
    const auto bytes = static_cast<double>(bytes_of(call.planned.output_extent(k)));
    const bool is_given = k < static_cast<size_t>(call.output_count) && call.outputs[k].data != nullptr;
    (is_given && is_pinned(device, call.outputs[k].data, bytes) ? transfers.down_pinned : transfers.down) += bytes;
  }
  // Before anything of the caller's is written the work is waited for, and then the copies.
  transfers.waits = 2 + (call.planned.has_check() ? 1 : 0);
  return transfers;
}

int threads_of(const HostCall& call) {
  const int available = call.program.runtime().pool.threads();
  return call.options.threads > 0 ? std::min(call.options.threads, available) : available;
}

std::string key_of_cpu(const Runtime& runtime) {
  const std::string processor = with_llvm([&] { return codegen::target_description(runtime.target); });
  return cpu_key(processor, runtime.pool.threads());
}

void add_what_is_not_measured(CpuRates& rates, const Runtime& runtime) {
  rates.threads = runtime.pool.threads();
  rates.cache_bytes = static_cast<double>(runtime::cache_sizes().last_level);
}

CpuRates rates_of_cpu(const std::shared_ptr<Runtime>& runtime, double opening_seconds) {
  const auto measure = [&] {
    CpuRates measured = measure_cpu(runtime);
    measured.opening_seconds = opening_seconds;
    return text_of(measured);
  };
  const auto is_readable = [](const std::string& text) { return cpu_rates(text).has_value(); };
  CpuRates rates = *cpu_rates(Calibrations::find_or_make(key_of_cpu(*runtime), is_readable, measure));
  add_what_is_not_measured(rates, *runtime);
  return rates;
}

DeviceRates rates_of_device(const std::shared_ptr<Runtime>& runtime, DeviceSpace& space) {
  const auto measure = [&] { return text_of(measure_device(runtime, space)); };
  const auto is_readable = [](const std::string& text) { return device_rates(text).has_value(); };
  const std::string key = device_key(key_of_cpu(*runtime), space.device->description());
  return *device_rates(Calibrations::find_or_make(key, is_readable, measure));
}

}  // namespace

bool Automatic::is_short(const Specialisation& planned) {
  return work_of(planned).usual_seconds < shortest_worth_seconds;
}

Place Automatic::choose(const HostCall& call) {
  if (is_short(call.planned)) return {};
  const DeviceCandidate* candidate = candidate_.load(std::memory_order_acquire);
  if (candidate == nullptr && is_worth_waking(call)) candidate = try_to_wake(call.program.shared_runtime());
  return candidate != nullptr && gains(*candidate, call) ? candidate->space.device->place() : Place{};
}

bool Automatic::gains(const DeviceCandidate& candidate, const HostCall& call) {
  const TransferBytes transfers = transfer_bytes_of(*candidate.space.device, call);
  const int threads = threads_of(call);
  const auto fits = [&](const Decision& one) { return one.threads == threads && one.transfers == transfers; };
  const Decision* decision = call.planned.attachments().find<Decision>(fits);
  if (decision == nullptr) {
    const Comparison comparison = compare(candidate, call);
    auto made = std::make_unique<Decision>();
    made->transfers = transfers;
    made->threads = threads;
    made->gain = comparison.fits() ? comparison.gain() : 0;
    made->compile_seconds = comparison.compile_seconds;
    made->accumulated = accumulated_gain_of(call.planned);
    decision = &call.planned.attachments().add(std::move(made));
  }
  if (decision->gain <= 0) return false;
  AccumulatedGain& accumulated = *decision->accumulated;
  if (accumulated.paid.load(std::memory_order_relaxed)) return true;
  const double earned = accumulated.seconds.fetch_add(decision->gain, std::memory_order_relaxed) + decision->gain;
  if (verdict(decision->gain, 0, decision->compile_seconds, earned) != Verdict::device_is_faster) return false;
  accumulated.paid.store(true, std::memory_order_relaxed);
  return true;
}

Comparison Automatic::compare(const DeviceCandidate& candidate, const HostCall& call) {
  Comparison result;
  result.work = work_of(call.planned).work;
  result.transfers = transfer_bytes_of(*candidate.space.device, call);
  result.cpu = cpu_estimate(result.work, candidate.cpu, threads_of(call));
  result.device = device_estimate(result.work, result.transfers, candidate.device);
  result.kernels_to_compile = kernels_to_prepare(candidate.space, call.planned);
  result.compile_seconds = result.kernels_to_compile * candidate.device.compile_seconds;
  result.earned = accumulated_gain_of(call.planned)->seconds.load(std::memory_order_relaxed);
  result.bytes_there = result.transfers.bytes() + static_cast<double>(call.planned.temporary_bytes());
  result.bytes_free = static_cast<double>(candidate.space.device->free_bytes());
  return result;
}

std::shared_ptr<AccumulatedGain> Automatic::accumulated_gain_of(const Specialisation& planned) {
  std::string key;
  for (const LoopNest& nest : planned.plan().kernels) key += serialise_structure(nest);
  const std::lock_guard lock(gains_mutex_);
  if (const auto* known = gains_.find(key)) return *known;
  auto made = std::make_shared<AccumulatedGain>();
  gains_.insert(std::move(key), made);
  return made;
}

// A device that is open already costs nothing more, but for the rates.
bool Automatic::is_worth_waking(const HostCall& call) {
  Runtime& runtime = call.program.runtime();
  if (is_settled()) return false;
  if (runtime.devices.find(the_device) != nullptr) return true;
  double price = opening_seconds_.load(std::memory_order_relaxed);
  if (price < 0) {
    const auto kept = Calibrations::find(key_of_cpu(runtime));
    price = (kept ? cpu_rates(*kept) : std::nullopt).value_or(CpuRates{}).opening_seconds;
    opening_seconds_.store(price, std::memory_order_relaxed);
  }
  const double seconds = work_of(call.planned).usual_seconds;
  return asked_.fetch_add(seconds, std::memory_order_relaxed) + seconds >= price;
}

const DeviceCandidate* Automatic::wake(const std::shared_ptr<Runtime>& runtime) {
  const std::lock_guard lock(waking_);
  return wake_locked(runtime);
}

const DeviceCandidate* Automatic::try_to_wake(const std::shared_ptr<Runtime>& runtime) {
  const std::unique_lock lock(waking_, std::try_to_lock);
  return lock.owns_lock() ? wake_locked(runtime) : nullptr;
}

const DeviceCandidate* Automatic::wake_locked(const std::shared_ptr<Runtime>& runtime) {
  if (is_settled()) return nullptr;
  if (const DeviceCandidate* known = candidate_.load(std::memory_order_acquire)) return known;
  try {
    const auto start = std::chrono::steady_clock::now();
    DeviceSpace& space = runtime->devices.get(the_device);
    const std::chrono::duration<double> opening = std::chrono::steady_clock::now() - start;
    const CpuRates cpu = rates_of_cpu(runtime, std::max(opening.count(), 1e-3));
    std::unique_ptr<const DeviceCandidate> candidate(new DeviceCandidate{space, cpu, rates_of_device(runtime, space)});
    const std::lock_guard lock(mutex_);
    kept_ = std::move(candidate);
    candidate_.store(kept_.get(), std::memory_order_release);
    return kept_.get();
  } catch (const Error& error) {
    settle(error.message());
    return nullptr;
  }
}

void Automatic::settle(const std::string& why) {
  const std::lock_guard lock(mutex_);
  why_ = why;
  is_settled_.store(true, std::memory_order_release);
}

std::string Automatic::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

}  // namespace fuseval::engine
