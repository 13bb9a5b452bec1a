// A call: the plan's steps in order, on this rank's memory.
//
// A rank that cannot go on (no memory, cancelled, a file that shrank) still takes part in the exchanges of the call,
// with nothing in them but the flags that say so: the others would wait for it. It throws at the end, as do those that
// heard of it. Unless all have, by an exchange of partial results, it interrupts the others before it throws
// (runtime/distributed/interruptions.hpp): they may be in any later call.
#include "engine/ranks/distributed_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "engine/base/output_views.hpp"
#include "engine/base/views.hpp"
#include "engine/plan/call_inputs.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/ranks/distributed_program.hpp"
#include "engine/run/aligned_call.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "ir/error.hpp"
#include "runtime/mapped_guard.hpp"

namespace fuseval::engine {
namespace {

using runtime::distributed::Communicator;
using Flags = BoxExchange::Flags;

Flags flag_of(ErrorCode code) { return Flags{1} << static_cast<unsigned>(code); }

// The others are told no more than the code.
std::string_view reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::memory:
      return "ran out of memory";
    case ErrorCode::limit:
      return "reached a limit of its session or its call";
    case ErrorCode::file:
      return "lost a mapped file that it read";
    case ErrorCode::cancelled:
      return "was cancelled";
    case ErrorCode::device:
      return "had an error of its device";
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

/// A call in a space. However it is left, nothing of the host's is in use any more.
class SpaceGuard {
 public:
  explicit SpaceGuard(RankSpace& space) : space_(space) {}
  ~SpaceGuard() { space_.abandon(); }
  SpaceGuard(const SpaceGuard&) = delete;
  SpaceGuard& operator=(const SpaceGuard&) = delete;

 private:
  RankSpace& space_;
};

class DistributedRun {
 public:
  DistributedRun(const Program& program, RankProgram& ranked, const fv_view* inputs, const fv_view* outputs,
                 const RunOptions& options, World& world, bool results_stay)
      : program_(program),
        ranked_(ranked),
        plan_(ranked.plan()),
        space_(ranked.space()),
        inputs_(inputs),
        outputs_(outputs),
        options_(options),
        world_(world),
        memory_(program.runtime().memory_limit, program.runtime().hooks),
        results_stay_(results_stay),
        local_(ranked.local()) {}

  /// failure: what was wrong with this rank before.
  void go(const std::optional<Error>& failure) {
    try {
      make_call(failure);
    } catch (...) {
      throw Error(ranks().interrupt(*failure_of([] { throw; }), Communicator::Made::part));
    }
    if (failed_) throw all_know_ ? Error(*failure_) : error_of_all();
  }

  /// The world's programs do not know their world: it would never go.
  void fill(Results& results, const std::shared_ptr<World>& world) {
    results.is_tuple = ranked_.made().returns_tuple();
    for (size_t k = 0; k < ranked_.made().result_count(); ++k) {
      const Specialisation::Result& result = ranked_.made().results()[k];
      const uint32_t array = plan_.results[k];
      Result item;
      item.dtype = result.dtype;
      item.is_weak = result.is_weak;
      item.shape = plan_.arrays[array].held(world_.rank()).shape();
      item.strides = local_->strides[array];
      give_memory(k, item);
      const GlobalArray& made = plan_.arrays[array];
      if (!made.layout.is_replicated())
        item.distribution = std::make_shared<const Distribution>(Distribution{world, made.shape, made.layout});
      results.items.push_back(std::move(item));
    }
  }

 private:
  // What throws in here is not this rank's failure, or leaves others without messages.
  void make_call(const std::optional<Error>& failure) {
    if (failure) fail(*failure);
    const SpaceGuard space_guard(space_);
    std::optional<runtime::MappedGuard> guard;
    if (const auto mapped = mapped_ranges(ranked_.made(), inputs_); !mapped.empty()) guard.emplace(mapped);
    guard_ = guard ? &*guard : nullptr;
    attempt([&] {
      if (guard_ != nullptr) guard_->require_whole();
      space_.begin(options_, memory_);
      place();
      pack_inputs();
      if (guard_ != nullptr) space_.synchronize();
    });
    for (size_t s = 0; s < plan_.steps.size(); ++s) step(plan_.steps[s], ranked_.steps()[s]);
    look_at_guard();
    attempt([&] {
      bring_out();
      space_.end();
    });
    if (!draining()) check_values();
    guard_ = nullptr;
  }

