#include "engine/call/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/llvm/kernel.hpp"
#include "engine/base/views.hpp"
#include "engine/base/with_llvm.hpp"
#include "engine/call/line_changes.hpp"
#include "engine/device/cuda_device.hpp"
#include "engine/device/device_jobs.hpp"
#include "engine/device/simulated_device.hpp"
#include "engine/dispatch/explain_choice.hpp"
#include "engine/plan/pipeline.hpp"
#include "engine/plan/runtime.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/hints.hpp"
#include "ir/error.hpp"
#include "runtime/distributed/hdf5_plugin.hpp"
#include "runtime/distributed/mpi_plugin.hpp"

namespace fuseval::engine {
namespace {

/// The state before the first pass.
Lowering lowering_of(const Program& program, const fv_view* inputs) {
  Lowering lowering;
  lowering.ast = &program.ast();
  lowering.text_limits = program.runtime().text_limits;
  lowering.chain_limits = program.runtime().chains;
  lowering.signature = program.signature_of(inputs, nullptr, 0, ResultRule{});
  return lowering;
}

/// show(nest, options): of each kernel with the options that it is compiled with. All passes have run.
template <class F>
std::string each_kernel(const Lowering& lowering, const codegen::TargetOptions& target, F&& show) {
  std::string text;
  for (size_t k = 0; k < lowering.plan.kernels.size(); ++k) {
    codegen::TargetOptions options = target;
    options.streaming_stores = lowering.streaming_stores[k];
    text += fmt::format("; kernel {}\n{}\n", k, with_llvm([&] { return show(lowering.plan.kernels[k], options); }));
  }
  return text;
}

// What each pass changes: the lines that it removes and adds, or all of what it leaves if that is of another form.
std::string trace(Lowering& lowering) {
  std::string text, before;
  const Pass* last = nullptr;
  for (const Pass& pass : passes()) {
    if (!pass.is_for(lowering.signature.rule)) continue;
    pass.run(lowering);
    std::string after = pass.print(lowering);
    const bool comparable = last != nullptr && last->form == pass.form;
    text += fmt::format("---- {}: {}\n{}", pass.name, pass.purpose, comparable ? line_changes(before, after) : after);
    before = std::move(after);
    last = &pass;
  }
  return text;
}

const Pass* find_pass(std::string_view name) {
  const std::span<const Pass> all = passes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Pass& pass) { return pass.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// The stages that are the state after a pass under a name of their own.
std::string_view pass_of_stage(std::string_view stage) {
  if (stage == "graph") return "simplify";
  return stage == "loops" ? "collapse" : stage;
}

std::string known_stages() {
  std::string text = "types, hints, ast, graph, loops, plan, llvm, asm, cuda, device, trace";
  for (const Pass& pass : passes())
    if (pass.is_for(ResultRule{})) text += fmt::format(", {}", pass.name);
  return text;
}

// Of kernels as a device would get them for arrays that are aligned to 16 bytes: needs no device.
std::string cuda_texts(const Program& program, const fv_view* inputs) {
  ResultRule rule;
  rule.for_device = true;
  const auto made = program.specialise(inputs, nullptr, 0, rule, {});
  const Plan& plan = made->plan();
  const std::vector<char*> aligned(plan.buffers.size(), nullptr);
  std::string text;
  for (const DeviceJob& job : device_jobs(plan, aligned.data())) {
    const DeviceKernels::Request wanted = job.request();
    const auto first = static_cast<size_t>(wanted.chain.nests[0] - plan.kernels.data());
    text += job.size() == 1 ? fmt::format("// kernel {}\n", first)
                            : fmt::format("// kernels {} to {} in one\n", first, first + job.size() - 1);
    text += cuda_code(wanted)->text + "\n";
  }
  return text;
}

// Inputs that are not the caller's.
std::string number_lines(const Lowering& lowering) {
  std::string text;
  const std::vector<DType>& numbers = lowering.bound.scalars.elements();
  size_t slot = lowering.signature.inputs.size() - numbers.size();
  for (const DType dtype : numbers)
    text += fmt::format("; input {}: {}, computed from weak scalars at each call\n", slot++, name_of(dtype));
  return text;
}

std::string types_text(const Program& program, Lowering& lowering) {
  if (const auto dtype = frontend::dtype_value(program.ast(), lowering.signature.inputs, lowering.text_limits))
    return fmt::format("dtype {}\n", name_of(*dtype));
  passes().front().run(lowering);  // bind
  return print_types(lowering.function, lowering.bound.weak_outputs);
}

std::string hint_lines(const Program& program) {
  std::vector<frontend::InputInfo> inputs;
  for (const Program::Input& input : std::span(program.inputs()).first(program.given_count()))
    inputs.push_back({input.name, input.dtype, {}, input.is_weak, 0});
  std::string text;
  for (const frontend::Hint& hint : frontend::hints(program.ast(), inputs)) {
    const frontend::Place place = frontend::place_of(program.text(), hint.span.begin);
    text += fmt::format("{} (line {}, column {})\n{}\n", hint.message, place.line, place.column,
                        frontend::caret_picture(program.text(), hint.span));
  }
  return text.empty() ? "no hints\n" : text;
}

}  // namespace

std::string explain(const Program& program, const fv_view* given, int32_t count, std::string_view stage) {
  if (stage == "ast") return frontend::print(program.ast());
  if (stage == "hints") return hint_lines(program);
  program.check_count(count);
  const AllInputs all(program, given);
  const fv_view* inputs = all.data();
  program.check_inputs(inputs);
  if (stage == "cuda") return cuda_texts(program, inputs);
  if (stage == "device") return explain_choice(program, inputs);
  Lowering lowering = lowering_of(program, inputs);
  if (stage == "trace") return trace(lowering);
  if (stage == "types") return types_text(program, lowering);
  const Pass* const wanted = find_pass(pass_of_stage(stage));
  for (const Pass& pass : passes()) {
    if (!pass.is_for(lowering.signature.rule)) continue;
    pass.run(lowering);
    if (&pass == wanted) return (stage == "graph" ? number_lines(lowering) : "") + pass.print(lowering);
  }
  const codegen::TargetOptions& target = program.runtime().target;
  if (stage == "plan") return number_lines(lowering) + print(lowering.plan);
  if (stage == "llvm") return each_kernel(lowering, target, codegen::llvm_ir);
  if (stage == "asm") return each_kernel(lowering, target, codegen::assembly);
  throw Error(ErrorCode::argument, fmt::format("there is no stage '{}': {}", stage, known_stages()));
}

std::string information(const Runtime& runtime) {
  std::string text = fmt::format("fuseval: {}.{}.{}\n", FV_VERSION_MAJOR, FV_VERSION_MINOR, FV_VERSION_PATCH);
  text += fmt::format("target: {}\n", with_llvm([&] { return codegen::target_description(runtime.target); }));
  text += fmt::format("threads: {}\n", runtime.pool.threads());
  text += fmt::format("cpus usable: {}\n", runtime::usable_cpus());
  text += fmt::format("kernels cached: {}\n", runtime.kernels.size());
  text += fmt::format("kernel code bytes: {}\n", runtime.kernels.code_bytes());
  text += fmt::format("result pool bytes: {}\n", runtime::pool_bytes());
  text += "device cpu: available\n";
  text += fmt::format("device cudasim: {}\n", simulator_description());
  text += cuda_information();
  text += fmt::format("mpi: {}\n", runtime::distributed::describe_mpi());
  return text + fmt::format("hdf5: {}\n", runtime::distributed::describe_hdf5());
}

}  // namespace fuseval::engine
