// The C ABI: evaluating, compiling, explaining. See include/fuseval/fuseval.h for the contract.
#include <fmt/format.h>

#include <algorithm>

#include "engine/abi/c_api_options.hpp"
#include "engine/call/explain.hpp"
#include "engine/dispatch/placing.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/run/device_run.hpp"
#include "frontend/free_names.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::engine {
namespace {

// Whether the views say enough to make machine code for them.
bool is_complete(const fv_view* inputs, int32_t count) {
  return std::all_of(inputs, inputs + count, [](const fv_view& view) {
    return (view.rank == 0 || view.shape != nullptr) && ((view.flags & FV_VIEW_WEAK) == 0 || view.data != nullptr);
  });
}

/// Machine code, for the CPU or the device that the inputs are on.
void prepare(const Program& program, const fv_view* given) {
  const AllInputs all(program, given);
  const fv_view* inputs = all.data();
  const Place place = place_of_call(program, inputs, nullptr, 0, {});
  ResultRule rule;
  rule.for_device = !place.is_host();
  RunControl control(nullptr, {}, Deadline(program.runtime().call_limits.milliseconds));
  const bool is_limited = program.runtime().call_limits.milliseconds > 0;
  const auto made = program.specialise(inputs, nullptr, 0, rule, {is_limited ? &control : nullptr, 0});
  if (rule.for_device) prepare_for_device(program.runtime().devices.get(place), program, *made);
}

void check(CallOptions& call, const Runtime& runtime, const fv_view* inputs, int32_t input_count,
           const fv_view* outputs, int32_t output_count) {
  require(input_count >= 0 && (inputs != nullptr || input_count == 0), "input_count is negative, or inputs is NULL");
  require(output_count >= 0 && (outputs != nullptr || output_count == 0),
          "output_count is negative, or outputs is NULL");
  call.read(runtime.call_limits);
  call.check_extents(inputs, input_count, outputs, output_count);
}

void run_program(const Program& program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                 int32_t output_count, const CallOptions& options, fv_results** results) {
  const RunOptions& run = options.run();
  if (results == nullptr) return engine::run(program, inputs, input_count, outputs, output_count, run, nullptr);
  auto made = std::make_shared<Results>();
  engine::run(program, inputs, input_count, outputs, output_count, run, made.get());
  *results = make_handle<fv_results>("results", std::move(made));
}

/// Which of the program's inputs each name is.
std::vector<size_t> slots_of(const Program& program, const char* const* names, int32_t count) {
  require(names != nullptr || count == 0, "names is NULL");
  const auto refuse = [](const std::string& message) { throw Error(ErrorCode::argument, message); };
  const auto wanted = std::span(program.inputs()).first(program.given_count());
  std::vector<size_t> slots;
  std::vector<bool> given(wanted.size());
  for (int32_t k = 0; k < count; ++k) {
    require(names[k] != nullptr, "a name is NULL");
    const std::string name = fuseval::frontend::normalised_name(names[k]);
    const auto it =
        std::find_if(wanted.begin(), wanted.end(), [&](const Program::Input& input) { return input.name == name; });
    if (it == wanted.end()) refuse(fmt::format("the program has no input '{}'", names[k]));
    slots.push_back(static_cast<size_t>(it - wanted.begin()));
    if (given[slots.back()]) refuse(fmt::format("input '{}' is given twice", names[k]));
    given[slots.back()] = true;
  }
  const auto missing = std::find(given.begin(), given.end(), false);
  if (missing != given.end())
    refuse(fmt::format("input '{}' is not given", wanted[static_cast<size_t>(missing - given.begin())].name));
  return slots;
}

}  // namespace
}  // namespace fuseval::engine

using namespace fuseval::engine;

fv_status fv_evaluate(fv_session* session, const char* text, size_t length, const char* const* names,
                      const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count,
                      const fv_run_options* options, fv_results** results, fv_error** error) {
  if (results != nullptr) *results = nullptr;
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    CallOptions call(options, input_count, output_count);
    call.make(view, [&] {
      require(text != nullptr, "text is NULL");
      check(call, *used.get().runtime(), inputs, input_count, outputs, output_count);
      const auto program = used.get().program(view, names, inputs, input_count);
      run_program(*program, inputs, input_count, outputs, output_count, call, results);
    });
  });
}

fv_status fv_compile(fv_session* session, const char* text, size_t length, const char* const* names,
                     const fv_view* inputs, int32_t input_count, fv_program** program, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    require(program != nullptr, "program is NULL");
    *program = nullptr;
    require(text != nullptr, "text is NULL");
    auto made = used.get().compile(view, names, inputs, input_count);
    if (is_complete(inputs, input_count)) prepare(*made, inputs);
    *program = make_handle<fv_program>("program", std::move(made));
  });
}

