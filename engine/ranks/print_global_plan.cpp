// `explain --stage distributed`: what each rank holds, runs and sends.
#include <fmt/format.h>

#include <algorithm>

#include "engine/ranks/global_plan.hpp"
#include "engine/ranks/partial_exchange.hpp"
#include "ir/checked.hpp"
#include "ir/counted.hpp"

namespace fuseval::engine {
namespace {

class Printer {
 public:
  explicit Printer(const GlobalPlan& plan) : plan_(plan) {}

  std::string text() {
    line("{}", counted(plan_.ranks, "rank"));
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a)
      if (plan_.buffers[a].role == BufferRole::input) array(a);
    for (size_t s = 0; s < plan_.steps.size(); ++s) step(plan_.steps[s]);
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a)
      if (plan_.buffers[a].role == BufferRole::output) array(a);
    line("{} of boxes, {} of partial results", counted(exchanges_, "exchange"), combinations_);
    return text_;
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text_ += fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  }

  std::string name(uint32_t array) const {
    const BufferInfo& info = plan_.buffers[array];
    if (info.role == BufferRole::input) return plan_.names[info.slot];
    if (info.role == BufferRole::output && info.slot >= plan_.result_count)
      return fmt::format("check of values {}", info.slot - plan_.result_count);
    if (info.role == BufferRole::output) return fmt::format("result {}", info.slot);
    return fmt::format("temporary {}", array);
  }

  void array(uint32_t a) {
    const BufferInfo& info = plan_.buffers[a];
    line("{}: {} {} {}", name(a), name_of(info.dtype), to_string(info.shape),
         describe(plan_.arrays[a].layout, plan_.arrays[a].shape));
  }

  void step(const GlobalPlan::Step& step) {
    if (!step.combined.empty()) combine(step);
    if (!step.posted.empty()) exchange(step);
    if (step.kernel >= 0) kernel(static_cast<uint32_t>(step.kernel));
  }

  void combine(const GlobalPlan::Step& step) {
    ++combinations_;
    const std::vector<PartialReduction> reductions = partial_reductions(plan_, step);
    PartialTraffic most;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      const PartialTraffic traffic = traffic_of(reductions, rank);
      if (traffic.slice_bytes >= most.slice_bytes) most = traffic;
    }
    std::string kernels;
    for (const uint32_t k : step.combined) kernels += fmt::format("{}{}", kernels.empty() ? "" : ", ", k);
    line("exchange of partial results, of all ranks with all: kernel{} {}; each rank sends {} and gets {}",
         step.combined.size() == 1 ? "" : "s", kernels, counted(most.gather_messages, "message"),
         counted(most.gathered_bytes, "byte"));
    for (const PartialReduction& reduction : reductions)
      if (reduction.by_slices) line("  before it kernel {}: slices of its results to their ranks", reduction.kernel);
    if (most.slice_messages > 0)
      line("  slices: of a rank at most {}, {}", counted(most.slice_messages, "message"),
           counted(most.slice_bytes, "byte"));
  }

  void exchange(const GlobalPlan::Step& step) {
    std::vector<BoxTransfer> transfers;
    for (const uint32_t f : step.posted)
      if (!plan_.arrays[plan_.fetches[f].array].layout.is_replicated())
        transfers.push_back(plan_.transfer(plan_.fetches[f]));
    if (transfers.empty()) return;
    ++exchanges_;
    int64_t messages = 0, bytes = 0, most_messages = 0, most_bytes = 0;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      const BoxExchange::Traffic traffic = traffic_of(transfers, rank);
      messages += traffic.messages_sent;
      bytes = capped_add(bytes, traffic.bytes_sent);
      most_messages = std::max(most_messages, traffic.messages_sent);
      most_bytes = std::max(most_bytes, traffic.bytes_sent);
    }
    line("exchange of boxes: {}, {}; of a rank at most {}, {}", counted(messages, "message"), counted(bytes, "byte"),
         most_messages, counted(most_bytes, "byte"));
    for (const uint32_t f : step.posted) fetch(plan_.fetches[f]);
  }

  void fetch(const Fetch& fetch) {
    int64_t most = 0;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      const Box& box = fetch.needed[static_cast<size_t>(rank)];
      most = std::max(most, box.count() - intersection(box, plan_.arrays[fetch.array].held(rank)).count());
    }
    line("  {} for {}: at most {} of other ranks", name(fetch.array), purpose(fetch), counted(most, "element"));
  }
  std::string purpose(const Fetch& fetch) const {
    switch (fetch.purpose) {
      case Fetch::For::low_edge:
        return fmt::format("the low edge of kernel {}", fetch.target);
      case Fetch::For::high_edge:
        return fmt::format("the high edge of kernel {}", fetch.target);
      case Fetch::For::epilogue:
        return fmt::format("the results of kernel {}", fetch.target);
      case Fetch::For::output:
        return fmt::format("{} in its layout", name(fetch.target));
    }
    return "";
  }

  void kernel(uint32_t k) {
    const GlobalKernel& kernel = plan_.kernels[k];
    const LoopNest& nest = kernel.global.nest;
    line("kernel {}: {} over {}, {}", k, nest.is_reduction() ? "reduction" : "elementwise",
         to_string(kernel.global.whole().upper), split(kernel));
    for (const Operand& operand : nest.operands)
      if (operand.kind == OperandKind::store) stored(operand.buffer, kernel);
  }
  std::string split(const GlobalKernel& kernel) const {
    switch (kernel.split.kind) {
      case Split::Kind::replicated:
        return "all of it on every rank";
      case Split::Kind::parallel:
        return fmt::format("axis {} is split", kernel.split.axis);
      case Split::Kind::blocks:
        return fmt::format("canonical blocks of {} elements are split", kernel.global.block);
    }
    return "";
  }
  void stored(uint32_t a, const GlobalKernel& kernel) {
    std::string layout = describe(plan_.arrays[a].layout, plan_.arrays[a].shape);
    if (kernel.split.kind == Split::Kind::blocks) {
      std::string operations;
      for (const Accumulator& accumulator : kernel.global.nest.accumulators)
        operations += fmt::format("{}{}", operations.empty() ? "" : ", ", name_of(accumulator.reduction));
      layout = fmt::format("Partial({}), then {}", operations, layout);
    }
    line("  {}: {}", name(a), layout);
  }

  const GlobalPlan& plan_;
  std::string text_;
  int exchanges_ = 0, combinations_ = 0;
};

}  // namespace

std::string print(const GlobalPlan& plan) { return Printer(plan).text(); }

}  // namespace fuseval::engine
