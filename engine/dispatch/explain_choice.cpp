#include "engine/dispatch/explain_choice.hpp"

#include <fmt/format.h>

#include "engine/dispatch/automatic.hpp"
#include "engine/dispatch/placing.hpp"
#include "engine/run/aligned_call.hpp"
#include "ir/counted.hpp"

namespace fuseval::engine {
namespace {

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
  return seconds < 1 ? fmt::format("{:.3g} ms", seconds * 1e3) : fmt::format("{:.3g} s", seconds);
}

std::string line(const std::string& part, double seconds, const std::string& what) {
  return fmt::format("  {:<9}{:>9}  {}\n", part, seconds_text(seconds), what);
}

std::string work_text(const Work& work) {
  const KernelWork total = work.total();
  return fmt::format("{}, {:.0f} bytes moved, {:.0f} units of cost on float64, {:.0f} on others",
                     counted(work.kernels.size(), "kernel"), total.bytes, total.float64_units, total.other_units);
}

std::string cpu_text(const CpuEstimate& estimate, const Work& work, const char* remark) {
  return fmt::format("cpu, {}: {}{}\n", counted(estimate.threads, "thread"), seconds_text(estimate.seconds), remark) +
         line("kernels", estimate.seconds, work_text(work));
}

std::string carried(double pageable, double pinned) {
  return fmt::format("{:.0f} bytes, {:.0f} of them page-locked", pageable + pinned, pinned);
}

std::string device_text(const Comparison& both, Device& device) {
  const DeviceEstimate& estimate = both.device;
  return fmt::format("{} ({}): {}\n", name_of(device.place()), device.description(), seconds_text(estimate.seconds())) +
         line("up", estimate.up, carried(both.transfers.up, both.transfers.up_pinned)) +
         line("launches", estimate.launches, fmt::format("{}", both.work.total().launches)) +
         line("kernels", estimate.kernels, work_text(both.work)) +
         line("down", estimate.down, carried(both.transfers.down, both.transfers.down_pinned)) +
         line("waits", estimate.waits, fmt::format("{}", both.transfers.waits)) +
         line("compile", both.compile_seconds, fmt::format("once, {}", counted(both.kernels_to_compile, "kernel")));
}

std::string reason(const Comparison& both, const std::string& device, bool is_short) {
  if (both.work.kernels.empty()) return "cpu, as there is nothing to compute";
  if (is_short) return fmt::format("cpu, as it is done before {} could have begun", device);
  if (!both.fits())
    return fmt::format("cpu, as {:.0f} bytes are needed on {}, which has {:.0f} free", both.bytes_there, device,
                       both.bytes_free);
  switch (verdict(both.cpu.seconds, both.device.seconds(), both.compile_seconds, both.earned + both.gain())) {
    case Verdict::cpu_is_faster:
      return fmt::format("cpu, as {} would take {} longer", device, seconds_text(-both.gain()));
    case Verdict::gain_is_not_earned:
      return fmt::format("cpu, until calls that would gain {} each on {} ({} so far) have paid for compiling",
                         seconds_text(both.gain()), device, seconds_text(both.earned));
    case Verdict::device_is_faster:
      return fmt::format("{}, as the cpu would take {} longer", device, seconds_text(both.gain()));
  }
  return "";
}

std::string explain_on_host(const Program& program, const fv_view* inputs) {
  Runtime& runtime = program.runtime();
  RunOptions options;
  options.rule.for_device = true;
  const auto planned = program.specialise(inputs, nullptr, 0, options.rule, {});
  const HostCall call{program, *planned, inputs, nullptr, 0, options};
  Automatic& automatic = automatic_of(runtime);
  const DeviceCandidate* candidate = automatic.wake(program.shared_runtime());
  if (candidate == nullptr) {
    Work work;
    work.add(planned->plan());
    const CpuEstimate usual = cpu_estimate(work, CpuRates{}, runtime.pool.threads());
    return cpu_text(usual, work, " by usual rates; nothing was measured") +
           fmt::format("choice: cpu, as there is no device: {}\n", automatic.why());
  }
  const Comparison both = automatic.compare(*candidate, call);
  Device& device = *candidate->space.device;
  return cpu_text(both.cpu, both.work, "") + device_text(both, device) +
         fmt::format("choice: {}\n", reason(both, name_of(device.place()), Automatic::is_short(*planned)));
}

}  // namespace

std::string explain_choice(const Program& program, const fv_view* inputs) {
  const Place place = place_of_call(program, inputs, nullptr, 0, {});
  if (!place.is_host()) return fmt::format("choice: {}, as inputs are there\n", name_of(place));
  if (needs_stand_ins(program, inputs, nullptr, 0))
    return "choice: cpu, as elements of an input are not aligned, which no device can use\n";
  return explain_on_host(program, inputs);
}

}  // namespace fuseval::engine
