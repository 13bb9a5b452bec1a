// Elementwise functions that are composed from operations of the table, with NumPy's arithmetic step by step.
#include <cmath>
#include <limits>
#include <numbers>

#include "frontend/functions.hpp"

namespace fuseval::frontend {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Value call_positive(Binder& b, const Arguments& args) { return Binder::array(b.positive(args["x"], args.span)); }

// The operand in the float dtype that a float-only ufunc computes it in.
NodeId inexact_operand(Binder& b, const Arguments& args, const Value& value) {
  const OperandType type = b.type_of(value);
  const DType loop = inexact_dtype(std::span(&type, 1));
  if (!is_computed(loop))
    fail(ErrorCode::unsupported, args.span,
         "`{}` of {} has dtype {} in NumPy, which this version does not compute; convert first, as in {}(float32(a))",
         args.function->name, describe(type), name_of(loop), args.function->name);
  return b.convert(value, loop);
}

Value call_fabs(Binder& b, const Arguments& args) {
  return Binder::array(b.emit(Op::absolute, {inexact_operand(b, args, args["x"])}));
}

Value call_float_power(Binder& b, const Arguments& args) {
  const NodeId base = b.convert(args["x1"], DType::float64);
  return Binder::array(
      b.power(Binder::array(base, args["x1"].span),
              args["x2"].is_weak() ? args["x2"] : Binder::array(b.convert(args["x2"], DType::float64), args["x2"].span),
              false, args.span));
}

// NumPy multiplies by a constant that is itself one division in the loop's dtype.
Value scaled(Binder& b, const Arguments& args, double numerator, double denominator) {
  const NodeId x = inexact_operand(b, args, args["x"]);
  const DType dtype = b.dtype(x);
  const double factor = dtype == DType::float32 ? static_cast<float>(numerator) / static_cast<float>(denominator)
                                                : numerator / denominator;
  return Binder::array(b.emit(Op::multiply, {x, b.constant(dtype, factor)}));
}

Value call_degrees(Binder& b, const Arguments& args) { return scaled(b, args, 180.0, std::numbers::pi); }
Value call_radians(Binder& b, const Arguments& args) { return scaled(b, args, std::numbers::pi, 180.0); }

Value call_divmod(Binder& b, const Arguments& args) {
  const NodeId quotient = b.apply(Op::floor_divide, {args["x1"], args["x2"]}, args.span);
  const NodeId rest = b.apply(Op::remainder, {args["x1"], args["x2"]}, args.span);
  return Binder::tuple({Binder::array(quotient), Binder::array(rest)});
}

// The fraction has the sign of x, and is 0 for an infinity.
Value call_modf(Binder& b, const Arguments& args) {
  const NodeId x = inexact_operand(b, args, args["x"]);
  const NodeId whole = b.emit(Op::trunc, {x});
  const NodeId difference = b.emit(Op::subtract, {x, whole});
  const NodeId fraction = b.emit(Op::where, {b.emit(Op::isinf, {x}), b.constant(b.dtype(x), 0.0), difference});
  return Binder::tuple({Binder::array(b.emit(Op::copysign, {fraction, x})), Binder::array(whole)});
}

Value call_frexp(Binder& b, const Arguments& args) {
  const NodeId x = inexact_operand(b, args, args["x"]);
  return Binder::tuple(
      {Binder::array(b.emit(Op::frexp_mantissa, {x})), Binder::array(b.emit(Op::frexp_exponent, {x}))});
}

/// The argument decimals= of round().
struct Decimals {
  enum class Sign : uint8_t { negative, zero, positive };
  Sign sign = Sign::zero;
  Value scale;  ///< 10**abs(decimals), a Python float
};

Decimals decimals_of(Binder& b, const Value* given) {
  if (!given) return {};
  b.require_int64(*given, "decimals");
  if (b.decide(Operator::equal, *given, weak_integer(0))) return {};
  const bool is_negative = b.decide(Operator::less, *given, weak_integer(0));
  const Value digits = b.weak_unary(is_negative ? Operator::negative : Operator::positive, *given);
  const bool overflows = b.decide(Operator::greater, digits, weak_integer(308));
  return {is_negative ? Decimals::Sign::negative : Decimals::Sign::positive,
          overflows ? Binder::number(weak_float(infinity))
                    : b.weak_binary(Operator::power, Binder::number(weak_float(10)), digits)};
}

// Integers round to tens only when decimals is negative, by way of float64; what then leaves their range saturates.
NodeId round_integers(Binder& b, NodeId x, const Decimals& decimals) {
  if (decimals.sign != Decimals::Sign::negative) return x;
  const NodeId factor = b.convert(decimals.scale, DType::float64);
  const NodeId tens = b.emit(Op::rint, {b.emit(Op::divide, {b.cast(x, DType::float64), factor})});
  return b.cast(b.emit(Op::multiply, {tens, factor}), b.dtype(x));
}

Value call_round(Binder& b, const Arguments& args) {
  if (args.given("out")) fail(ErrorCode::unsupported, args["out"].span, "round() takes no `out` in a text");
  const Decimals decimals = decimals_of(b, args.find("decimals"));
  const OperandType type = b.type_of(args["a"]);
  const DType dtype = type.is_weak ? default_dtype(type.kind) : type.dtype;
  if (is_integer(dtype)) return Binder::array(round_integers(b, b.node_of(args["a"]), decimals));
  const NodeId x = inexact_operand(b, args, args["a"]);
  if (decimals.sign == Decimals::Sign::zero) return Binder::array(b.emit(Op::rint, {x}));
  const NodeId factor = b.convert(decimals.scale, dtype);
  const bool is_positive = decimals.sign == Decimals::Sign::positive;
  const Op up = is_positive ? Op::multiply : Op::divide, down = is_positive ? Op::divide : Op::multiply;
  return Binder::array(b.emit(down, {b.emit(Op::rint, {b.emit(up, {x, factor})}), factor}));
}

Value call_heaviside(Binder& b, const Arguments& args) {
  const OperandType types[2] = {b.type_of(args["x1"]), b.type_of(args["x2"])};
  const DType loop = inexact_dtype(types);
  if (!is_computed(loop))
    fail(ErrorCode::unsupported, args.span,
         "`heaviside` of ({}, {}) has dtype {} in NumPy, which this version does not compute", describe(types[0]),
         describe(types[1]), name_of(loop));
  const NodeId x = b.convert(args["x1"], loop), middle = b.convert(args["x2"], loop);
  const NodeId zero = b.constant(loop, 0.0), one = b.constant(loop, 1.0);
  const NodeId at_zero = b.emit(Op::where, {b.emit(Op::equal, {x, zero}), middle, x});  // x here is a NaN
  const NodeId positive = b.emit(Op::where, {b.emit(Op::greater, {x, zero}), one, at_zero});
  return Binder::array(b.emit(Op::where, {b.emit(Op::less, {x, zero}), zero, positive}));
}

Value equals_infinity(Binder& b, const Arguments& args, double which) {
  const NodeId x = b.node_of(args["x"]);
  if (!is_float(b.dtype(x))) return Binder::array(b.apply(Op::isinf, {args["x"]}, args.span));
  return Binder::array(b.emit(Op::equal, {x, b.constant(b.dtype(x), which)}));
}

Value call_isposinf(Binder& b, const Arguments& args) { return equals_infinity(b, args, infinity); }
Value call_isneginf(Binder& b, const Arguments& args) { return equals_infinity(b, args, -infinity); }

Value call_nan_to_num(Binder& b, const Arguments& args) {
  const NodeId x = b.node_of(args["x"]);
  const DType dtype = b.dtype(x);
  if (!is_float(dtype)) return Binder::array(x);
  const double largest =
      dtype == DType::float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  const auto replacement = [&](std::string_view name, double otherwise) {
    const Value* value = name == "nan" ? args.find(name) : args.given(name);
    return value ? b.convert(*value, dtype) : b.constant(dtype, otherwise);
  };
  const NodeId top = replacement("posinf", largest), bottom = replacement("neginf", -largest);
  NodeId result = b.emit(Op::where, {b.emit(Op::isnan, {x}), replacement("nan", 0.0), x});
  result = b.emit(Op::where, {b.emit(Op::equal, {x, b.constant(dtype, infinity)}), top, result});
  return Binder::array(b.emit(Op::where, {b.emit(Op::equal, {x, b.constant(dtype, -infinity)}), bottom, result}));
}

// The real part of a Python bool is an int.
Value call_real(Binder& b, const Arguments& args) {
  const Value& value = args["val"];
  return value.is_weak() && value.scalar.is_bool() ? b.weak_unary(Operator::positive, value) : value;
}

Value call_imag(Binder& b, const Arguments& args) {
  if (args["val"].is_weak()) return Binder::number(args["val"].scalar.is_float() ? weak_float(0) : weak_integer(0));
  const NodeId x = b.node_of(args["val"]);
  return Binder::array(b.broadcast(b.constant_of(b.dtype(x), 0), Shape(b.shape(x))));
}

// NumPy has no bool loop for conjugate: bool becomes int8.
Value call_conj(Binder& b, const Arguments& args) {
  const NodeId x = b.node_of(*args.values[0]);
  return Binder::array(is_bool(b.dtype(x)) ? b.cast(x, DType::int8) : x);
}

Value call_angle(Binder& b, const Arguments& args) {
  const NodeId radians = b.apply(Op::arctan2, {Binder::number(weak_integer(0)), args["z"]}, args.span);
  const Value* degrees = args.find("deg");
  if (!degrees || !b.static_bool(*degrees, "deg")) return Binder::array(radians);
  return Binder::array(b.emit(Op::multiply, {radians, b.constant(b.dtype(radians), 180.0 / std::numbers::pi)}));
}

Value call_where(Binder& b, const Arguments& args) {
  if (!args.find("x") || !args.find("y"))
    fail(ErrorCode::unsupported, args.span, "where() takes three arguments in this version: where(condition, x, y)");
  return Binder::array(b.where(args["condition"], args["x"], args["y"]));
}

// The lists of select(): those within are arrays.
std::vector<Value> operands_of(Binder& b, const Value& list) {
  std::vector<Value> operands;
  for (const Value& item : list.items) operands.push_back(item.is_sequence() ? b.as_array(item) : item);
  return operands;
}

// NumPy casts a choice under the rule 'same_kind' once it is an array: an int is int64 if it fits, which does not
// become unsigned. The default is cast under 'unsafe', and wraps.
void check_choice(Binder& b, const Value& choice, DType loop) {
  if (!choice.is_weak() || !is_unsigned(loop)) return;
  const auto dtype = b.number_dtype(choice);
  if (!dtype || !can_cast(*dtype, loop, Casting::same_kind))
    fail(ErrorCode::casting, choice.span, "select() cannot cast the choice from {} to {}: write {}(...)",
         dtype ? name_of(*dtype) : describe(choice), name_of(loop), name_of(loop));
}

// The first condition that holds chooses: the chain is built from the last to the first.
Value call_select(Binder& b, const Arguments& args) {
  const Value &conditions = args["condlist"], &choices = args["choicelist"];
  for (const Value* list : {&conditions, &choices})
    if (!list->is_sequence()) fail(ErrorCode::argument, list->span, "select() takes lists, not {}", describe(*list));
  if (conditions.items.size() != choices.items.size())
    fail(ErrorCode::argument, args.span, "select() takes as many conditions as choices, not {} and {}",
         conditions.items.size(), choices.items.size());
  if (conditions.items.empty())
    fail(ErrorCode::argument, args.span, "select() with an empty condition list is not possible");
  const Value* given = args.find("default");
  const Value otherwise = given ? *given : Binder::number(weak_integer(0));
  const std::vector<Value> masks = operands_of(b, conditions), values = operands_of(b, choices);
  std::vector<OperandType> types = {b.type_of(otherwise)};
  for (const Value& choice : values) types.push_back(b.type_of(choice));
  const DType loop = common_dtype(types);
  NodeId result = b.convert(otherwise, loop, WeakRule::wrapping);
  for (size_t k = masks.size(); k-- > 0;) {
    const NodeId condition = b.node_of(masks[k]);
    if (!is_bool(b.dtype(condition)))
      fail(ErrorCode::dtype, masks[k].span, "a condition of select() must be bool, not {}",
           name_of(b.dtype(condition)));
    check_choice(b, values[k], loop);
    result = b.emit(Op::where, {condition, b.convert(values[k], loop, WeakRule::wrapping), result});
  }
  return Binder::array(result);
}

// A Python int bound beyond the dtype's range on its harmless side bounds nothing (NumPy drops it).
const Value* clip_bound(Binder& b, const Value* bound, DType dtype, bool is_lower) {
  if (!bound || !bound->is_weak() || bound->scalar.kind != Kind::signed_integer || !is_integer(dtype)) return bound;
  if (bound->is_dynamic() && dtype == DType::int64) return bound;
  const bool is_harmless = is_lower ? b.decide(Operator::less, *bound, weak_integer(smallest_of(dtype)))
                                    : b.decide(Operator::greater, *bound, weak_integer(largest_of(dtype)));
  return is_harmless ? nullptr : bound;
}

// As maximum and minimum, but an element that equals its bound stays, so that -0.0 within 0 and 1 is -0.0. A NaN wins.
NodeId kept_or(Binder& b, Op comparison, Op extreme, NodeId x, NodeId bound) {
  const NodeId other = b.emit(extreme, {x, bound});
  return is_float(b.dtype(x)) ? b.emit(Op::where, {b.emit(comparison, {x, bound}), x, other}) : other;
}

NodeId clip(Binder& b, const Value& a, const Value* low, const Value* high) {
  if (!low && !high) return b.positive(a, a.span);
  const NodeId x = b.node_of(a);
  low = clip_bound(b, low, b.dtype(x), true);
  high = clip_bound(b, high, b.dtype(x), false);
  std::vector<OperandType> types = {strong(b.dtype(x))};
  for (const Value* bound : {low, high})
    if (bound) types.push_back(b.type_of(*bound));
  const DType loop = common_dtype(types);
  NodeId result = b.cast(x, loop);
  if (low && high) {  // one bound alone is maximum or minimum, as in NumPy
    result = kept_or(b, Op::greater_equal, Op::maximum, result, b.convert(*low, loop));
    return kept_or(b, Op::less_equal, Op::minimum, result, b.convert(*high, loop));
  }
  if (low) result = b.emit(Op::maximum, {result, b.convert(*low, loop)});
  if (high) result = b.emit(Op::minimum, {result, b.convert(*high, loop)});
  return result;
}

Value call_clip(Binder& b, const Arguments& args) {
  const bool old_names = args.find("a_min") || args.find("a_max"), new_names = args.find("min") || args.find("max");
  if (args.given("out")) fail(ErrorCode::unsupported, args["out"].span, "clip() takes no `out` in a text");
  if (old_names && new_names)
    fail(ErrorCode::argument, args.span, "clip() takes a_min and a_max, or min and max, not both");
  if (old_names && !(args.find("a_min") && args.find("a_max")))
    fail(ErrorCode::argument, args.span, "clip() is missing its argument '{}'", args.find("a_min") ? "a_max" : "a_min");
  const Value* low = old_names ? args.given("a_min") : args.given("min");
  const Value* high = old_names ? args.given("a_max") : args.given("max");
  return Binder::array(clip(b, args["a"], low, high));
}

// numpy.copyto: leading extents of 1 that the target has no axes for do not count.
NodeId without_leading_ones(Binder& b, NodeId node, size_t rank) {
  while (b.shape(node).size() > rank && b.shape(node)[0] == 1)
    node = b.graph().view(node, AffineView::drop_axis(Shape(b.shape(node)), 0));
  return node;
}

Value filled_like(Binder& b, const Arguments& args, const Value& fill) {
  const NodeId model = b.node_of(args["a"]);
  const Value* dtype = args.given("dtype");
  const Value* shape = args.given("shape");
  const DType target = dtype ? b.static_dtype(*dtype) : b.dtype(model);
  const Shape wanted = shape ? b.static_shape(*shape) : Shape(b.shape(model));
  return Binder::array(b.broadcast(without_leading_ones(b, b.convert(fill, target), wanted.size()), wanted));
}

Value call_zeros_like(Binder& b, const Arguments& args) {
  return filled_like(b, args, Binder::number(weak_bool(false)));
}
Value call_ones_like(Binder& b, const Arguments& args) { return filled_like(b, args, Binder::number(weak_bool(true))); }
Value call_full_like(Binder& b, const Arguments& args) { return filled_like(b, args, args["fill_value"]); }
Value call_copy(Binder& b, const Arguments& args) { return Binder::array(b.node_of(args["a"])); }

Value call_astype(Binder& b, const Arguments& args) {
  const DType target = b.static_dtype(args["dtype"]);
  const NodeId x = b.node_of(*args.values[0]);
  Casting casting = Casting::unsafe;
  if (const Value* rule = args.given("casting")) {
    bool known = false;
    for (const Casting each : {Casting::no, Casting::equiv, Casting::safe, Casting::same_kind, Casting::unsafe})
      if (rule->kind == ValueKind::string && rule->text == name_of(each)) casting = each, known = true;
    if (!known) fail(ErrorCode::argument, rule->span, "casting must be 'no', 'equiv', 'safe', 'same_kind' or 'unsafe'");
  }
  if (!can_cast(b.dtype(x), target, casting))
    fail(ErrorCode::casting, args.span, "cannot cast {} to {} according to the rule '{}'", name_of(b.dtype(x)),
         name_of(target), name_of(casting));
  return Binder::array(b.cast(x, target));
}

constexpr FunctionRow elementwise_rows[] = {
    {"positive", "x /", call_positive, "+x"},
    {"fabs", "x /", call_fabs, "the magnitude of x, as a float"},
    {"float_power", "x1 x2 /", call_float_power, "x1 ** x2 in float64"},
    {"degrees", "x /", call_degrees, "from radians to degrees"},
    {"rad2deg", "x /", call_degrees, "from radians to degrees"},
    {"radians", "x /", call_radians, "from degrees to radians"},
    {"deg2rad", "x /", call_radians, "from degrees to radians"},
    {"divmod", "x1 x2 /", call_divmod, "the tuple (x1 // x2, x1 % x2)"},
    {"modf", "x /", call_modf, "the tuple of the fractional and the whole part of x, both with its sign"},
    {"frexp", "x /", call_frexp, "the tuple of mantissa (0.5 to 1) and exponent of 2 that make up x"},
    {"round", "a decimals= out=", call_round, "to that many decimals, halves to even"},
    {"around", "a decimals= out=", call_round, "to that many decimals, halves to even"},
    {"heaviside", "x1 x2 /", call_heaviside, "0 where x1 is negative, x2 where it is 0, 1 where it is positive"},
    {"isposinf", "x", call_isposinf, "whether x is plus infinity"},
    {"isneginf", "x", call_isneginf, "whether x is minus infinity"},
    {"nan_to_num", "x copy= nan= posinf= neginf=", call_nan_to_num,
     "x with NaN and the infinities replaced by numbers (0, the largest, the smallest)"},
    {"real", "val", call_real, "the real part"},
    {"imag", "val", call_imag, "the imaginary part: 0"},
    {"conj", "x /", call_conj, "the complex conjugate: x itself"},
    {"conjugate", "x /", call_conj, "the complex conjugate: x itself"},
    {"angle", "z deg=", call_angle, "the angle in the complex plane: 0, or pi for negative numbers"},
    {"where", "condition x= y= /", call_where, "x where the condition holds, else y"},
    {"select", "condlist choicelist default=", call_select,
     "of each element the choice whose condition is the first that holds"},
    {"clip", "a a_min= a_max= out= * min= max=", call_clip,
     "a, no less than the lower and no more than the upper bound"},
    {"zeros_like", "a dtype= order= subok= shape=", call_zeros_like, "zeros of the shape and dtype of a"},
    {"ones_like", "a dtype= order= subok= shape=", call_ones_like, "ones of the shape and dtype of a"},
    {"full_like", "a fill_value dtype= order= subok= shape=", call_full_like,
     "a fill value in the shape and dtype of a"},
    {"copy", "a order= subok=", call_copy, "a itself"},
    {"astype", "x dtype / * copy=", call_astype, "x cast to a dtype; floats beyond an integer dtype saturate"},
};

}  // namespace

Value clip_method(Binder& b, const Arguments& args) {
  return Binder::array(clip(b, args["a"], args.given("min"), args.given("max")));
}

// Unlike the function, the method leaves bool as it is.
Value conj_method(Binder& b, const Arguments& args) { return Binder::array(b.node_of(args["a"])); }

Value astype_method(Binder& b, const Arguments& args) { return call_astype(b, args); }

std::span<const FunctionRow> elementwise_functions() { return elementwise_rows; }

}  // namespace fuseval::frontend