  bool is_given(size_t k) const { return outputs_ != nullptr && ranked_.made().results()[k].given; }
  bool draining() const { return failed_; }
  bool is_on_host() const { return space_.place().is_host(); }
  bool is_check(size_t k) const { return k >= ranked_.made().result_count(); }
  bool stays(size_t k) const { return !is_given(k) && (is_on_host() || (results_stay_ && !is_check(k))); }

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
  // The rank that failed has a word for each of the others.
  Error error_of_all() {
    return own_ != 0 ? ranks().interrupt(*failure_, Communicator::Made::whole) : ranks().await_interruption();
  }
  Communicator& ranks() { return world_.communicator(); }
  void look_at_guard() {
    if (guard_ != nullptr) attempt([&] { guard_->require_whole(partly_written); });
  }

  // ---- memory ----

  void place() {
    table_.assign(plan_.arrays.size() + plan_.fetches.size(), nullptr);
    if (local_->temporary_bytes > 0) temporaries_ = space_.allocate(static_cast<size_t>(local_->temporary_bytes));
    for (size_t at = 0; at < table_.size(); ++at)
      if (local_->offsets[at] >= 0) table_[at] = temporaries_.data() + local_->offsets[at];
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a)
      if (plan_.buffers[a].role == BufferRole::input && !local_->is_packed[a]) table_[a] = input(a);
    owned_.resize(plan_.results.size());
    for (size_t k = 0; k < plan_.results.size(); ++k) table_[plan_.results[k]] = place_result(k);
  }
  char* input(uint32_t array) {
    const uint32_t slot = plan_.buffers[array].slot;
    return space_.input(inputs_[slot], ranked_.made().signature().inputs[slot].name);
  }

  char* place_result(size_t k) {
    const ByteExtent extent = extent_of(k);
    if (is_given(k) && space_.has(outputs_[k])) {
      char* const output = space_.output(outputs_[k], k);
      if (!touches_inputs(k, extent)) return output;
    }
    owned_[k] = space_.allocate(allocated_bytes(extent));
    return owned_[k].data() - extent.begin;
  }
  ByteExtent extent_of(size_t k) const {
    const uint32_t array = plan_.results[k];
    const ArrayLayout layout{shape_of(array), local_->strides[array]};
    return byte_extent(layout, plan_.arrays[array].itemsize, "a result");
  }
  static size_t allocated_bytes(const ByteExtent& extent) { return std::max<size_t>(1, bytes_of(extent)); }
  Shape shape_of(uint32_t array) const { return plan_.arrays[array].held(world_.rank()).shape(); }

  // Then it is written elsewhere first: messages and kernels may read the input later.
  bool touches_inputs(size_t k, const ByteExtent& extent) const {
    const auto first = reinterpret_cast<intptr_t>(outputs_[k].data) + extent.begin,
               last = first + extent.end - extent.begin;
    const auto meets = [&](const fv_view& view) {
      if (view.device_type != outputs_[k].device_type) return false;
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
      const Shape shape = shape_of(a);
      space_.copy(table_[a], c_strides(shape, plan_.arrays[a].itemsize), input(a), local_->strides[a], shape,
                  plan_.arrays[a].itemsize);
    }
  }

  // What was not written where the caller wants it.
  void bring_out() {
    for (size_t k = 0; k < owned_.size(); ++k) {
      if (!owned_[k].is_there() || stays(k)) continue;
      const uint32_t array = plan_.results[k];
      const std::vector<int64_t>& strides = local_->strides[array];
      const Place place = is_given(k) ? place_of(outputs_[k]) : Place{};
      char* const to = is_given(k) ? static_cast<char*>(outputs_[k].data) : place_on_host(k);
      space_.bring_out({to, strides}, place, {table_[array], strides}, shape_of(array), plan_.arrays[array].itemsize);
    }
  }
  char* place_on_host(size_t k) {
    const ByteExtent extent = extent_of(k);
    host_.resize(owned_.size());
    host_[k] = memory_.allocate(allocated_bytes(extent));
    return host_[k].data() - extent.begin;
  }

  void give_memory(size_t k, Result& item) {
    if (is_given(k)) {
      item.data = static_cast<char*>(outputs_[k].data);
      item.place = place_of(outputs_[k]);
    } else if (stays(k)) {
      item.place = space_.place();
      item.data = table_[plan_.results[k]];
      item.buffer = std::move(owned_[k].host);
      item.on_device = std::move(owned_[k].device);
    } else {
      item.data = host_[k].data() - extent_of(k).begin;
      item.buffer = std::move(host_[k]);
    }
  }

  // Every rank has all of these results and fails alike.
  void check_values() {
    const Specialisation& made = ranked_.made();
    for (size_t k = 0; k < made.value_checks().size() && !failed_; ++k) {
      const size_t result = made.result_count() + k;
      failed_ = *(is_on_host() ? table_[plan_.results[result]] : host_[result].data()) != 0;
      if (!failed_) continue;
      failure_ = Error(ErrorCode::value, made.value_checks()[k].message, made.value_checks()[k].span);
      all_know_ = true;
    }
  }

