// A call: the plan's steps in order, on this rank's memory.
//
// A rank that cannot go on (no memory, cancelled, a file that shrank) still takes part in the exchanges of the call,
// with nothing in them but the word that says so: the others would wait for it. It throws at the end, as do those that
// heard of it.
#include "engine/distributed/distributed_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "engine/call_memory.hpp"
#include "engine/distributed/distributed_program.hpp"
#include "engine/mapped_ranges.hpp"
#include "engine/strided_copy.hpp"
#include "engine/views.hpp"
#include "ir/error.hpp"
#include "runtime/mapped_guard.hpp"

namespace fuseval::engine {
namespace {

using Flags = BoxExchange::Flags;

Flags flag_of(ErrorCode code) { return Flags{1} << static_cast<unsigned>(code); }

// The others are told no more than the code.
std::string_view reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::memory:
      return "ran out of memory";
    case ErrorCode::limit:
      return "reached a limit of its session";
    case ErrorCode::file:
      return "lost a mapped file that it read";
    case ErrorCode::cancelled:
      return "was cancelled";
    case ErrorCode::hook:
      return "had a hook that failed";
    case ErrorCode::value:
      return "found a value that the program does not take";
    default:
      return "could not make the call";
  }
}

Error error_of(Flags flags, const std::string& whose) {
  const auto code = static_cast<ErrorCode>(std::countr_zero(flags));
  return Error(code, fmt::format("{} {}", whose, reason_of(code)));
}

class DistributedRun {
 public:
  DistributedRun(const Program& program, RankProgram& ranked, const fv_view* inputs, const fv_view* outputs,
                 const RunOptions& options, World& world)
      : runtime_(program.runtime()),
        ranked_(ranked),
        plan_(ranked.plan()),
        inputs_(inputs),
        outputs_(outputs),
        options_(options),
        world_(world),
        memory_(program.runtime()) {}

  /// Results go to `into`, or, of a check of values, to `flags`.
  void go(LocalPlan* local, const std::optional<Error>& failure, char* flags) {
    local_ = local;
    if (ranked_.sends_messages()) own_ = world_.take_failures();
    if (own_ != 0) failure_ = error_of(own_, "in an earlier call this rank");
    if (failure) fail(*failure);
    failed_ = own_ != 0;
    attempt([&] { place(flags); });
    std::optional<runtime::MappedGuard> guard;
    if (const auto mapped = mapped_ranges(ranked_.made(), inputs_); !mapped.empty()) guard.emplace(mapped);
    guard_ = guard ? &*guard : nullptr;
    attempt([&] { pack_inputs(); });
    for (size_t s = 0; s < plan_.steps.size(); ++s) step(plan_.steps[s], ranked_.steps()[s]);
    look_at_guard();
    attempt([&] { copy_back(); });
    guard_ = nullptr;
    if ((own_ & ~sent_) != 0) world_.note_failure(own_ & ~sent_);
    if (failed_) throw Error(*failure_);
  }

  /// The world's programs do not know their world: it would never go.
  void fill(Results& results, const std::shared_ptr<World>& world) {
    results.is_tuple = ranked_.made().returns_tuple();
    for (size_t k = 0; k < ranked_.made().results().size(); ++k) {
      const Specialisation::Result& result = ranked_.made().results()[k];
      const uint32_t array = plan_.results[k];
      Result item;
      item.dtype = result.dtype;
      item.is_weak = result.is_weak;
      item.shape = plan_.arrays[array].held(world_.rank()).shape();
      item.strides = local_->strides[array];
      item.data = is_given(k) ? static_cast<char*>(outputs_[k].data) : table_[array];
      if (!is_given(k)) item.buffer = std::move(owned_[k]);
      const GlobalArray& made = plan_.arrays[array];
      if (!made.layout.is_replicated())
        item.distribution = std::make_shared<const Distribution>(Distribution{world, made.shape, made.layout});
      results.items.push_back(std::move(item));
    }
  }

 private:
  bool is_given(size_t k) const { return outputs_ != nullptr && ranked_.made().results()[k].given; }
  bool draining() const { return failed_; }

