// Products of vectors with vectors and matrices: a multiplication and a sum, which fuse into one kernel and add in the
// canonical order. Products of two matrices are not available in this version.
#include "frontend/functions.hpp"

namespace fuseval::frontend {
namespace {

// A sum of integers wraps in their common dtype, which the low bits of a wide sum are; one of bools is any(a & b).
NodeId product_sum(Binder& b, NodeId x, NodeId y, int axis) {
  const DType common = promote_types(b.dtype(x), b.dtype(y));
  const NodeId products = b.emit(Op::multiply, {b.cast(x, common), b.cast(y, common)});
  const int axes[] = {axis};
  if (is_bool(common)) return b.graph().reduce(Reduction::any, products, axes);
  return b.cast(b.graph().reduce(Reduction::sum, b.cast(products, wide_dtype(common)), axes), common);
}

// Along the last axis of x, and the last but one of y if it has two or more.
NodeId product(Binder& b, std::string_view name, NodeId x, NodeId y, Span span) {
  const Shape left = b.shape(x), right = b.shape(y);
  if (left.size() > 1 && right.size() > 1)
    fail(ErrorCode::unsupported, span, "{} takes a vector and a matrix in this version, not arrays of shapes {} and {}",
         name, to_string(left), to_string(right));
  const size_t along = right.size() > 1 ? right.size() - 2 : 0;
  if (left.back() != right[along])
    fail(ErrorCode::shape, span, "{}: shapes {} and {} are not aligned", name, to_string(left), to_string(right));
  if (right.size() == 1) return product_sum(b, x, y, static_cast<int>(left.size()) - 1);
  return product_sum(b, insert_axes(b, x, {1}), y, static_cast<int>(along));
}

// dot and inner with a number are a multiplication.
Value dot(Binder& b, const Arguments& args, NodeId x, NodeId y) {
  if (b.rank(x) == 0 || b.rank(y) == 0)
    return Binder::array(b.apply(Op::multiply, {Binder::array(x), Binder::array(y)}, args.span));
  return Binder::array(product(b, fmt::format("{}()", args.function->name), x, y, args.span));
}

Value call_dot(Binder& b, const Arguments& args) { return dot(b, args, b.node_of(args["a"]), b.node_of(args["b"])); }

// inner goes along the last axes of both.
Value call_inner(Binder& b, const Arguments& args) {
  const NodeId x = b.node_of(args["a"]), y = b.node_of(args["b"]);
  return b.rank(x) == 1 && b.rank(y) > 1 ? dot(b, args, y, x) : dot(b, args, x, y);
}

// vdot flattens its operands, numbers included.
Value call_vdot(Binder& b, const Arguments& args) {
  const auto flat = [&](const Value& value) {
    const NodeId node = b.node_of(value);
    return b.graph().reshape(node, {element_count(b.shape(node))});
  };
  return dot(b, args, flat(args["a"]), flat(args["b"]));
}

Value call_matmul(Binder& b, const Arguments& args) {
  if (const Value* out = args.given("out"))
    fail(ErrorCode::unsupported, out->span,
         "matmul() takes no `out` in a text: the caller chooses where the result is stored");
  return b.matmul("matmul()", args["x1"], args["x2"], args.span);
}

constexpr FunctionRow product_rows[] = {
    {"dot", "a b out=", call_dot,
     "the sum of products of two vectors, or of a vector and the rows or columns of a matrix"},
    {"vdot", "a b /", call_vdot, "the sum of products of all elements of a and b"},
    {"inner", "a b /", call_inner, "the sums of products along the last axes of a and b, one of which is a vector"},
    {"matmul", "x1 x2 / out=", call_matmul, "the matrix product, of which one operand is a vector; also a @ b"},
};

}  // namespace

Value Binder::matmul(std::string_view name, const Value& a, const Value& b, Span span) {
  const NodeId x = node_of(a), y = node_of(b);
  if (rank(x) == 0 || rank(y) == 0)
    fail(ErrorCode::shape, span, "{} takes arrays of at least one dimension, not numbers", name);
  return array(product(*this, name, x, y, span));
}

std::span<const FunctionRow> product_functions() { return product_rows; }

}  // namespace fuseval::frontend
