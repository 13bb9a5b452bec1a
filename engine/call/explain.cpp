#include "engine/call/explain.hpp"

#include <fmt/format.h>

#include "codegen/host/fold.hpp"
#include "codegen/llvm/kernel.hpp"
#include "engine/base/views.hpp"
#include "engine/base/with_llvm.hpp"
#include "engine/device/cuda_device.hpp"
#include "engine/device/device_jobs.hpp"
#include "engine/device/simulated_device.hpp"
#include "engine/dispatch/explain_choice.hpp"
#include "engine/plan/runtime.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/hints.hpp"
#include "ir/error.hpp"
#include "runtime/distributed/hdf5_plugin.hpp"
#include "runtime/distributed/mpi_plugin.hpp"

namespace fuseval::engine {
namespace {

Plan plan_of(const Function& function, const std::vector<ArrayLayout>& layouts, const ChainLimits& limits) {
  std::vector<ArrayLayout> outputs;
  for (const NodeId id : function.outputs)
    outputs.push_back(
        {function.graph.shape(id), c_strides(function.graph.shape(id), size_of(function.graph.dtype(id)))});
  return make_plan(function, layouts, outputs, limits);
}

template <class F>
std::string each_kernel(const Plan& plan, F&& show) {
  std::string text;
  for (size_t k = 0; k < plan.kernels.size(); ++k) text += fmt::format("; kernel {}\n{}\n", k, show(plan.kernels[k]));
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
std::string number_lines(const frontend::BoundFunction& bound, size_t first) {
  std::string text;
  for (const DType dtype : bound.scalars.elements())
    text += fmt::format("; input {}: {}, computed from weak scalars at each call\n", first++, name_of(dtype));
  return text;
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
  CallSignature signature = program.signature_of(inputs, nullptr, 0, ResultRule{});
  const frontend::Limits& limits = program.runtime().text_limits;
  if (stage == "types")
    if (const auto dtype = frontend::dtype_value(program.ast(), signature.inputs, limits))
      return fmt::format("dtype {}\n", name_of(*dtype));
  const frontend::BoundFunction bound = frontend::bind(program.ast(), signature.inputs, limits);
  const Function function = simplify(bound.function, codegen::host_folder());
  if (stage == "types") return print_types(bound.function, bound.weak_outputs);
  const std::string numbers = number_lines(bound, signature.inputs.size());
  if (stage == "graph") return numbers + print(function);
  signature.layouts.resize(signature.layouts.size() + bound.scalars.elements().size());
  const Plan plan = plan_of(function, signature.layouts, program.runtime().chains);
  const codegen::TargetOptions& target = program.runtime().target;
  if (stage == "plan") return numbers + print(plan);
  if (stage == "loops") return each_kernel(plan, [](const LoopNest& nest) { return print(nest); });
  if (stage == "llvm")
    return each_kernel(plan,
                       [&](const LoopNest& nest) { return with_llvm([&] { return codegen::llvm_ir(nest, target); }); });
  if (stage == "asm")
    return each_kernel(
        plan, [&](const LoopNest& nest) { return with_llvm([&] { return codegen::assembly(nest, target); }); });
  throw Error(
      ErrorCode::argument,
      fmt::format("there is no stage '{}': types, hints, ast, graph, loops, plan, llvm, asm, cuda, device", stage));
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