  // Nothing that runs here sends or receives.
  template <class F>
  void attempt(F&& f) {
    if (draining()) return;
    if (auto failure = failure_of(f)) fail(std::move(*failure));
  }
  void fail(Error error) {
    own_ |= flag_of(error.code());
    failure_ = std::move(error);
    failed_ = true;
  }
  void heard(Flags flags, const std::string& whose) {
    if (flags == 0 || own_ != 0) return;
    failure_ = error_of(flags, whose);
    failed_ = true;
  }
  void look_at_guard() {
    if (guard_ != nullptr && guard_->faulted() && !draining())
      fail(Error(ErrorCode::file, "a mapped input file shrank while it was read; outputs may be partly written"));
  }

  // ---- memory ----

  void place(char* flags) {
    table_.assign(plan_.arrays.size() + plan_.fetches.size(), nullptr);
    if (local_->temporary_bytes > 0) temporaries_ = memory_.allocate(static_cast<size_t>(local_->temporary_bytes));
    for (size_t at = 0; at < table_.size(); ++at)
      if (local_->offsets[at] >= 0) table_[at] = temporaries_.data() + local_->offsets[at];
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a)
      if (plan_.buffers[a].role == BufferRole::input && !local_->is_packed[a])
        table_[a] = static_cast<char*>(inputs_[plan_.buffers[a].slot].data);
    owned_.resize(plan_.results.size());
    for (size_t k = 0; k < plan_.results.size(); ++k)
      table_[plan_.results[k]] = flags != nullptr ? flags + k : place_result(k);
  }

  char* place_result(size_t k) {
    const uint32_t array = plan_.results[k];
    const ArrayLayout layout{plan_.arrays[array].held(world_.rank()).shape(), local_->strides[array]};
    const ByteExtent extent = byte_extent(layout, plan_.arrays[array].itemsize, "a result");
    if (is_given(k) && !touches_inputs(k, extent)) return static_cast<char*>(outputs_[k].data);
    owned_[k] = memory_.allocate(static_cast<size_t>(std::max<int64_t>(1, extent.end - extent.begin)));
    return owned_[k].data() - extent.begin;
  }

  // Then it is written elsewhere first: messages and kernels may read the input later.
  bool touches_inputs(size_t k, const ByteExtent& extent) const {
    const auto first = reinterpret_cast<intptr_t>(outputs_[k].data) + extent.begin,
               last = first + extent.end - extent.begin;
    const auto meets = [&](const fv_view& view) {
      const ByteExtent other = byte_extent(layout_of(view), size_of(dtype_of(view)), "an array");
      const auto begin = reinterpret_cast<intptr_t>(view.data);
      return first < begin + other.end && begin + other.begin < last;
    };
    for (const uint32_t slot : ranked_.made().used_slots())
      if (meets(inputs_[slot])) return true;
    for (size_t other = 0; other < plan_.results.size(); ++other)
      if (other != k && is_given(other) && meets(outputs_[other])) return true;
    return false;
  }

  void pack_inputs() {
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a) {
      if (!local_->is_packed[a]) continue;
      const Shape shape = plan_.arrays[a].held(world_.rank()).shape();
      copy_elements(table_[a], c_strides(shape, plan_.arrays[a].itemsize),
                    static_cast<const char*>(inputs_[plan_.buffers[a].slot].data), local_->strides[a], shape,
                    plan_.arrays[a].itemsize);
    }
  }

  void copy_back() {
    for (size_t k = 0; k < owned_.size(); ++k) {
      if (!is_given(k) || owned_[k].size() == 0) continue;
      const uint32_t array = plan_.results[k];
      copy_elements(static_cast<char*>(outputs_[k].data), local_->strides[array], table_[array], local_->strides[array],
                    plan_.arrays[array].held(world_.rank()).shape(), plan_.arrays[array].itemsize);
    }
  }

  // ---- steps ----

  void step(const GlobalPlan::Step& step, RankProgram::Step& made) {
    if (made.combination) combine(*made.combination);
    BoxExchange* const exchange = made.exchange.get();
    if (exchange != nullptr) start(made);
    attempt([&] { copy_replicated(made); });
    if (step.kernel >= 0) attempt([&] { run_interior(static_cast<size_t>(step.kernel), exchange); });
    if (exchange != nullptr) heard(exchange->wait(), "another rank");
    if (step.kernel >= 0) attempt([&] { run_edges(static_cast<size_t>(step.kernel)); });
  }

  void start(RankProgram::Step& made) {
    look_at_guard();
    if (draining())
      start_with_nothing(made);
    else
      start_with_boxes(made);
    if (made.exchange->traffic().messages_sent > 0) sent_ |= own_;
  }

  void start_with_boxes(RankProgram::Step& made) {
    for (size_t k = 0; k < made.fetches.size(); ++k) {
      const Fetch& fetch = plan_.fetches[made.fetches[k]];
      const bool output = fetch.purpose == Fetch::For::output;
      made.from[k].data = table_[fetch.array];
      made.to[k].data = table_[output ? fetch.target : plan_.arrays.size() + made.fetches[k]];
    }
    made.exchange->start(made.from, made.to, own_);
  }

  // One element stands for all that is not there.
  void start_with_nothing(RankProgram::Step& made) {
    std::vector<BoxMemory> from, to;
    for (const uint32_t f : made.fetches) {
      const std::vector<int64_t> nowhere(plan_.arrays[plan_.fetches[f].array].shape.size(), 0);
      from.push_back({nothing_, nowhere});
      to.push_back({nowhere_, nowhere});
    }
    made.exchange->start(from, to, own_);
  }

  void copy_replicated(const RankProgram::Step& made) {
    for (const uint32_t f : made.copied) {
      const Fetch& fetch = plan_.fetches[f];
      const Box& box = fetch.needed[static_cast<size_t>(world_.rank())];
      const std::vector<int64_t>& strides = local_->strides[fetch.array];
      int64_t begin = 0;
      for (size_t k = 0; k < strides.size(); ++k) begin += box.lower[k] * strides[k];
      copy_elements(table_[fetch.target], local_->strides[fetch.target], table_[fetch.array] + begin, strides,
                    box.shape(), plan_.arrays[fetch.array].itemsize);
    }
  }

  // ---- kernels ----

  void run_interior(size_t k, BoxExchange* exchange) {
    for (const LocalPlan::Part& part : local_->kernels[k].interior) run_part(k, part, exchange);
  }
  void run_edges(size_t k) {
    for (const LocalPlan::Part& part : local_->kernels[k].edges) run_part(k, part, nullptr);
  }

  void run_part(size_t k, const LocalPlan::Part& part, BoxExchange* exchange) {
    // Open MPI has no progress in the background: an exchange that nobody looks at waits for the end of the kernel.
    RunControl own(nullptr, {});
    RunControl* const control = options_.control == nullptr && exchange != nullptr ? &own : options_.control;
    if (exchange != nullptr) control->between_blocks([&] { poke(*exchange); });
    const ExecutionContext context{runtime_.pool, runtime_.counters, threads_of(options_, runtime_), control};
    if (plan_.kernels[k].split.kind == Split::Kind::blocks)
      reduce_nodes(part.kernel, table_.data(), part.nodes, states_of(k, part), context);
    else
      execute(part.kernel, table_.data(), context);
    if (exchange != nullptr) control->between_blocks({});
    if (control != nullptr) control->check();
  }

  char* states_of(size_t k, const LocalPlan::Part& part) const {
    return ranked_.states(k) + static_cast<int64_t>(part.first_node) * local_->kernels[k].state_bytes;
  }

  static void poke(BoxExchange& exchange) noexcept {
    try {
      exchange.progress();
    } catch (...) {  // the communicator is broken: whoever waits next throws why
    }
  }

  // ---- partial results ----

  void combine(RankProgram::Combination& combination) {
    look_at_guard();
    std::memcpy(combination.mine.data(), &own_, sizeof own_);
    world_.communicator().allgather(combination.mine.data(), combination.counts, combination.all.data());
    sent_ |= own_;
    hear_all(combination);
    attempt([&] { finish_all(combination); });
  }

  // Of several the first rank's counts, as it does where ranks agree.
  void hear_all(const RankProgram::Combination& combination) {
    const char* begin = combination.all.data();
    for (size_t rank = 0; rank < combination.counts.size(); ++rank) {
      Flags flags = 0;
      std::memcpy(&flags, begin, sizeof flags);
      if (flags != 0) return heard(flags, fmt::format("rank {}", rank));
      begin += combination.counts[rank];
    }
  }

  void finish_all(RankProgram::Combination& combination) {
    std::vector<const char*> from;  // [rank]: what is next of its block
    const char* begin = combination.all.data();
    for (const size_t count : combination.counts) {
      from.push_back(begin + sizeof(Flags));
      begin += count;
    }
    for (const auto& reduction : combination.reductions) {
      char* to = combination.ordered.data();
      for (size_t rank = 0; rank < from.size(); ++rank) {
        std::memcpy(to, from[rank], reduction.rank_bytes[rank]);
        from[rank] += reduction.rank_bytes[rank];
        to += reduction.rank_bytes[rank];
      }
      const PreparedKernel& home = local_->kernels[reduction.kernel].home[0];
      combine_nodes(home, reduction.nodes, combination.ordered.data());
      finish_reduction(home, table_.data(), combination.ordered.data());
    }
  }

  Runtime& runtime_;
  RankProgram& ranked_;
  const GlobalPlan& plan_;
  const fv_view* inputs_;
  const fv_view* outputs_;
  const RunOptions& options_;
  World& world_;
  CallMemory memory_;
  LocalPlan* local_ = nullptr;
  runtime::MappedGuard* guard_ = nullptr;
  std::vector<char*> table_;
  runtime::Buffer temporaries_;
  std::vector<runtime::Buffer> owned_;
  std::optional<Error> failure_;
  bool failed_ = false;
  Flags own_ = 0, sent_ = 0;  // what went wrong here, and what of it others were told
  char nothing_[16] = {}, nowhere_[16] = {};
};

