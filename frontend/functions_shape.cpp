// Functions that only change the shape: affine views, and reshape.
#include <algorithm>

#include "frontend/functions.hpp"
#include "ir/counted.hpp"

namespace fuseval::frontend {
namespace {

void require_c_order(const Arguments& args) {
  const Value* order = args.given("order");
  if (order && (order->text == "F" || order->text == "f"))
    fail(ErrorCode::unsupported, order->span, "only order='C' is available in this version");
}

// One extent may be negative: it is what the others leave.
Value reshaped(Binder& b, const Value& array, const std::vector<int64_t>& wanted, Span span) {
  const NodeId node = b.node_of(array);
  const int64_t count = element_count(b.shape(node));
  Shape shape = wanted;
  const auto unknown = std::find_if(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; });
  if (unknown != shape.end()) {
    *unknown = 1;
    if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; }))
      fail(ErrorCode::shape, span, "only one extent of a shape can be unknown");
    const int64_t others = element_count(shape);
    *unknown = others > 0 && count % others == 0 ? count / others : -1;
  }
  const bool known = std::all_of(shape.begin(), shape.end(), [](int64_t extent) { return extent >= 0; });
  if (!known || element_count(shape) != count)
    fail(ErrorCode::shape, span, "cannot reshape an array of shape {} ({}) into shape {}", to_string(b.shape(node)),
         counted(count, "element"), to_string(Shape(wanted)));
  return Binder::array(b.graph().reshape(node, shape));
}

Value call_reshape(Binder& b, const Arguments& args) {
  require_c_order(args);
  return reshaped(b, args["a"], b.static_integers(args["shape"], "an extent"), args.span);
}

// a.reshape(2, 3) and a.reshape((2, 3)).
std::vector<int64_t> integers_of_rest(Binder& b, const Arguments& args, std::string_view what) {
  if (args.rest.size() == 1) return b.static_integers(*args.rest[0], what);
  std::vector<int64_t> result;
  for (const Value* value : args.rest) result.push_back(b.static_index(*value, what));
  return result;
}

Value reshape_method(Binder& b, const Arguments& args) {
  require_c_order(args);
  if (args.rest.empty()) fail(ErrorCode::argument, args.span, "reshape() is missing its argument 'shape'");
  return reshaped(b, args["a"], integers_of_rest(b, args, "an extent"), args.span);
}

Value call_ravel(Binder& b, const Arguments& args) {
  require_c_order(args);
  const NodeId node = b.node_of(args["a"]);
  return Binder::array(b.graph().reshape(node, {element_count(b.shape(node))}));
}

Value transposed(Binder& b, NodeId node, std::vector<int> permutation) {
  return Binder::array(b.graph().view(node, AffineView::transpose(b.shape(node), permutation)));
}

Value permuted(Binder& b, const Value& array, const std::vector<int64_t>& axes, Span span) {
  const NodeId node = b.node_of(array);
  const int rank = b.rank(node);
  if (static_cast<int>(axes.size()) != rank)
    fail(ErrorCode::axis, span, "the axes of transpose() must name all {} axes of the array once, not {}", rank,
         axes.size());
  std::vector<int> permutation;
  for (const int64_t axis : axes) permutation.push_back(normalise_axis(axis, rank));
  std::vector<int> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    fail(ErrorCode::axis, span, "repeated axis in transpose");
  return transposed(b, node, std::move(permutation));
}

Value reversed(Binder& b, const Value& array) {
  const NodeId node = b.node_of(array);
  std::vector<int> permutation;
  for (int axis = b.rank(node); axis-- > 0;) permutation.push_back(axis);
  return transposed(b, node, std::move(permutation));
}

Value call_transpose(Binder& b, const Arguments& args) {
  const Value* axes = args.given("axes");
  return axes ? permuted(b, args["a"], b.static_integers(*axes, "an axis"), args.span) : reversed(b, args["a"]);
}

Value transpose_method(Binder& b, const Arguments& args) {
  if (args.rest.empty() || (args.rest.size() == 1 && args.rest[0]->kind == ValueKind::none))
    return reversed(b, args["a"]);
  return permuted(b, args["a"], integers_of_rest(b, args, "an axis"), args.span);
}

Value call_matrix_transpose(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["x"]);
  const int rank = b.rank(node);
  if (rank < 2) fail(ErrorCode::shape, args.span, "matrix_transpose() takes an array of at least two dimensions");
  std::vector<int> permutation;
  for (int k = 0; k < rank; ++k) permutation.push_back(k);
  std::swap(permutation[static_cast<size_t>(rank) - 1], permutation[static_cast<size_t>(rank) - 2]);
  return transposed(b, node, std::move(permutation));
}

Value call_swapaxes(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["a"]);
  const int rank = b.rank(node);
  std::vector<int> permutation;
  for (int k = 0; k < rank; ++k) permutation.push_back(k);
  std::swap(permutation[static_cast<size_t>(axis_argument(b, args["axis1"], rank))],
            permutation[static_cast<size_t>(axis_argument(b, args["axis2"], rank))]);
  return transposed(b, node, std::move(permutation));
}

