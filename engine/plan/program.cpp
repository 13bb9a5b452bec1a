#include "engine/plan/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "engine/base/views.hpp"
#include "engine/plan/runtime.hpp"
#include "frontend/free_names.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

class FrontTimer {
 public:
  explicit FrontTimer(Counters& counters)
      : counters_(counters), compiled_(counters.compile_nanoseconds.load(std::memory_order_relaxed)) {}
  ~FrontTimer() {
    const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start_;
    const int64_t compiled = counters_.compile_nanoseconds.load(std::memory_order_relaxed) - compiled_;
    counters_.add(counters_.front_nanoseconds, std::max<int64_t>(0, spent.count() - compiled));
  }

 private:
  Counters& counters_;
  int64_t compiled_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string describe(const Program::Input& input) {
  if (input.is_weak) return fmt::format("a weak {}", name_of(input.dtype));
  return fmt::format("{} of rank {}", name_of(input.dtype), input.rank);
}

std::string name_in_messages(const Program::Input& input) { return fmt::format("input '{}'", input.name); }

std::string describe(const fv_view& view) {
  return describe(Program::Input{{}, dtype_of(view), view.rank, (view.flags & FV_VIEW_WEAK) != 0});
}

std::string shortened(const std::string& text) {
  constexpr size_t most = 80;
  return text.size() <= most ? text : text.substr(0, most) + "…";
}

std::unordered_set<std::string> names_in(const frontend::Ast& ast) {
  std::unordered_set<std::string> names;
  for (frontend::FreeName& free : frontend::free_names(ast)) names.insert(std::move(free.name));
  return names;
}

const std::vector<Program::Input>& checked(const std::vector<Program::Input>& inputs) {
  for (const Program::Input& input : inputs) frontend::check_input(input.name, input.dtype);
  return inputs;
}

}  // namespace

frontend::Ast parsed(std::string_view text, Runtime& runtime) {
  const FrontTimer timer(runtime.counters);
  runtime.counters.add(runtime.counters.texts_parsed, 1);
  return frontend::parse(text, runtime.text_limits);
}

Program::Program(std::shared_ptr<Runtime> runtime, std::string_view text, const std::vector<Input>& inputs)
    : Program(runtime, (checked(inputs), parsed(text, *runtime)), inputs) {}

Program::Program(std::shared_ptr<Runtime> runtime, frontend::Ast ast, const std::vector<Input>& inputs)
    : runtime_(std::move(runtime)), ast_(std::move(ast)), literals_(ast_), inputs_(checked(inputs)) {
  const auto names = names_in(ast_);
  for (uint32_t slot = 0; slot < inputs_.size(); ++slot)
    if (!names.contains(inputs_[slot].name)) unused_slots_.push_back(slot);
  for (size_t k = 0; k < literals_.views().size(); ++k) {
    const fv_view& view = literals_.views()[k];
    inputs_.push_back({literals_.kept()[k].text, dtype_of(view), view.rank, false, literals_.kept()[k].list});
  }
}

uint64_t Program::next_number() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Program::~Program() {
  for (Pinned* entry = pinned_.load(); entry != nullptr;) {
    Pinned* next = entry->next;
    delete entry;
    entry = next;
  }
}

void Program::check_count(int32_t count) const {
  const size_t wanted = given_count();
  if (static_cast<size_t>(count) != wanted)
    throw Error(ErrorCode::argument, fmt::format("the program takes {}, not {}", counted(wanted, "input"), count));
}

void Program::check_inputs(const fv_view* inputs) const {
  for (size_t k = 0; k < inputs_.size(); ++k) {
    const Input& wanted = inputs_[k];
    const fv_view& view = inputs[k];
    if (is_used(k)) validate(view, name_in_messages(wanted));
    if (fits(wanted, view)) continue;
    validate_description(view, name_in_messages(wanted));
    throw Error(ErrorCode::argument, fmt::format("input '{}' is {}, but the program was compiled for {}", wanted.name,
                                                 describe(view), describe(wanted)));
  }
}

bool Program::is_used(size_t slot) const {
  return !std::binary_search(unused_slots_.begin(), unused_slots_.end(), static_cast<uint32_t>(slot));
}

