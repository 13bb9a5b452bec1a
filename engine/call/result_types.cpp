#include "engine/call/result_types.hpp"

#include "engine/plan/runtime.hpp"
#include "frontend/bind.hpp"

namespace fuseval::engine {
namespace {

// Checks of a call's views ask for data, which stands for itself here: nobody reads the elements of an array.
std::vector<fv_view> with_addresses(const fv_view* given, int32_t count) {
  static char nowhere;
  std::vector<fv_view> views(given, given + count);
  for (fv_view& view : views)
    if (view.data == nullptr && (view.flags & FV_VIEW_WEAK) == 0) view.data = &nowhere;
  return views;
}

}  // namespace

ResultTypes result_types(const Program& program, const fv_view* given, int32_t count) {
  program.check_count(count);
  const std::vector<fv_view> views = with_addresses(given, count);
  const AllInputs inputs(program, views.data());
  program.check_inputs(inputs.data());
  const CallSignature signature = program.signature_of(inputs.data(), nullptr, 0, ResultRule{});
  const frontend::BoundFunction bound = frontend::bind(program.ast(), signature.inputs, program.runtime().text_limits);
  const Function& function = bound.function;
  ResultTypes types{{}, function.returns_tuple};
  for (size_t k = 0; k < function.outputs.size(); ++k) {
    const NodeId id = function.outputs[k];
    types.items.push_back({function.graph.dtype(id), function.graph.shape(id), bound.weak_outputs[k]});
  }
  return types;
}

}  // namespace fuseval::engine