std::vector<int> unique_axes(Binder& b, const Value& value, int rank, std::string_view what) {
  std::vector<int> axes;
  if (!value.is_sequence()) return {axis_argument(b, value, rank)};
  for (const Value& item : value.items) axes.push_back(axis_argument(b, item, rank));
  std::vector<int> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    fail(ErrorCode::axis, value.span, "repeated axis in {}", what);
  return axes;
}

Value call_moveaxis(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["a"]);
  const int rank = b.rank(node);
  const std::vector<int> source = unique_axes(b, args["source"], rank, "`source`");
  const std::vector<int> destination = unique_axes(b, args["destination"], rank, "`destination`");
  if (source.size() != destination.size())
    fail(ErrorCode::argument, args.span, "`source` and `destination` must have the same number of axes, not {} and {}",
         source.size(), destination.size());
  std::vector<int> permutation(static_cast<size_t>(rank), -1);
  for (size_t k = 0; k < source.size(); ++k) permutation[static_cast<size_t>(destination[k])] = source[k];
  int next = 0;
  for (int& axis : permutation) {
    if (axis >= 0) continue;
    while (std::find(source.begin(), source.end(), next) != source.end()) ++next;
    axis = next++;
  }
  return transposed(b, node, std::move(permutation));
}

Value call_expand_dims(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["a"]);
  const Value& axis = args["axis"];
  const int count = axis.is_sequence() ? static_cast<int>(axis.items.size()) : 1;
  std::vector<int> positions = unique_axes(b, axis, b.rank(node) + count, "axis");
  std::sort(positions.begin(), positions.end());
  return Binder::array(insert_axes(b, node, positions));
}

Value call_squeeze(Binder& b, const Arguments& args) {
  NodeId node = b.node_of(args["a"]);
  const Shape shape = b.shape(node);
  const Value* axis = args.given("axis");
  std::vector<int> dropped;
  for (int k = 0; k < b.rank(node) && !axis; ++k)
    if (shape[static_cast<size_t>(k)] == 1) dropped.push_back(k);
  if (axis) dropped = reduction_axes(b, axis, b.rank(node), true);
  for (const int k : dropped)
    if (shape[static_cast<size_t>(k)] != 1)
      fail(ErrorCode::shape, axis->span, "cannot squeeze axis {}, which has size {}", k, shape[static_cast<size_t>(k)]);
  for (size_t k = dropped.size(); k-- > 0;)
    node = b.graph().view(node, AffineView::drop_axis(Shape(b.shape(node)), dropped[k]));
  return Binder::array(node);
}

Value call_broadcast_to(Binder& b, const Arguments& args) {
  return Binder::array(b.broadcast(b.node_of(args["array"]), b.static_shape(args["shape"])));
}

Value flipped(Binder& b, NodeId node, const std::vector<int>& axes) {
  const Shape shape = b.shape(node);
  AffineView view = AffineView::identity(shape);
  for (const int axis : axes) {
    const int64_t extent = shape[static_cast<size_t>(axis)];
    if (extent == 0) continue;
    view.offset[static_cast<size_t>(axis)] = extent - 1;
    view.at(axis, axis) = -1;
  }
  return Binder::array(b.graph().view(node, view));
}

Value call_flip(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["m"]);
  return flipped(b, node, reduction_axes(b, args.find("axis"), b.rank(node), false));
}

Value call_fliplr(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["m"]);
  if (b.rank(node) < 2) fail(ErrorCode::shape, args.span, "fliplr() takes an array of at least two dimensions");
  return flipped(b, node, {1});
}

Value call_flipud(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["m"]);
  if (b.rank(node) < 1) fail(ErrorCode::shape, args.span, "flipud() takes an array of at least one dimension");
  return flipped(b, node, {0});
}

Value call_diagonal(Binder& b, const Arguments& args) {
  const NodeId node = b.node_of(args["a"]);
  const int rank = b.rank(node);
  if (rank < 2) fail(ErrorCode::shape, args.span, "diagonal() takes an array of at least two dimensions");
  const Value *offset = args.find("offset"), *axis1 = args.find("axis1"), *axis2 = args.find("axis2");
  return Binder::array(diagonal_of(b, node, offset ? b.static_integer(*offset, "offset") : 0,
                                   axis1 ? axis_argument(b, *axis1, rank) : 0,
                                   axis2 ? axis_argument(b, *axis2, rank) : 1));
}

// (n,) becomes (1, n), and (1, n, 1) in three dimensions.
Value at_least(Binder& b, const Value& value, int rank) {
  const NodeId node = b.node_of(value);
  std::vector<int> positions;
  const int have = b.rank(node);
  if (have < rank && have < 2)
    for (int k = 0; k < std::min(rank, 2) - have; ++k) positions.push_back(k);
  if (have < 3 && rank == 3) positions.push_back(2);
  return Binder::array(insert_axes(b, node, positions));
}

Value call_atleast_1d(Binder& b, const Arguments& args) { return at_least(b, args["ary"], 1); }
Value call_atleast_2d(Binder& b, const Arguments& args) { return at_least(b, args["ary"], 2); }
Value call_atleast_3d(Binder& b, const Arguments& args) { return at_least(b, args["ary"], 3); }