  // ---- steps ----

  void step(const GlobalPlan::Step& step, RankProgram::Step& made) {
    if (made.partial) combine(*made.partial);
    BoxExchange* const exchange = made.exchange.get();
    if (exchange != nullptr) start(made);
    attempt([&] { copy_replicated(made); });
    if (step.kernel >= 0) attempt([&] { run_interior(static_cast<size_t>(step.kernel), exchange); });
    if (exchange != nullptr) receive(made);
    if (step.kernel >= 0) attempt([&] { run_edges(static_cast<size_t>(step.kernel)); });
  }

  // Messages are sent in any case: the others wait for them.
  void start(RankProgram::Step& made) {
    look_at_guard();
    attempt([&] {
      note_addresses(made);
      made.exchange->pack(made.from);
    });
    made.exchange->post(own_);
    attempt([&] { made.exchange->copy_own(made.from, made.to); });
  }
  void receive(RankProgram::Step& made) {
    heard(made.exchange->wait(), "another rank");
    attempt([&] { made.exchange->unpack(made.to); });
  }

  void note_addresses(RankProgram::Step& made) {
    for (size_t k = 0; k < made.fetches.size(); ++k) {
      const Fetch& fetch = plan_.fetches[made.fetches[k]];
      const bool output = fetch.purpose == Fetch::For::output;
      made.from[k].data = table_[fetch.array];
      made.to[k].data = table_[output ? fetch.target : plan_.arrays.size() + made.fetches[k]];
    }
  }

