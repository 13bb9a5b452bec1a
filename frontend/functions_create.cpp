// Arrays from nothing: constants, and functions of the index, with NumPy's float arithmetic step by step.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "frontend/functions.hpp"
#include "frontend/literal_arrays.hpp"

namespace fuseval::frontend {
namespace {

DType dtype_argument(Binder& b, const Arguments& args, DType otherwise) {
  const Value* dtype = args.given("dtype");
  return dtype ? b.static_dtype(*dtype) : otherwise;
}

Value filled(Binder& b, const Arguments& args, int64_t value) {
  const DType dtype = dtype_argument(b, args, DType::float64);
  return Binder::array(b.broadcast(b.constant_of(dtype, value), b.static_shape(args["shape"])));
}

Value call_zeros(Binder& b, const Arguments& args) { return filled(b, args, 0); }
Value call_ones(Binder& b, const Arguments& args) { return filled(b, args, 1); }

Value call_array(Binder& b, const Arguments& args) {
  const Value* dtype = args.given("dtype");
  const Value made = b.as_array(*args.values[0], dtype ? std::optional(b.static_dtype(*dtype)) : std::nullopt);
  const Value* least = args.find("ndmin");
  const int64_t missing = least ? b.static_integer(*least, "ndmin") - b.rank(made.node) : 0;
  if (missing <= 0) return made;
  if (missing > max_rank - b.rank(made.node)) fail(ErrorCode::limit, least->span, "ndmin must be at most {}", max_rank);
  Shape shape = b.shape(made.node);
  shape.insert(shape.begin(), static_cast<size_t>(missing), 1);
  return Binder::array(b.broadcast(made.node, shape));
}

// The dtype of numpy.asarray(value).
DType dtype_of_fill(Binder& b, const Value& value) {
  const OperandType type = b.type_of(value);
  return type.is_weak ? b.number_dtype(value).value_or(DType::int64) : type.dtype;
}

Value call_full(Binder& b, const Arguments& args) {
  const Value& fill = args["fill_value"];
  const DType dtype = dtype_argument(b, args, dtype_of_fill(b, fill));
  return Binder::array(b.broadcast(b.convert(fill, dtype), b.static_shape(args["shape"])));
}

// ---- arange: start + i*delta in the dtype, where delta is (start + step) - start there, as NumPy fills

const WeakScalar& bound_of(Binder& b, const Value& value) {
  if (!value.is_weak())
    fail(ErrorCode::argument, value.span, "arange() takes numbers that are known before the program runs, not {}",
         describe(value));
  return b.fold(value);
}

int64_t arange_length(const WeakScalar& start, const WeakScalar& stop, const WeakScalar& step, Span span) {
  const WeakScalar distance = fold_binary(Operator::subtract, stop, start);
  const double steps = fold_binary(Operator::divide, distance, step).real;
  if (std::isnan(steps)) fail(ErrorCode::value, span, "arange: cannot compute length");
  if (steps == 0 && truth(distance)) return std::signbit(steps) ? 0 : 1;  // the quotient underflowed
  const double length = std::ceil(steps);
  if (length >= 0x1p62 || std::isinf(length)) fail(ErrorCode::memory, span, "arange: maximum allowed size exceeded");
  return length > 0 ? static_cast<int64_t>(length) : 0;
}

// Whether start + (next - start) is next in the dtype: NumPy stores the second element, it does not compute it.
template <class T>
bool returns(double start, double next) {
  const T first = static_cast<T>(start), second = static_cast<T>(next);
  const T delta = second - first;
  return std::isnan(second) || static_cast<T>(first + delta) == second;
}

NodeId arange_values(Binder& b, NodeId start, NodeId next, int64_t length, bool second_is_exact) {
  const DType dtype = b.dtype(start);
  const NodeId index = b.graph().index({length}, 0);
  if (is_bool(dtype))
    return b.emit(Op::where, {b.emit(Op::equal, {index, b.constant_of(DType::int64, 0)}), start, next});
  const NodeId delta = b.emit(Op::subtract, {next, start});
  const NodeId values = b.emit(Op::add, {start, b.emit(Op::multiply, {b.cast(index, dtype), delta})});
  if (second_is_exact) return values;
  return b.emit(Op::where, {b.emit(Op::equal, {index, b.constant_of(DType::int64, 1)}), next, values});
}

Value call_arange(Binder& b, const Arguments& args) {
  const Value *first = args.given("start"), *last = args.given("stop"), *by = args.given("step");
  if (!first && (!last || args.find("start")))
    fail(ErrorCode::argument, args.span, "arange() is missing its argument '{}'", last ? "start" : "stop");
  const WeakScalar start = last && first ? bound_of(b, *first) : weak_integer(0);
  const WeakScalar stop = bound_of(b, last ? *last : *first);
  const WeakScalar step = by ? bound_of(b, *by) : weak_integer(1);
  const bool floats = start.is_float() || stop.is_float() || step.is_float();
  const DType dtype = dtype_argument(b, args, floats ? DType::float64 : DType::int64);
  const int64_t length = arange_length(start, stop, step, args.span);
  if (is_bool(dtype) && length > 2)
    fail(ErrorCode::dtype, args.span, "arange() is only supported for booleans when the result has at most length 2");
  const WeakScalar next = fold_binary(Operator::add, start, step);
  const NodeId head = b.convert(Binder::number(start, args.span), dtype);
  if (length < 2) return Binder::array(b.broadcast(head, {length}));
  const bool exact = dtype == DType::float64   ? returns<double>(as_double(start), as_double(next))
                     : dtype == DType::float32 ? returns<float>(as_double(start), as_double(next))
                                               : true;
  return Binder::array(arange_values(b, head, b.convert(Binder::number(next, args.span), dtype), length, exact));
}

// ---- linspace (numpy/_core/function_base.py): i*step + start, the last one replaced by stop

struct Line {
  NodeId start, stop;
  DType dtype;
  int64_t count, gaps;
};

NodeId line_index(Binder& b, const Line& line) {
  Shape shape(static_cast<size_t>(std::max(b.rank(line.start), b.rank(line.stop))) + 1, 1);
  shape[0] = line.count;
  return b.graph().index(shape, 0);
}

// When any step is 0 (or underflows), NumPy divides the index first.
NodeId line_values(Binder& b, const Line& line, NodeId index, NodeId step, NodeId delta) {
  const NodeId y = b.cast(index, line.dtype);
  if (line.gaps <= 0) return b.emit(Op::multiply, {y, delta});
  const NodeId gaps = b.constant_of(line.dtype, line.gaps);
  const NodeId careful = b.emit(Op::multiply, {b.emit(Op::divide, {y, gaps}), delta});
  NodeId any_zero = b.emit(Op::equal, {step, b.constant(line.dtype, 0.0)});
  if (b.rank(any_zero) > 0) {
    std::vector<int> axes;
    for (int k = 0; k < b.rank(any_zero); ++k) axes.push_back(k);
    any_zero = b.graph().reduce(Reduction::any, any_zero, axes);
  }
  return b.emit(Op::where, {any_zero, careful, b.emit(Op::multiply, {y, step})});
}

Line line_of(Binder& b, const Arguments& args) {
  const Value *num = args.find("num"), *endpoint = args.find("endpoint");
  const int64_t count = num ? b.static_integer(*num, "num") : 50;
  if (count < 0) fail(ErrorCode::value, num->span, "the number of samples, {}, must not be negative", count);
  if (const Value* axis = args.find("axis"); axis && b.static_integer(*axis, "axis") != 0)
    fail(ErrorCode::unsupported, axis->span, "linspace() puts samples along axis 0 in this version");
  const std::array types = {b.type_of(args["start"]), b.type_of(args["stop"]), weak(Kind::floating)};
  const DType dtype = common_dtype(types);
  return {b.convert(args["start"], dtype), b.convert(args["stop"], dtype), dtype, count,
          !endpoint || b.static_bool(*endpoint, "endpoint") ? count - 1 : count};
}

Value call_linspace(Binder& b, const Arguments& args) {
  const Line line = line_of(b, args);
  const bool endpoint = line.gaps < line.count;
  const DType target = dtype_argument(b, args, line.dtype);
  const NodeId delta = b.emit(Op::subtract, {line.stop, line.start});
  const NodeId step = line.gaps > 0 ? b.emit(Op::divide, {delta, b.constant_of(line.dtype, line.gaps)})
                                    : b.broadcast(b.constant(line.dtype, std::numeric_limits<double>::quiet_NaN()),
                                                  Shape(b.shape(delta)));
  const NodeId index = line_index(b, line);
  NodeId y = b.emit(Op::add, {line_values(b, line, index, step, delta), line.start});
  if (endpoint && line.count > 1)
    y = b.emit(Op::where, {b.emit(Op::equal, {index, b.constant_of(DType::int64, line.count - 1)}), line.stop, y});
  if (is_integer(target)) y = b.emit(Op::floor, {y});
  y = b.cast(y, target);
  const Value* retstep = args.find("retstep");
  if (retstep && b.static_bool(*retstep, "retstep")) return Binder::tuple({Binder::array(y), Binder::array(step)});
  return Binder::array(y);
}

// ---- functions of two indices

// column - row <= k (tri), or == k (eye), as bool.
NodeId band(Binder& b, const Shape& shape, NodeId k, Op op) {
  const int rank = static_cast<int>(shape.size());
  const NodeId row = b.graph().index(shape, rank - 2), column = b.graph().index(shape, rank - 1);
  return b.emit(op, {b.emit(Op::subtract, {column, row}), k});
}

// The number of a diagonal.
NodeId diagonal_argument(Binder& b, const Arguments& args) {
  const Value* k = args.find("k");
  if (!k) return b.constant_of(DType::int64, 0);
  b.require_int64(*k, "k");
  return b.convert(*k, DType::int64);
}

Value matrix(Binder& b, const Arguments& args, const Shape& shape, NodeId k, Op op) {
  return Binder::array(b.cast(band(b, shape, k, op), dtype_argument(b, args, DType::float64)));
}

Shape matrix_shape(Binder& b, const Value& rows, const Value& columns) {
  return b.static_shape(Binder::tuple({rows, columns}, rows.span));
}

// NumPy's eye() accepts any int for a diagonal beyond the last column.
NodeId diagonal_of_eye(Binder& b, const Arguments& args) {
  const Value* k = args.find("k");
  const bool is_large = k && k->is_weak() && !k->scalar.is_float() && !b.decide_fits(*k, DType::int64);
  if (!is_large) return diagonal_argument(b, args);
  return b.constant_of(DType::int64, b.decide(Operator::less, *k, weak_integer(0)) ? INT64_MIN : INT64_MAX);
}

Value call_eye(Binder& b, const Arguments& args) {
  const Value &rows = args["N"], *columns = args.given("M");
  return matrix(b, args, matrix_shape(b, rows, columns ? *columns : rows), diagonal_of_eye(b, args), Op::equal);
}

Value call_tri(Binder& b, const Arguments& args) {
  const int64_t rows = std::max<int64_t>(b.static_integer(args["N"], "N"), 0);
  const Value* M = args.given("M");
  const int64_t columns = M ? std::max<int64_t>(b.static_integer(*M, "M"), 0) : rows;
  return matrix(b, args, {rows, columns}, diagonal_argument(b, args), Op::less_equal);
}

Value call_identity(Binder& b, const Arguments& args) {
  return matrix(b, args, matrix_shape(b, args["n"], args["n"]), b.constant_of(DType::int64, 0), Op::equal);
}

// A vector is repeated into a square, as in NumPy.
Value triangle(Binder& b, const Arguments& args, bool lower) {
  const NodeId m = b.node_of(args["m"]);
  const Shape source = b.shape(m);
  if (source.empty())
    fail(ErrorCode::shape, args.span, "{}() takes an array of at least one dimension", args.function->name);
  const int64_t last = source.back();
  const Shape mask_shape = {source.size() == 1 ? last : source[source.size() - 2], last};
  const NodeId k = diagonal_argument(b, args);
  const NodeId keep = lower ? band(b, mask_shape, k, Op::less_equal) : band(b, mask_shape, k, Op::greater_equal);
  return Binder::array(b.emit(Op::where, {keep, m, b.constant_of(b.dtype(m), 0)}));
}

Value call_tril(Binder& b, const Arguments& args) { return triangle(b, args, true); }
Value call_triu(Binder& b, const Arguments& args) { return triangle(b, args, false); }

// One array whose first axis chooses the dimension that is counted; with sparse=True a tuple of thin ones.
Value call_indices(Binder& b, const Arguments& args) {
  if (!args["dimensions"].is_sequence())
    fail(ErrorCode::argument, args["dimensions"].span, "indices() takes a tuple of extents, not {}",
         describe(args["dimensions"]));
  const Shape extents = b.static_shape(args["dimensions"]);
  // dtype=None is that of numpy.empty, or for sparse arrays that of arange.
  const Value* sparse = args.find("sparse");
  const bool is_sparse = sparse && b.static_bool(*sparse, "sparse");
  const DType dtype = dtype_argument(b, args, args.find("dtype") && !is_sparse ? DType::float64 : DType::int64);
  const int count = static_cast<int>(extents.size());
  if (is_sparse) {
    std::vector<Value> axes;
    for (int k = 0; k < count; ++k) {
      Shape thin(extents.size(), 1);
      thin[static_cast<size_t>(k)] = extents[static_cast<size_t>(k)];
      axes.push_back(Binder::array(b.cast(b.graph().index(thin, k), dtype)));
    }
    return Binder::tuple(std::move(axes));
  }
  Shape shape = extents;
  shape.insert(shape.begin(), count);
  if (count == 0) return Binder::array(b.broadcast(b.constant_of(dtype, 0), shape));
  const NodeId which = b.graph().index(shape, 0);
  NodeId result = b.graph().index(shape, count);
  for (int k = count - 1; k-- > 0;)
    result = b.emit(
        Op::where, {b.emit(Op::equal, {which, b.constant_of(DType::int64, k)}), b.graph().index(shape, k + 1), result});
  return Binder::array(b.cast(result, dtype));
}

constexpr FunctionRow creation_rows[] = {
    {"zeros", "shape dtype= order=", call_zeros, "an array of zeros"},
    {"ones", "shape dtype= order=", call_ones, "an array of ones"},
    {"array", "object dtype= * copy= order= subok= ndmin=", call_array, "an array of a list, a number or an array"},
    {"asarray", "a dtype= order= * copy=", call_array, "an array of a list, a number or an array"},
    {"full", "shape fill_value dtype= order=", call_full, "an array of one value"},
    {"arange", "start= stop= step= dtype=", call_arange, "start, start + step … below stop"},
    {"linspace", "start stop num= endpoint= retstep= dtype= axis=", call_linspace,
     "num values from start to stop, evenly apart"},
    {"eye", "N M= k= dtype= order=", call_eye, "N x M, ones on the k-th diagonal, else 0"},
    {"identity", "n dtype=", call_identity, "the n x n identity matrix"},
    {"tri", "N M= k= dtype=", call_tri, "N x M, ones on and below the k-th diagonal, else 0"},
    {"tril", "m k=", call_tril, "m with what is above the k-th diagonal set to 0"},
    {"triu", "m k=", call_triu, "m with what is below the k-th diagonal set to 0"},
    {"indices", "dimensions dtype= sparse=", call_indices, "the index of each element along each axis, axis by axis"},
};

}  // namespace

std::span<const FunctionRow> creation_functions() { return creation_rows; }

}  // namespace fuseval::frontend