constexpr FunctionRow shape_rows[] = {
    {"reshape", "a shape order= * copy=", call_reshape,
     "the elements in C order in another shape; one extent may be -1"},
    {"ravel", "a order=", call_ravel, "the elements in C order as a vector"},
    {"transpose", "a axes=", call_transpose, "the axes in another order, reversed by default"},
    {"permute_dims", "a axes=", call_transpose, "the axes in another order"},
    {"matrix_transpose", "x /", call_matrix_transpose, "the last two axes exchanged"},
    {"swapaxes", "a axis1 axis2", call_swapaxes, "two axes exchanged"},
    {"moveaxis", "a source destination", call_moveaxis, "axes moved to other positions"},
    {"expand_dims", "a axis", call_expand_dims, "with new axes of extent 1"},
    {"squeeze", "a axis=", call_squeeze, "without axes of extent 1"},
    {"broadcast_to", "array shape subok=", call_broadcast_to, "repeated to a shape, as operators do"},
    {"flip", "m axis=", call_flip, "reversed along axes"},
    {"fliplr", "m", call_fliplr, "reversed along axis 1"},
    {"flipud", "m", call_flipud, "reversed along axis 0"},
    {"diagonal", "a offset= axis1= axis2=", call_diagonal, "the diagonal of two axes, as the last axis"},
    {"atleast_1d", "ary /", call_atleast_1d, "with at least one axis"},
    {"atleast_2d", "ary /", call_atleast_2d, "with at least two axes"},
    {"atleast_3d", "ary /", call_atleast_3d, "with at least three axes"},
};

constexpr FunctionRow methods[] = {
    {"reshape", "*shape order= copy=", reshape_method,
     "the elements in C order in another shape; one extent may be -1"},
    {"transpose", "*axes", transpose_method, "the axes in another order, reversed by default"},
    {"flatten", "order=", call_ravel, "the elements in C order as a vector"},
    {"clip", "min= max= out=", clip_method, "no less than min and no more than max"},
    {"conj", "", conj_method, "the complex conjugate: the array itself"},
    {"conjugate", "", conj_method, "the complex conjugate: the array itself"},
    {"astype", "dtype order= casting= subok= copy=", astype_method,
     "cast to a dtype; floats beyond an integer dtype saturate"},
};

}  // namespace

int axis_argument(Binder& b, const Value& axis, int rank) {
  try {
    return normalise_axis(b.static_index(axis, "an axis"), rank);
  } catch (const Error& error) {
    throw error.at(axis.span);
  }
}

NodeId insert_axes(Binder& b, NodeId node, const std::vector<int>& positions) {
  if (positions.empty()) return node;
  const Shape source = b.shape(node);
  Shape shape;
  std::vector<int> target;  // of each source axis
  size_t next = 0;
  for (int k = 0; k < static_cast<int>(source.size() + positions.size()); ++k) {
    if (std::binary_search(positions.begin(), positions.end(), k)) {
      shape.push_back(1);
    } else {
      target.push_back(k);
      shape.push_back(source[next++]);
    }
  }
  AffineView view = AffineView::zero(static_cast<int>(source.size()), std::move(shape));
  for (size_t s = 0; s < target.size(); ++s) view.at(static_cast<int>(s), target[s]) = 1;
  return b.graph().view(node, view);
}

// Element k is [.., k + max(-offset, 0), .., k + max(offset, 0), ..]; the diagonal is the last axis.
NodeId diagonal_of(Binder& b, NodeId node, int64_t offset, int axis1, int axis2) {
  if (axis1 == axis2) throw Error(ErrorCode::axis, "axis1 and axis2 cannot be the same");
  const Shape source = b.shape(node);
  const int64_t rows = source[static_cast<size_t>(axis1)], columns = source[static_cast<size_t>(axis2)];
  const int64_t down = std::clamp<int64_t>(-std::max<int64_t>(offset, -rows), 0, rows),
                right = std::clamp<int64_t>(offset, 0, columns);
  Shape shape;
  std::vector<int> kept;
  for (int k = 0; k < static_cast<int>(source.size()); ++k)
    if (k != axis1 && k != axis2) kept.push_back(k), shape.push_back(source[static_cast<size_t>(k)]);
  const int64_t length = std::min(rows - down, columns - right);
  shape.push_back(length);
  AffineView view = AffineView::zero(static_cast<int>(source.size()), std::move(shape));
  const int last = static_cast<int>(kept.size());
  for (int k = 0; k < last; ++k) view.at(kept[static_cast<size_t>(k)], k) = 1;
  for (const int axis : {axis1, axis2}) view.at(axis, last) = length == 1 ? 0 : 1;
  if (length > 0) view.offset[static_cast<size_t>(axis1)] = down, view.offset[static_cast<size_t>(axis2)] = right;
  return b.graph().view(node, view);
}

std::span<const FunctionRow> shape_functions() { return shape_rows; }
std::span<const FunctionRow> array_methods() { return methods; }

}  // namespace fuseval::frontend