  void copy_replicated(const RankProgram::Step& made) {
    for (const uint32_t f : made.copied) {
      const Fetch& fetch = plan_.fetches[f];
      const Box& box = fetch.needed[static_cast<size_t>(world_.rank())];
      const std::vector<int64_t>& strides = local_->strides[fetch.array];
      int64_t begin = 0;
      for (size_t k = 0; k < strides.size(); ++k) begin += box.lower[k] * strides[k];
      space_.copy(table_[fetch.target], local_->strides[fetch.target], table_[fetch.array] + begin, strides,
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
    if (plan_.kernels[k].split.kind == Split::Kind::blocks)
      space_.reduce(part, table_.data(), states_of(k, part), exchange);
    else
      space_.run(part, table_.data(), exchange);
  }

  char* states_of(size_t k, const LocalPlan::Part& part) const {
    return ranked_.states(k) + static_cast<int64_t>(part.first_node) * local_->kernels[k].state_bytes;
  }

  // ---- partial results ----

  void combine(PartialExchange& partial) {
    look_at_guard();
    attempt([&] { space_.synchronize(); });  // then its states are there
    partial.share_slices(ranks());
    attempt([&] { partial.combine_slices(*local_); });
    partial.gather(ranks(), own_);
    hear_all(partial);
    all_know_ = failed_;
    attempt([&] { finish_all(partial); });
  }

  // Of several the first rank's counts, as it does where ranks agree.
  void hear_all(const PartialExchange& partial) {
    for (int rank = 0; rank < plan_.ranks; ++rank)
      if (const Flags flags = partial.flags_of(static_cast<size_t>(rank)); flags != 0)
        return heard(flags, fmt::format("rank {}", rank));
  }

  void finish_all(PartialExchange& partial) {
    for (size_t k = 0; k < partial.reductions().size(); ++k)
      space_.finish(local_->kernels[partial.reductions()[k].kernel].home[0], table_.data(),
                    partial.complete(k, *local_));
  }

  const Program& program_;
  RankProgram& ranked_;
  const GlobalPlan& plan_;
  RankSpace& space_;
  const fv_view* inputs_;
  const fv_view* outputs_;
  const RunOptions& options_;
  World& world_;
  CallMemory memory_;
  const bool results_stay_;
  LocalPlan* local_;
  runtime::MappedGuard* guard_ = nullptr;
  std::vector<char*> table_;
  SpaceMemory temporaries_;
  std::vector<SpaceMemory> owned_;     ///< [result]: where it is made, if that is not the caller's
  std::vector<runtime::Buffer> host_;  ///< [result]: where it is brought, if that is not the caller's
  std::optional<Error> failure_;
  bool failed_ = false;
  Flags own_ = 0;          // what went wrong here
  bool all_know_ = false;  // all ranks fail in this call, and know of each other
};

void require_places(const Specialisation& made, int32_t output_count, const Results* results) {
  if (results != nullptr) return;
  bool given = output_count > 0;
  for (size_t k = 0; k < made.result_count(); ++k) given = given && made.results()[k].given;
  if (!given) throw Error(ErrorCode::argument, "results are asked for, but there is no place for them");
}

/// A call, with arrays that its space can use as they lie.
struct Call {
  const Program& program;
  const fv_view* inputs;
  const fv_view* outputs;
  int32_t output_count;
  const RunOptions& options;
  const DistributedCall& ranks;
  const CallPlace& where;
};

// Warm calls have been checked before.
void check_call(const Call& call, DistributedProgram& made, const Results* results) {
  const auto& [program, inputs, outputs, output_count, options, ranks, where] = call;
  if (options.control != nullptr) options.control->check();
  require_work(made.made().work(), options.work_limit);
  require_places(made.made(), output_count, results);
  require_place_of_results(options, made.place());
  if (made.is_ready_for(inputs, outputs)) return;
  check_local_parts(program, inputs, outputs, output_count, ranks);
  made.make_local(program, inputs, outputs, options);
}

// failure: what has gone wrong on this rank already.
void run_call(const Call& call, std::optional<Error> failure, Results* results) {
  const Program& program = call.program;
  World& world = *call.ranks.world;
  DistributedProgram& made = world.attachments().find_or_add<DistributedPrograms>().get(
      program, call.inputs, call.outputs, call.output_count, call.options, call.ranks, call.where, failure);
  if (!failure) failure = failure_of([&] { check_call(call, made, results); });
  std::optional<CallInputs> read;
  if (!failure) failure = failure_of([&] { read.emplace(made.made(), call.inputs); });
  DistributedRun run(program, made.run(), read ? read->views() : call.inputs,
                     call.output_count > 0 ? call.outputs : nullptr, call.options, world,
                     results_stay(call.options, program, call.inputs));
  run.go(failure);
  if (results == nullptr) return;
  if (program.runtime().hooks.memory() != nullptr) results->hooks = program.shared_runtime();
  run.fill(*results, call.ranks.world);
}

// What stood in for the caller's outputs is copied to them.
void give_back(const AlignedCall& aligned, int32_t output_count, Results* results) {
  aligned.copy_back();
  for (size_t k = 0; results != nullptr && k < static_cast<size_t>(output_count); ++k)
    if (aligned.is_replaced(k)) {
      results->items[k].data = static_cast<char*>(aligned.given_output(k).data);
      results->items[k].strides = strides_of(aligned.given_output(k));
    }
}

/// A call whose literals are replicated.
class AllDistributions {
 public:
  AllDistributions(const Program& program, const DistributedCall& given) : call_(given) {
    if (given.inputs == nullptr || program.literals().views().empty()) return;
    all_.assign(given.inputs, given.inputs + program.given_count());
    all_.resize(program.inputs().size(), nullptr);
    call_.inputs = all_.data();
  }
  const DistributedCall& call() const { return call_; }

 private:
  DistributedCall call_;
  std::vector<const Distribution*> all_;
};

bool runs_on_host(const CallPlace& where) {
  return where.arrays == DeviceKind::cpu &&
         (where.choice.how != DeviceChoice::How::fixed || where.choice.place.is_host());
}

}  // namespace

void run_distributed(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
                     int32_t output_count, const RunOptions& options, const DistributedCall& given_call,
                     Results* results) {
  program.check_count(given_count);
  const AllInputs all(program, given);
  const fv_view* inputs = all.data();
  const AllDistributions distributions(program, given_call);
  const DistributedCall& call = distributions.call();
  std::optional<AlignedCall> aligned;
  std::optional<Error> failure;
  const CallPlace where = call_place(program, inputs, outputs, output_count, options.device);
  if (!runs_on_host(where))
    failure = failure_of([&] {
      program.check_inputs(inputs);
      check_outputs(outputs, output_count);
      if (needs_stand_ins(program, inputs, outputs, output_count))
        aligned.emplace(program, inputs, outputs, output_count);
    });
  const Call one{program,
                 aligned ? aligned->inputs() : inputs,
                 aligned ? aligned->outputs() : outputs,
                 output_count,
                 options,
                 call,
                 where};
  run_call(one, failure, results);
  if (aligned) give_back(*aligned, output_count, results);
}

std::string explain_distributed(const Program& program, const fv_view* given, int32_t given_count,
                                const DistributedCall& given_call) {
  program.check_count(given_count);
  const AllInputs all(program, given);
  const AllDistributions distributions(program, given_call);
  const DistributedCall& call = distributions.call();
  const auto made = specialise_for_ranks(program, all.data(), nullptr, 0, {}, call);
  return print(global_plan_of(*made, layouts_of(call.inputs, program.inputs().size()), {}, call.world->size()));
}

}  // namespace fuseval::engine