// What run_directly could not do. Apart, so that a direct call does not set up a frame for what may throw.
[[gnu::noinline]] static fv_status run_generally(const Use<const fv_program>& program, const fv_view* inputs,
                                                 int32_t input_count, const fv_view* outputs, int32_t output_count,
                                                 const fv_run_options* options, fv_results** results,
                                                 fv_error** error) {
  if (results != nullptr) *results = nullptr;
  const std::string_view text = program.is_alive() ? program->program->text() : std::string_view{};
  return guard(error, text, [&] {
    CallOptions call(options, input_count, output_count);
    call.make(text, [&] {
      const Program& known = *program.get("program").program;
      check(call, known.runtime(), inputs, input_count, outputs, output_count);
      run_program(known, inputs, input_count, outputs, output_count, call, results);
    });
  });
}

fv_status fv_run(const fv_program* program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                 int32_t output_count, const fv_run_options* options, fv_results** results, fv_error** error) {
  const Use used(program);
  const bool plain = used.is_alive() && options == nullptr && results == nullptr;
  if (!plain || !used->program->run_directly(inputs, input_count, outputs, output_count))
    return run_generally(used, inputs, input_count, outputs, output_count, options, results, error);
  if (error != nullptr) *error = nullptr;
  return FV_OK;
}

fv_status fv_run_named(const fv_program* program, const char* const* names, const fv_view* inputs, int32_t input_count,
                       const fv_view* outputs, int32_t output_count, const fv_run_options* options,
                       fv_results** results, fv_error** error) {
  if (results != nullptr) *results = nullptr;
  const Use used(program);
  const std::string_view text = used.is_alive() ? used->program->text() : std::string_view{};
  return guard(error, text, [&] {
    CallOptions call(options, input_count, output_count);
    call.make(text, [&] {
      const Program& known = *used.get("program").program;
      check(call, known.runtime(), inputs, input_count, outputs, output_count);
      const std::vector<size_t> slots = slots_of(known, names, input_count);
      std::vector<fv_view> ordered(slots.size());
      for (size_t k = 0; k < slots.size(); ++k) ordered[slots[k]] = inputs[k];
      call.order_inputs(slots);
      run_program(known, ordered.data(), input_count, outputs, output_count, call, results);
    });
  });
}

const char* fv_program_text(const fv_program* program) {
  const Use used(program);
  return used.is_alive() ? program->program->text().c_str() : nullptr;
}
int32_t fv_program_input_count(const fv_program* program) {
  const Use used(program);
  return used.is_alive() ? static_cast<int32_t>(program->program->given_count()) : 0;
}
fv_status fv_program_input(const fv_program* program, int32_t index, const char** name, fv_view* description,
                           fv_error** error) {
  const Use used(program);
  return guard(error, {}, [&] {
    const Program& known = *used.get("program").program;
    const std::vector<Program::Input>& inputs = known.inputs();
    require(index >= 0 && static_cast<size_t>(index) < known.given_count(), "there is no input of that index");
    const Program::Input& input = inputs[static_cast<size_t>(index)];
    if (name != nullptr) *name = input.name.c_str();
    if (description == nullptr) return;
    *description = {};
    description->dtype = static_cast<int32_t>(input.dtype);
    description->rank = input.rank;
    description->flags = input.is_weak ? FV_VIEW_WEAK : 0u;
  });
}
void fv_program_release(fv_program* program) { release_handle(program); }

fv_status fv_free_names(fv_session* session, const char* text, size_t length, fv_names** names, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    require(names != nullptr, "names is NULL");
    *names = nullptr;
    require(text != nullptr, "text is NULL");
    const auto ast = fuseval::frontend::parse(view, used.get().runtime()->text_limits);
    std::vector<fv_names::Name> found;
    for (fuseval::frontend::FreeName& free : fuseval::frontend::free_names(ast))
      found.push_back({std::move(free.name), free.meaning ? static_cast<int32_t>(*free.meaning) : -1});
    *names = make_handle<fv_names>("names", std::move(found));
  });
}

fv_status fv_explain(fv_session* session, const char* text, size_t length, const char* const* names,
                     const fv_view* inputs, int32_t input_count, const char* stage, char** result, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    require(result != nullptr, "result is NULL");
    *result = nullptr;
    require(text != nullptr && stage != nullptr, "text or stage is NULL");
    const auto program = used.get().compile(view, names, inputs, input_count);
    *result = copy_string(explain(*program, inputs, input_count, stage));
  });
}
