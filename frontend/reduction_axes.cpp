// axis= of reductions, and what max(x, y) of other languages is here.
#include <algorithm>

#include "frontend/functions.hpp"

namespace fuseval::frontend {
namespace {

struct OfTwoValues {
  std::string_view function, advice;
};

constexpr OfTwoValues of_two_values[] = {
    {"max", "the greater of two values is maximum(x, y)"},
    {"amax", "the greater of two values is maximum(x, y)"},
    {"min", "the lesser of two values is minimum(x, y)"},
    {"amin", "the lesser of two values is minimum(x, y)"},
    {"sum", "the sum of two values is x + y"},
    {"prod", "the product of two values is x * y"},
    {"any", "whether either of two holds is `x or y`"},
    {"all", "whether both of two hold is `x and y`"},
    {"mean", "the mean of two values is (x + y)/2"},
};

std::string_view advice_on(std::string_view function) {
  for (const OfTwoValues& row : of_two_values)
    if (row.function == function) return row.advice;
  return "";
}

// Neither an axis nor what may become one: an array of rank 0 has an error of its own.
bool is_no_axis(Binder& b, const Value& value) {
  if (value.is_array()) return !is_integer(b.dtype(value.node)) || b.rank(value.node) != 0;
  return value.is_weak() && value.scalar.is_float();
}

}  // namespace

std::vector<int> reduction_axes(Binder& b, const Arguments& args, int rank, bool forgives_rank_0) {
  const Value* axis = args.find("axis");
  const std::string_view advice = args.is_positional("axis") ? advice_on(args.function->name) : "";
  if (advice.empty() || axis->is_sequence()) return reduction_axes(b, axis, rank, forgives_rank_0);
  const std::string reason = fmt::format("{}() takes an axis here; {}", args.function->name, advice);
  if (is_no_axis(b, *axis)) fail(ErrorCode::argument, axis->span, "{}", reason);
  try {
    return reduction_axes(b, axis, rank, forgives_rank_0);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::axis) throw;
    fail(ErrorCode::axis, axis->span, "{}: {}", error.message(), reason);
  }
}

std::vector<int> reduction_axes(Binder& b, const Value* axis, int rank, bool forgives_rank_0) {
  std::vector<int> axes;
  if (!axis || axis->kind == ValueKind::none) {
    for (int k = 0; k < rank; ++k) axes.push_back(k);
    return axes;
  }
  if (axis->kind == ValueKind::list)
    fail(ErrorCode::argument, axis->span, "an axis is an integer or a tuple of integers, not a list");
  if (axis->is_weak() && rank == 0 && forgives_rank_0) {
    const int64_t only = b.static_integer(*axis, "an axis");
    if (only == 0 || only == -1) return axes;
  }
  if (!axis->is_sequence()) return {axis_argument(b, *axis, rank)};
  for (const Value& item : axis->items) axes.push_back(axis_argument(b, item, rank));
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    fail(ErrorCode::axis, axis->span, "duplicate value in 'axis'");
  return axes;
}

}  // namespace fuseval::frontend
