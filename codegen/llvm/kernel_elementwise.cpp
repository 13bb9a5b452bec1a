#include "codegen/llvm/lane_loop.hpp"
#include "codegen/llvm/module.hpp"

namespace fuseval::codegen {
namespace {

class ElementwiseWriter {
 public:
  ElementwiseWriter(llvm::Module& module, const LoopNest& nest, const Target& target)
      : frame_(module, target, "elementwise",
               {Frame::Parameter::pointer, Frame::Parameter::pointer, Frame::Parameter::pointer}),
        nest_(nest),
        plan_(plan_lanes(nest, nest.body, nest.vector_axis(), target)) {}

  void write(bool streaming) {
    // Hoisted loads run before any loop has looked at its bounds.
    llvm::Value* inhabited = frame_.ir.getTrue();
    for (int axis = 0; axis < nest_.rank(); ++axis)
      inhabited = frame_.ir.CreateAnd(inhabited, frame_.ir.CreateICmpSLT(frame_.lower(axis), frame_.upper(axis)));
    frame_.when(inhabited, [&] {
      Evaluation evaluation(frame_, nest_, nest_.body, nest_.vector_axis());
      evaluation.hoist();
      if (nest_.rank() == 0)
        element(evaluation);
      else
        outer(0, evaluation, streaming);
    });
    frame_.finish();
  }

 private:
  void element(Evaluation& evaluation) {
    std::vector<Lanes> one = {{frame_.emitter(1), nullptr}};
    evaluate_vectors(evaluation, one);
  }

  void outer(int axis, const Evaluation& outside, bool streaming) {
    if (axis == nest_.rank() - 1) return inner(outside, streaming);
    frame_.loop(Frame::Trips::some, frame_.lower(axis), frame_.upper(axis), 1, [&](llvm::Value* index) {
      Evaluation evaluation = outside;
      evaluation.enter(axis, index);
      evaluation.hoist();
      outer(axis + 1, evaluation, streaming);
    });
  }

  void inner(Evaluation evaluation, bool) {
    const int axis = nest_.rank() - 1;
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    evaluation.prepare(e);
    lane_loop(frame_, plan_, frame_.lower(axis), frame_.upper(axis),
              [&](std::vector<Lanes>& vectors) { evaluate_vectors(evaluation, vectors); });
  }

  Frame frame_;
  const LoopNest& nest_;
  LanePlan plan_;
};

}  // namespace

void emit_elementwise(llvm::Module& module, const LoopNest& nest, const Target& target, bool streaming) {
  ElementwiseWriter(module, nest, target).write(streaming);
}

}  // namespace fuseval::codegen