// What is wrong with the values, if anything is: on all ranks alike. Throws what go throws.
std::optional<Error> check_values(const Program& program, DistributedProgram& made, const fv_view* inputs,
                                  const RunOptions& options, World& world, const std::optional<Error>& failure) {
  const Specialisation& check = made.check()->made();
  std::vector<char> failed(check.results().size(), 0);
  DistributedRun(program, *made.check(), inputs, nullptr, options, world)
      .go(made.check()->local(), failure, failed.data());
  for (size_t k = 0; k < failed.size(); ++k)
    if (failed[k])
      return Error(ErrorCode::value, made.made().value_checks()[k].message, made.made().value_checks()[k].span);
  return std::nullopt;
}

void require_places(const Specialisation& made, int32_t output_count, const Results* results) {
  if (results != nullptr) return;
  bool given = output_count > 0;
  for (const Specialisation::Result& result : made.results()) given = given && result.given;
  if (!given) throw Error(ErrorCode::argument, "results are asked for, but there is no place for them");
}

}  // namespace

void run_distributed(const Program& program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                     int32_t output_count, const RunOptions& options, const DistributedCall& call, Results* results) {
  if (static_cast<size_t>(input_count) != program.inputs().size()) program.check_inputs(inputs, input_count);
  World& world = *call.world;
  DistributedProgram& made = world.programs().get(program, inputs, outputs, output_count, options, call);
  std::optional<Error> failure = failure_of([&] {
    if (options.control != nullptr) options.control->check();
    require_places(made.made(), output_count, results);
    if (made.is_ready_for(inputs, outputs)) return;
    check_local_parts(program, inputs, outputs, output_count, call);
    made.make_local(program, inputs, outputs, options);
  });
  if (made.check() != nullptr) {
    std::optional<Error> wrong;
    if (auto found = failure_of([&] { wrong = check_values(program, made, inputs, options, world, failure); }))
      failure = std::move(found);  // this rank still takes part in what the others go on with
    else if (wrong)
      throw Error(*wrong);
  }
  DistributedRun run(program, made.run(), inputs, output_count > 0 ? outputs : nullptr, options, world);
  run.go(made.run().local(), failure, nullptr);
  if (results == nullptr) return;
  if (program.runtime().hooks.memory() != nullptr) results->hooks = program.shared_runtime();
  run.fill(*results, call.world);
}

std::string explain_distributed(const Program& program, const fv_view* inputs, int32_t, const DistributedCall& call) {
  const auto made = specialise_for_ranks(program, inputs, nullptr, 0, {}, call);
  return print(global_plan_of(*made, layouts_of(call.inputs, program.inputs().size()), {}, call.world->size()));
}

}  // namespace fuseval::engine
