// The verifier of array graphs: every rule that the passes rely on. Runs after bind and after simplify in debug builds.
#include <fmt/format.h>

#include "ir/error.hpp"
#include "ir/graph.hpp"

namespace fuseval {
namespace {

class GraphVerifier {
 public:
  explicit GraphVerifier(const Function& function) : graph_(function.graph) {
    for (NodeId id = 0; id < graph_.size(); ++id) check(id);
    for (const NodeId id : function.outputs)
      if (id >= graph_.size()) throw Error(ErrorCode::internal, "graph: an output that is not there");
  }

 private:
  void require(bool holds, NodeId id, const char* rule) const {
    if (!holds) throw Error(ErrorCode::internal, fmt::format("graph: node {}: {}", id, rule));
  }

  void check(NodeId id) const {
    for (const NodeId input : graph_.inputs(id)) require(input < id, id, "an input comes later than its user");
    switch (graph_[id].family) {
      case Family::input:
        return check_inputs(id, 0);
      case Family::constant:
        return check_constant(id);
      case Family::scalar:
        return check_scalar(id);
      case Family::cast:
        return check_cast(id);
      case Family::view:
        return check_view(id);
      case Family::reshape:
        return check_reshape(id);
      case Family::index:
        return check_index(id);
      case Family::reduce:
        return check_reduce(id);
    }
  }

  void check_inputs(NodeId id, size_t count) const {
    require(graph_.inputs(id).size() == count, id, "a wrong number of inputs");
  }

  void check_constant(NodeId id) const {
    check_inputs(id, 0);
    require(graph_.shape(id).empty(), id, "a constant has rank 0");
    const int bits = 8 * size_of(graph_.dtype(id));
    require(bits >= 64 || graph_[id].attribute >> bits == 0, id, "a constant's bits are wider than its dtype");
  }

  void check_scalar(NodeId id) const {
    const OpInfo& row = info(graph_[id].op());
    check_inputs(id, static_cast<size_t>(row.arity));
    for (const NodeId input : graph_.inputs(id))
      require(graph_.shape(input) == graph_.shape(id), id, "an operand of another shape");
    const size_t first = row.op == Op::where ? 1 : 0;
    const DType loop = graph_.dtype(graph_.input_of(id, first));
    require(is_computed(loop), id, "a dtype that is not computed with");
    require(graph_.dtype(id) == result_dtype(row.op, loop), id, "a result of another dtype");
    for (size_t k = first; k < graph_.inputs(id).size() && row.op != Op::ldexp; ++k)
      require(graph_.dtype(graph_.input_of(id, k)) == loop, id, "operands of different dtypes");
    require(row.op != Op::where || is_bool(graph_.dtype(graph_.input_of(id))), id,
            "the condition of where is not bool");
  }

  void check_cast(NodeId id) const {
    check_inputs(id, 1);
    require(graph_.shape(graph_.input_of(id)) == graph_.shape(id), id, "a cast that changes the shape");
    require(graph_.dtype(graph_.input_of(id)) != graph_.dtype(id), id, "a cast to its own dtype");
  }

  void check_view(NodeId id) const {
    check_inputs(id, 1);
    const Shape& source = graph_.shape(graph_.input_of(id));
    const AffineView& view = graph_.view_of(id);
    require(view.shape == graph_.shape(id) && view.source_rank == static_cast<int>(source.size()), id,
            "a view of another shape");
    require(graph_.dtype(graph_.input_of(id)) == graph_.dtype(id), id, "a view of another dtype");
    if (element_count(view.shape) == 0) return;
    for (int s = 0; s < view.source_rank; ++s) check_range(id, view, s, source[static_cast<size_t>(s)]);
  }

  void check_range(NodeId id, const AffineView& view, int source_axis, int64_t extent) const {
    int64_t low = view.offset[static_cast<size_t>(source_axis)], high = low;
    for (int k = 0; k < view.rank(); ++k) {
      const int64_t reach = view.at(source_axis, k) * (view.shape[static_cast<size_t>(k)] - 1);
      (reach < 0 ? low : high) += reach;
    }
    require(low >= 0 && high < extent, id, "a view that leaves its source");
  }

  void check_reshape(NodeId id) const {
    check_inputs(id, 1);
    require(element_count(graph_.shape(graph_.input_of(id))) == element_count(graph_.shape(id)), id,
            "a reshape of another size");
  }

  void check_index(NodeId id) const {
    check_inputs(id, 0);
    require(graph_.dtype(id) == DType::int64 && graph_[id].attribute < graph_.shape(id).size(), id,
            "an index along no axis");
  }

  void check_reduce(NodeId id) const {
    check_inputs(id, 1);
    const size_t rank = graph_.shape(graph_.input_of(id)).size();
    const std::vector<int> axes = graph_.reduced_axes(id);
    require(axes.empty() || static_cast<size_t>(axes.back()) < rank, id, "a reduced axis that is not there");
    require(graph_.shape(id).size() + axes.size() == rank, id, "a reduction of another rank");
    require(graph_.dtype(id) == result_dtype(graph_[id].reduction(), graph_.dtype(graph_.input_of(id))), id,
            "a result of another dtype");
  }

  const Graph& graph_;
};

}  // namespace

void verify(const Function& function) { GraphVerifier verifier(function); }

}  // namespace fuseval