CallSignature Program::signature_of(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                                    const ResultRule& rule) const {
  CallSignature signature;
  signature.rule = rule;
  for (size_t k = 0; k < inputs_.size(); ++k) {
    const Input& input = inputs_[k];
    signature.inputs.push_back({input.name, input.dtype, {}, input.is_weak, 0, input.literal});
    signature.layouts.emplace_back();
    if (!is_used(k)) continue;
    signature.layouts[k] = layout_of(inputs[k]);
    byte_extent(signature.layouts[k], size_of(input.dtype),
                name_in_messages(input));  // plans rely on it, and bind counts elements
    signature.inputs[k].shape = signature.layouts[k].shape;
    if (input.is_weak) signature.inputs[k].bits = weak_bits(inputs[k]);
  }
  for (int32_t k = 0; k < output_count; ++k) {
    OutputRequest request;
    request.given = outputs[k].data != nullptr;
    if (outputs[k].dtype != -1) request.dtype = static_cast<DType>(outputs[k].dtype);
    if (request.given) {
      request.layout = layout_of(outputs[k]);
      byte_extent(request.layout, size_of(*request.dtype), fmt::format("output {}", k));
    }
    signature.outputs.push_back(std::move(request));
  }
  return signature;
}

bool Program::run_directly(const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                           int32_t output_count) const {
  if (static_cast<size_t>(input_count) != given_count() || outputs == nullptr) return false;
  if ((inputs == nullptr && input_count > 0) || !unused_inputs_fit(inputs)) return false;
  for (const Pinned* entry = pinned_.load(std::memory_order_acquire); entry != nullptr; entry = entry->next) {
    if (entry->direct && entry->direct->run(inputs, outputs, output_count, runtime_->counters)) return true;
  }
  return false;
}

std::shared_ptr<const Specialisation> Program::find_recent(const fv_view* inputs, const fv_view* outputs,
                                                           int32_t output_count, const ResultRule& rule) const {
  std::lock_guard lock(mutex_);
  const auto it = std::find_if(recent_.begin(), recent_.end(),
                               [&](const auto& made) { return made->serves(inputs, outputs, output_count, rule); });
  if (it == recent_.end()) return nullptr;
  std::rotate(recent_.begin(), it, it + 1);
  return recent_.front();
}

void Program::remember(std::shared_ptr<const Specialisation> made, const fv_view* inputs, const fv_view* outputs,
                       int32_t output_count, const ResultRule& rule) const {
  std::lock_guard lock(mutex_);
  // Threads that met the same layout at the same time have all made it: the first one's is kept.
  if (find(inputs, outputs, output_count, rule) != nullptr) return;
  if (pinned_count_ < pinned_limit) {
    auto entry = std::make_unique<Pinned>();
    entry->direct = DirectCall::make(*made, literals_.views(), runtime_->call_limits.milliseconds > 0);
    entry->made = std::move(made);
    entry->next = pinned_.load(std::memory_order_relaxed);
    pinned_.store(entry.release(), std::memory_order_release);
    ++pinned_count_;
    return;
  }
  recent_.insert(recent_.begin(), std::move(made));
  if (recent_.size() > recent_limit) recent_.pop_back();
}

std::shared_ptr<const Specialisation> Program::specialise(const fv_view* inputs, const fv_view* outputs,
                                                          int32_t output_count, const ResultRule& rule,
                                                          const PlanOptions& options) const {
  if (auto known = find_recent(inputs, outputs, output_count, rule)) return known;
  const FrontTimer timer(runtime_->counters);
  const CompileContext context = compile_context_of(*runtime_, options);
  auto made = std::make_shared<const Specialisation>(ast_, signature_of(inputs, outputs, output_count, rule), context);
  runtime_->counters.add(runtime_->counters.plans_made, 1);
  remember(made, inputs, outputs, output_count, rule);
  runtime_->hooks.log(LogLevel::debug, [&] {
    return fmt::format("planned '{}': {}, {} of temporaries", shortened(text()),
                       counted(made->kernels().size(), "kernel"), counted(made->temporary_bytes(), "byte"));
  });
  return made;
}

}  // namespace fuseval::engine
