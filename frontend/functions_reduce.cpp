// Reductions, composed from those of the graph (ir/ops.hpp, enum Reduction) with NumPy's dtypes, identities and errors.
#include <algorithm>
#include <cmath>
#include <limits>

#include "frontend/functions.hpp"

namespace fuseval::frontend {
namespace {

constexpr double infinite_order = std::numeric_limits<double>::infinity();

/// What is reduced: the operand, its axes, and where= (absent when everything counts).
struct Task {
  NodeId source;
  std::vector<int> axes;
  int rank;
  bool keepdims;
  std::optional<NodeId> mask;
};

std::optional<NodeId> mask_of(Binder& b, const Arguments& args, NodeId source) {
  const Value* where = args.find("where");
  const bool is_python_bool = where && where->is_weak() && where->scalar.is_bool();
  if (!where || (is_python_bool && b.decide(*where))) return std::nullopt;
  if (!where->is_array() && !is_python_bool)
    fail(ErrorCode::dtype, where->span, "where= must be bool, not {}", describe(*where));
  const NodeId mask = b.node_of(*where);
  if (!is_bool(b.dtype(mask)))
    fail(ErrorCode::dtype, where->span, "where= must be bool, not {}", name_of(b.dtype(mask)));
  const Shape all = broadcast_shapes(b.shape(source), b.shape(mask));
  if (all != b.shape(source))
    fail(ErrorCode::shape, where->span, "where= of shape {} does not fit the operand of shape {}",
         to_string(b.shape(mask)), to_string(b.shape(source)));
  return mask;
}

Task task_of(Binder& b, const Arguments& args, bool forgives_rank_0 = true, std::string_view operand = "a") {
  if (const Value* out = args.given("out"))
    fail(ErrorCode::unsupported, out->span,
         "{}() takes no `out` in a text: the caller chooses where the result is stored", args.function->name);
  const NodeId source = b.node_of(args[operand]);
  const Value* keepdims = args.find("keepdims");
  Task task{source,
            reduction_axes(b, args, b.rank(source), forgives_rank_0),
            b.rank(source),
            keepdims && b.static_bool(*keepdims, "keepdims"),
            {}};
  task.mask = mask_of(b, args, source);
  return task;
}

// Over no axes at all every element is its own result.
NodeId reduce(Binder& b, Reduction reduction, NodeId node, const Task& task) {
  return task.axes.empty() ? node : b.graph().reduce(reduction, node, task.axes);
}

Value finish(Binder& b, NodeId node, const Task& task) {
  return Binder::array(task.keepdims ? insert_axes(b, node, task.axes) : node);
}

// Elements that where= excludes become the identity.
NodeId masked(Binder& b, const Task& task, NodeId node, NodeId identity) {
  return task.mask ? b.emit(Op::where, {*task.mask, node, identity}) : node;
}

int64_t reduced_count(Binder& b, const Task& task) {
  int64_t count = 1;
  for (const int axis : task.axes) count *= b.shape(task.source)[static_cast<size_t>(axis)];
  return count;
}

Shape kept_shape(Binder& b, const Task& task) {
  Shape kept;
  for (int k = 0; k < task.rank; ++k)
    if (!std::binary_search(task.axes.begin(), task.axes.end(), k))
      kept.push_back(b.shape(task.source)[static_cast<size_t>(k)]);
  return kept;
}

DType accumulator_dtype(Binder& b, const Arguments& args, DType otherwise) {
  const Value* dtype = args.given("dtype");
  return dtype ? b.static_dtype(*dtype) : otherwise;
}

// sum and prod in bool are any and all.
NodeId sum_of(Binder& b, NodeId node, const Task& task) {
  const DType dtype = b.dtype(node);
  if (is_bool(dtype)) return reduce(b, Reduction::any, masked(b, task, node, b.constant_of(dtype, 0)), task);
  return reduce(b, Reduction::sum,
                masked(b, task, node, b.constant(dtype, is_float(dtype) ? weak_float(-0.0) : weak_integer(0))), task);
}

// A sum with where= starts from +0.0, as in NumPy: one that selects nothing, or only -0.0, is +0.0 and not the
// identity.
NodeId from_zero(Binder& b, NodeId sum, const Task& task) {
  const DType dtype = b.dtype(sum);
  return task.mask && is_float(dtype) ? b.emit(Op::add, {sum, b.constant(dtype, 0.0)}) : sum;
}

NodeId prod_of(Binder& b, NodeId node, const Task& task) {
  const DType dtype = b.dtype(node);
  const NodeId factors = masked(b, task, node, b.constant_of(dtype, 1));
  return reduce(b, is_bool(dtype) ? Reduction::all : Reduction::prod, factors, task);
}

// NumPy converts a scalar as Python would: one that is NaN or out of the integer dtype's range is an error, which the
// call finds. Its arrays of rank 0, which fuseval does not tell from scalars, wrap there.
void require_integer_range(Binder& b, const Value& given, DType dtype) {
  if (!given.is_array() || !is_integer(dtype) || can_cast(b.dtype(given.node), dtype, Casting::safe)) return;
  const bool is_real = is_float(b.dtype(given.node));
  const Value number = is_real ? Binder::array(b.emit(Op::trunc, {given.node})) : given;
  const Integer span = Integer::truncated(std::ldexp(1.0, 8 * size_of(dtype) - (is_signed(dtype) ? 1 : 0)));
  const Value lowest = Binder::number(weak_integer(is_signed(dtype) ? -span : Integer(0)));
  const NodeId above = b.compare(Op::greater_equal, number, lowest, given.span);
  const NodeId below = b.compare(Op::less, number, Binder::number(weak_integer(span)), given.span);
  const NodeId inside = b.emit(Op::bitwise_and, {above, below});
  b.add_check(b.emit(Op::logical_not, {inside}), fmt::format("initial= does not fit in {}", name_of(dtype)),
              given.span);
}

// initial=, as an element of the accumulator.
std::optional<NodeId> initial_of(Binder& b, const Arguments& args, DType dtype) {
  const Value* given = args.given("initial");
  if (!given) return std::nullopt;
  const NodeId initial = b.convert(*given, dtype);
  if (b.rank(initial) != 0) fail(ErrorCode::argument, given->span, "initial must be a scalar");
  require_integer_range(b, *given, dtype);
  return initial;
}

Value fold_sum(Binder& b, const Arguments& args, NodeId (*total)(Binder&, NodeId, const Task&), Op join) {
  const Task task = task_of(b, args);
  const DType dtype = accumulator_dtype(b, args, wide_dtype(b.dtype(task.source)));
  const std::optional<NodeId> initial = initial_of(b, args, dtype);
  // The result over no elements is 0 or 1, and +0.0 + -0.0 is not the -0.0 that was given.
  if (initial && reduced_count(b, task) == 0) return finish(b, b.broadcast(*initial, kept_shape(b, task)), task);
  const NodeId result = total(b, b.cast(task.source, dtype), task);
  if (initial) return finish(b, b.emit(join, {result, *initial}), task);
  return finish(b, join == Op::add ? from_zero(b, result, task) : result, task);
}

Value call_sum(Binder& b, const Arguments& args) { return fold_sum(b, args, sum_of, Op::add); }
Value call_prod(Binder& b, const Arguments& args) { return fold_sum(b, args, prod_of, Op::multiply); }

NodeId extreme(Binder& b, const Task& task, NodeId node, bool is_max, const Arguments& args) {
  if (reduced_count(b, task) == 0)  // also when the result is empty, as in NumPy
    fail(ErrorCode::value, args.span, "zero-size array to reduction operation {} which has no identity",
         is_max ? "maximum" : "minimum");
  if (is_bool(b.dtype(node))) return reduce(b, is_max ? Reduction::any : Reduction::all, node, task);
  return reduce(b, is_max ? Reduction::max : Reduction::min, node, task);
}

Value fold_extreme(Binder& b, const Arguments& args, bool is_max) {
  const Task task = task_of(b, args);
  const std::optional<NodeId> initial = initial_of(b, args, b.dtype(task.source));
  if (task.mask && !initial)
    fail(ErrorCode::argument, args.span, "{}() has no identity: to use where= give initial=", args.function->name);
  if (!initial) return finish(b, extreme(b, task, task.source, is_max, args), task);
  if (reduced_count(b, task) == 0) return finish(b, b.broadcast(*initial, kept_shape(b, task)), task);
  const NodeId best = extreme(b, task, masked(b, task, task.source, *initial), is_max, args);
  return finish(b, b.emit(is_max ? Op::maximum : Op::minimum, {best, *initial}), task);
}

Value call_min(Binder& b, const Arguments& args) { return fold_extreme(b, args, false); }
Value call_max(Binder& b, const Arguments& args) { return fold_extreme(b, args, true); }

Value call_ptp(Binder& b, const Arguments& args) {
  const Task task = task_of(b, args);
  const NodeId high = extreme(b, task, task.source, true, args), low = extreme(b, task, task.source, false, args);
  return finish(b, b.apply(Op::subtract, {Binder::array(high), Binder::array(low)}, args.span), task);
}

Value fold_truth(Binder& b, const Arguments& args, Reduction reduction) {
  const Task task = task_of(b, args);
  const NodeId identity = b.constant(DType::bool_, weak_bool(reduction == Reduction::all));
  return finish(b, reduce(b, reduction, masked(b, task, b.truth(task.source), identity), task), task);
}

Value call_any(Binder& b, const Arguments& args) { return fold_truth(b, args, Reduction::any); }
Value call_all(Binder& b, const Arguments& args) { return fold_truth(b, args, Reduction::all); }

Value call_count_nonzero(Binder& b, const Arguments& args) {
  const Task task = task_of(b, args);
  return finish(b, reduce(b, Reduction::sum, b.cast(b.truth(task.source), DType::int64), task), task);
}

Value fold_arg(Binder& b, const Arguments& args, Reduction reduction) {
  const Value* axis = args.given("axis");
  if (axis && !axis->is_weak())
    fail(ErrorCode::argument, axis->span, "{}() takes one axis, not {}", args.function->name, describe(*axis));
  const Task task = task_of(b, args);
  if (reduced_count(b, task) == 0)
    fail(ErrorCode::value, args.span, "attempt to get {} of an empty sequence", args.function->name);
  if (task.axes.empty())
    return finish(b, b.broadcast(b.constant_of(DType::int64, 0), Shape(b.shape(task.source))), task);
  const NodeId source = is_bool(b.dtype(task.source)) ? b.cast(task.source, DType::uint8) : task.source;
  return finish(b, reduce(b, reduction, source, task), task);
}

Value call_argmin(Binder& b, const Arguments& args) { return fold_arg(b, args, Reduction::argmin); }
Value call_argmax(Binder& b, const Arguments& args) { return fold_arg(b, args, Reduction::argmax); }

// NumPy divides float32 sums by a 64-bit count, that is in float64, and rounds back. For a count that float32 holds
// exactly the second rounding changes nothing (53 >= 2*24 + 2), so that the division may run in float32.
NodeId divide_by(Binder& b, NodeId total, double count) {
  const DType dtype = b.dtype(total);
  const bool exact = dtype == DType::float64 || static_cast<double>(static_cast<float>(count)) == count;
  if (is_float(dtype) && exact) return b.emit(Op::divide, {total, b.constant(dtype, count)});
  return b.cast(b.emit(Op::divide, {b.cast(total, DType::float64), b.constant(DType::float64, count)}), dtype);
}

NodeId divide_by(Binder& b, NodeId total, NodeId count) {
  return b.cast(b.emit(Op::divide, {b.cast(total, DType::float64), count}), b.dtype(total));
}

DType mean_dtype(DType dtype) { return is_float(dtype) ? dtype : DType::float64; }

// How many elements where= lets through, as float64, one for each result.
NodeId count_masked(Binder& b, const Task& task) {
  const NodeId every = b.broadcast(b.cast(*task.mask, DType::int64), Shape(b.shape(task.source)));
  return b.cast(reduce(b, Reduction::sum, every, task), DType::float64);
}

NodeId mean_of(Binder& b, NodeId node, const Task& task) {
  const NodeId total = from_zero(b, sum_of(b, node, task), task);
  return task.mask ? divide_by(b, total, count_masked(b, task))
                   : divide_by(b, total, static_cast<double>(reduced_count(b, task)));
}

Value call_mean(Binder& b, const Arguments& args) {
  const Task task = task_of(b, args, false);
  const DType target = accumulator_dtype(b, args, mean_dtype(b.dtype(task.source)));
  if (is_float(target)) return finish(b, mean_of(b, b.cast(task.source, target), task), task);
  // NumPy adds up in the integer dtype itself, which wraps: the low bits of the wide sum.
  const NodeId total = b.cast(sum_of(b, b.cast(task.source, wide_dtype(target)), task), target);
  const NodeId count =
      task.mask ? count_masked(b, task) : b.constant(DType::float64, static_cast<double>(reduced_count(b, task)));
  return finish(b, b.cast(b.emit(Op::divide, {b.cast(total, DType::float64), count}), target), task);
}

// ddof= or correction=.
Value degrees_of_freedom(Binder& b, const Arguments& args) {
  const auto number = [&](std::string_view name) {
    const Value* given = args.find(name);
    if (!given) return Binder::number(weak_integer(0));
    if (!given->is_weak())
      fail(ErrorCode::argument, given->span, "{} must be a number, not {}", name, describe(*given));
    if (!given->scalar.is_float() && !b.decide_fits(*given, DType::int64))
      fail(ErrorCode::value, given->span, "{} does not fit in int64", name);
    return *given;
  };
  Value ddof = number("ddof");
  if (!args.find("correction")) return ddof;
  if (b.decide(Operator::not_equal, ddof, weak_integer(0)))
    fail(ErrorCode::argument, args["correction"].span, "ddof and correction cannot be given together: they are one");
  return number("correction");
}

// max(total - ddof, 0), in float64.
NodeId freedom_of(Binder& b, NodeId total, const Value& ddof) {
  const NodeId freedom = b.emit(Op::subtract, {total, b.convert(ddof, DType::float64)});
  return b.emit(Op::maximum, {freedom, b.constant(DType::float64, 0.0)});
}

// NumPy's own two passes: the mean, then the mean square of what is left. Used where moment2 has no masked form.
NodeId masked_variance(Binder& b, NodeId node, const Task& task, const Value& ddof) {
  const NodeId mean = insert_axes(b, mean_of(b, node, task), task.axes);
  const NodeId squares = b.emit(Op::square, {b.emit(Op::subtract, {node, mean})});
  return divide_by(b, sum_of(b, squares, task), freedom_of(b, count_masked(b, task), ddof));
}

NodeId variance(Binder& b, const Arguments& args, const Task& task) {
  const DType dtype = accumulator_dtype(b, args, mean_dtype(b.dtype(task.source)));
  if (!is_float(dtype))
    fail(ErrorCode::unsupported, args["dtype"].span, "{}() computes in a float dtype in this version, not {}",
         args.function->name, name_of(dtype));
  const NodeId node = b.cast(task.source, dtype);
  const Value ddof = degrees_of_freedom(b, args);
  if (task.mask) return masked_variance(b, node, task, ddof);
  const auto count = static_cast<double>(reduced_count(b, task));
  const NodeId squares = task.axes.empty() ? b.emit(Op::square, {b.emit(Op::subtract, {node, node})})
                                           : reduce(b, Reduction::moment2, node, task);
  if (ddof.follows_inputs()) return divide_by(b, squares, freedom_of(b, b.constant(DType::float64, count), ddof));
  return divide_by(b, squares, std::max(count - as_double(ddof.scalar), 0.0));
}

Value call_var(Binder& b, const Arguments& args) {
  const Task task = task_of(b, args, false);
  return finish(b, variance(b, args, task), task);
}

Value call_std(Binder& b, const Arguments& args) {
  const Task task = task_of(b, args, false);
  return finish(b, b.emit(Op::sqrt, {variance(b, args, task)}), task);
}

// numpy.linalg.norm's orders of vectors.
NodeId norm_of_order(Binder& b, const Arguments& args, const Task& task, const Value& order) {
  const DType dtype = b.dtype(task.source);
  const NodeId size = b.emit(Op::absolute, {task.source});
  const auto is = [&](double number) { return b.decide(Operator::equal, order, weak_float(number)); };
  const bool is_largest = is(infinite_order);
  if (is_largest || is(-infinite_order)) {
    if (is_largest && reduced_count(b, task) == 0) return b.broadcast(b.constant(dtype, 0.0), kept_shape(b, task));
    return extreme(b, task, size, is_largest, args);
  }
  if (is(0)) return sum_of(b, b.cast(b.truth(task.source), dtype), task);
  if (is(1)) return sum_of(b, size, task);
  const NodeId total = sum_of(b, b.power(Binder::array(size), order, true, args.span), task);
  const NodeId root = b.emit(Op::divide, {b.constant(dtype, 1.0), b.convert(order, dtype)});
  return b.emit(Op::power, {total, root});
}

// A norm of matrices that is the extreme sum of a row or a column: 1 and -1 (columns), inf and -inf (rows).
std::optional<NodeId> extreme_sum_norm(Binder& b, const Arguments& args, const Task& task, const Value& order) {
  const auto is = [&](double number) { return b.decide(Operator::equal, order, weak_float(number)); };
  const bool by_rows = is(infinite_order) || is(-infinite_order);
  if (!by_rows && !is(1) && !is(-1)) return std::nullopt;
  // Axes that are given in falling order are the columns and the rows.
  const Value* axes = args.given("axis");
  const auto axis = [&](size_t k) { return normalise_axis(b.static_integer(axes->items[k], "an axis"), task.rank); };
  const bool is_falling = axes && axis(0) > axis(1);
  Task summed = task, extremes = task;
  summed.axes = {task.axes[by_rows != is_falling ? 1 : 0]};
  const NodeId sums = sum_of(b, b.emit(Op::absolute, {task.source}), summed);
  const int kept = task.axes[by_rows != is_falling ? 0 : 1];
  extremes.source = sums;
  extremes.rank = task.rank - 1;
  extremes.axes = {kept - (kept > summed.axes[0] ? 1 : 0)};
  const bool is_largest = is(1) || is(infinite_order);
  if (is_largest && reduced_count(b, extremes) == 0)
    return b.broadcast(b.constant(b.dtype(sums), 0.0), kept_shape(b, extremes));
  return extreme(b, extremes, sums, is_largest, args);
}

// ord= over two axes: those norms that need no singular values.
NodeId matrix_norm(Binder& b, const Arguments& args, const Task& task, const Value& order) {
  if (order.kind == ValueKind::string && order.text == "fro")
    return b.emit(Op::sqrt, {sum_of(b, b.emit(Op::square, {task.source}), task)});
  if (order.is_weak())
    if (const auto norm = extreme_sum_norm(b, args, task, order)) return *norm;
  const bool is_spectral = order.kind == ValueKind::string
                               ? order.text == "nuc"
                               : order.is_weak() && (b.decide(Operator::equal, order, weak_integer(2)) ||
                                                     b.decide(Operator::equal, order, weak_integer(-2)));
  if (is_spectral)
    fail(ErrorCode::unsupported, order.span,
         "norms of matrices by singular values (ord=2, -2, 'nuc') are not available in this version");
  fail(ErrorCode::value, order.span, "a norm of matrices has the order 'fro', 1, -1, inf or -inf");
}

Value call_norm(Binder& b, const Arguments& args) {
  Task task = task_of(b, args, false, "x");
  task.source = b.cast(task.source, mean_dtype(b.dtype(task.source)));
  if (args.given("axis") && task.axes.size() != 1 && task.axes.size() != 2)
    fail(ErrorCode::axis, args["axis"].span, "norm() goes along one axis, two, or with axis=None all of them");
  const Value* given = args.given("ord");
  if (given && task.axes.size() == 2) return finish(b, matrix_norm(b, args, task, *given), task);
  if (given && !given->is_weak())
    fail(ErrorCode::argument, given->span, "ord must be a number, not {}", describe(*given));
  if (given && task.axes.size() != 1)
    fail(ErrorCode::value, given->span, "norm() takes ord= along one axis or over two, not over {}", task.axes.size());
  if (given && !b.decide(Operator::equal, *given, weak_integer(2)))
    return finish(b, norm_of_order(b, args, task, *given), task);
  return finish(b, b.emit(Op::sqrt, {sum_of(b, b.emit(Op::square, {task.source}), task)}), task);
}

Value call_trace(Binder& b, const Arguments& args) {
  const NodeId a = b.node_of(args["a"]);
  const auto integer = [&](std::string_view name, int64_t otherwise) {
    const Value* value = args.find(name);
    return value ? b.static_integer(*value, name) : otherwise;
  };
  if (b.rank(a) < 2) fail(ErrorCode::shape, args.span, "trace() takes an array of at least two dimensions");
  const int axis1 = normalise_axis(integer("axis1", 0), b.rank(a)),
            axis2 = normalise_axis(integer("axis2", 1), b.rank(a));
  const NodeId diagonal = diagonal_of(b, a, integer("offset", 0), axis1, axis2);
  const Task task{diagonal, {b.rank(diagonal) - 1}, b.rank(diagonal), false, {}};
  return Binder::array(sum_of(b, b.cast(diagonal, accumulator_dtype(b, args, wide_dtype(b.dtype(a)))), task));
}

constexpr FunctionRow reduction_rows[] = {
    {"sum", "a axis= dtype= out= keepdims= initial= where=", call_sum, "the sum over axes"},
    {"prod", "a axis= dtype= out= keepdims= initial= where=", call_prod, "the product over axes"},
    {"min", "a axis= out= keepdims= initial= where=", call_min, "the least element over axes"},
    {"max", "a axis= out= keepdims= initial= where=", call_max, "the greatest element over axes"},
    {"amin", "a axis= out= keepdims= initial= where=", call_min, "the least element over axes"},
    {"amax", "a axis= out= keepdims= initial= where=", call_max, "the greatest element over axes"},
    {"ptp", "a axis= out= keepdims=", call_ptp, "the greatest less the least element over axes"},
    {"any", "a axis= out= keepdims= * where=", call_any, "whether any element is true (not 0)"},
    {"all", "a axis= out= keepdims= * where=", call_all, "whether all elements are true (not 0)"},
    {"count_nonzero", "a axis= * keepdims=", call_count_nonzero, "how many elements are not 0"},
    {"argmin", "a axis= out= * keepdims=", call_argmin, "the index of the least element; the first of equals"},
    {"argmax", "a axis= out= * keepdims=", call_argmax, "the index of the greatest element; the first of equals"},
    {"mean", "a axis= dtype= out= keepdims= * where=", call_mean, "the arithmetic mean over axes"},
    {"var", "a axis= dtype= out= ddof= keepdims= * where= correction=", call_var,
     "the variance over axes: the mean squared deviation, or with ddof=1 the sample variance"},
    {"std", "a axis= dtype= out= ddof= keepdims= * where= correction=", call_std,
     "the standard deviation over axes: the square root of var"},
    {"norm", "x ord= axis= keepdims=", call_norm,
     "the square root of the sum of squares, or with ord=p along an axis the p-norm"},
    {"trace", "a offset= axis1= axis2= dtype= out=", call_trace, "the sum along a diagonal"},
};

}  // namespace

DType wide_dtype(DType dtype) { return is_unsigned(dtype) ? DType::uint64 : is_float(dtype) ? dtype : DType::int64; }

std::span<const FunctionRow> reduction_functions() { return reduction_rows; }

}  // namespace fuseval::frontend
