#include "engine/dispatch/cost_model.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

double units_of(const Instruction& instruction) {
  switch (instruction.kind) {
    case InstructionKind::scalar:
      return info(instruction.op).cost;
    case InstructionKind::cast:
    case InstructionKind::accumulate:
      return 1;
    case InstructionKind::load:
    case InstructionKind::store:
    case InstructionKind::constant:
    case InstructionKind::result:
      break;
  }
  return 0;
}

// The dtype that an operation works on: its first argument's, where it has one (a comparison's own is bool).
DType dtype_of(const std::vector<Instruction>& code, const Instruction& instruction) {
  const uint32_t argument = instruction.arguments[0];
  return argument < code.size() ? code[argument].dtype : instruction.dtype;
}

void add_units(KernelWork& work, const std::vector<Instruction>& code, double elements) {
  for (const Instruction& instruction : code) {
    const double units = units_of(instruction) * elements;
    if (units == 0) continue;
    const DType dtype = dtype_of(code, instruction);
    if (dtype == DType::float64 || instruction.dtype == DType::float64)
      work.float64_units += units;
    else
      work.other_units += units * (size_of(dtype) == 8 ? 2 : 1);
  }
}

KernelWork work_of(const LoopNest& nest) {
  KernelWork work;
  const auto outputs = static_cast<double>(nest.parallel_count());
  work.bytes = static_cast<double>(bytes_moved(nest));
  add_units(work, nest.body, outputs * static_cast<double>(nest.is_reduction() ? nest.reduce_count() : 1));
  add_units(work, nest.epilogue, outputs);
  work.launches = nest.is_reduction() ? 2 : 1;
  return work;
}

KernelWork work_of(const Plan& plan, const Chain& chain) {
  KernelWork work;
  for (size_t k = chain.first; k < chain.first + chain.size(); ++k) {
    const KernelWork one = work_of(plan.kernels[k]);
    work.float64_units += one.float64_units;
    work.other_units += one.other_units;
  }
  work.bytes = static_cast<double>(bytes_moved(plan, chain));
  return work;
}

// Memory and arithmetic go on at the same time.
double seconds_of(const KernelWork& work, const Speed& speed) {
  const double arithmetic = work.float64_units / speed.float64_units + work.other_units / speed.other_units;
  return std::max(work.bytes / speed.memory, arithmetic);
}

// Threads add up until the memory, or the cores, have no more to give.
double of_threads(double one, double all, int threads, int all_threads) {
  return threads >= all_threads ? all : std::min(one * threads, std::max(one, all));
}

Speed speed_of(const CpuRates& rates, int threads) {
  const auto between = [&](double Speed::*rate) {
    return of_threads(rates.one.*rate, rates.all.*rate, threads, rates.threads);
  };
  return {between(&Speed::memory), between(&Speed::float64_units), between(&Speed::other_units)};
}

}  // namespace

void Work::add(const Plan& plan) {
  auto chain = plan.chains.begin();
  for (size_t k = 0; k < plan.kernels.size();) {
    const bool is_chain = chain != plan.chains.end() && chain->first == k;
    if (is_chain && chain->is_tiled())
      kernels.push_back(work_of(plan, *chain));
    else if (plan.kernels[k].parallel_count() > 0)
      kernels.push_back(work_of(plan.kernels[k]));
    k += is_chain && chain->is_tiled() ? chain->size() : 1;
    if (is_chain) ++chain;
  }
}

KernelWork Work::total() const {
  KernelWork sum;
  sum.launches = 0;
  for (const KernelWork& kernel : kernels) {
    sum.bytes += kernel.bytes;
    sum.float64_units += kernel.float64_units;
    sum.other_units += kernel.other_units;
    sum.launches += kernel.launches;
  }
  return sum;
}

CpuEstimate cpu_estimate(const Work& work, const CpuRates& rates, int threads) {
  CpuEstimate estimate{threads, 0};
  const Speed from_memory = speed_of(rates, threads);
  Speed from_cache = from_memory;
  from_cache.memory = std::max(from_memory.memory, rates.cache_one * threads);
  for (const KernelWork& kernel : work.kernels)
    estimate.seconds += seconds_of(kernel, kernel.bytes > rates.cache_bytes ? from_memory : from_cache);
  return estimate;
}

DeviceEstimate device_estimate(const Work& work, const TransferBytes& transfers, const DeviceRates& rates) {
  DeviceEstimate estimate;
  estimate.up = transfers.up / rates.up + transfers.up_pinned / rates.up_pinned;
  estimate.down = transfers.down / rates.down + transfers.down_pinned / rates.down_pinned;
  estimate.waits = transfers.waits * rates.wait_seconds;
  for (const KernelWork& kernel : work.kernels) {
    estimate.launches += kernel.launches * rates.launch_seconds;
    estimate.kernels += seconds_of(kernel, rates.speed);
  }
  return estimate;
}

Verdict verdict(double cpu_seconds, double device_seconds, double compile_seconds, double earned) {
  if (device_seconds >= cpu_seconds) return Verdict::cpu_is_faster;
  return earned >= compile_seconds ? Verdict::device_is_faster : Verdict::gain_is_not_earned;
}

}  // namespace fuseval::engine
