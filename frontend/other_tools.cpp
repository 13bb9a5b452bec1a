#include "frontend/other_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fuseval::frontend {
namespace {

struct Instead {
  std::string_view name;
  std::string_view advice;
};

// Sorted. A name that the language has by now is looked up before this table.
constexpr Instead instead_rows[] = {
    {"FALSE", "write False"},
    {"INF", "infinity is inf"},
    {"Inf", "infinity is inf"},
    {"Infinity", "infinity is inf"},
    {"NAN", "not a number is nan"},
    {"NaN", "not a number is nan"},
    {"PI", "the constant is pi"},
    {"Pi", "the constant is pi"},
    {"TRUE", "write True"},
    {"allclose", "write all(abs(a - b) <= tolerance)"},
    {"arctg", "the inverse tangent is arctan(x)"},
    {"average", "write mean(a), or sum(a*w)/sum(w) with weights w"},
    {"avg", "the mean is mean(a)"},
    {"cbrt", "write copysign(abs(x)**(1/3), x)"},
    {"ceiling", "write ceil(x)"},
    {"concat", "arrays of one shape stack as array([a, b])"},
    {"concatenate", "arrays of one shape stack as array([a, b])"},
    {"cosh", "write (exp(x) + exp(-x))/2"},
    {"cot", "write 1/tan(x)"},
    {"ctg", "write 1/tan(x)"},
    {"exp2", "write 2.0**x"},
    {"false", "write False"},
    {"ifelse", "write where(condition, x, y)"},
    {"iff", "write where(condition, x, y)"},
    {"iif", "write where(condition, x, y)"},
    {"isclose", "write abs(a - b) <= tolerance"},
    {"len", "the number of elements is a.size, and of an axis a.shape[axis]"},
    {"length", "the number of elements is a.size"},
    {"ln", "the natural logarithm is log(x)"},
    {"log10", "write log(x)/log(10)"},
    {"log2", "write log(x)/log(2)"},
    {"median", "compute it before, and bind it"},
    {"nanmax", "write max(a, where=~isnan(a), initial=-inf)"},
    {"nanmean", "write mean(a, where=~isnan(a))"},
    {"nanmin", "write min(a, where=~isnan(a), initial=inf)"},
    {"nanstd", "write std(a, where=~isnan(a))"},
    {"nansum", "write sum(a, where=~isnan(a))"},
    {"nanvar", "write var(a, where=~isnan(a))"},
    {"null", "write None; not a number is nan"},
    {"numel", "the number of elements is a.size"},
    {"outer", "write a[:, None] * b"},
    {"percentile", "compute it before, and bind it"},
    {"quantile", "compute it before, and bind it"},
    {"sgn", "write sign(x)"},
    {"sinh", "write (exp(x) - exp(-x))/2"},
    {"sort", "bind an array that is sorted already"},
    {"sqr", "write square(x), or x**2; the square root is sqrt(x)"},
    {"stack", "arrays of one shape stack as array([a, b])"},
    {"stddev", "the standard deviation is std(a)"},
    {"stdev", "the standard deviation is std(a)"},
    {"tg", "the tangent is tan(x)"},
    {"true", "write True"},
    {"vstack", "vectors of one length stack as array([a, b])"},
};

}  // namespace

std::string write_instead(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(instead_rows), std::end(instead_rows), name,
                                       [](const Instead& row, std::string_view word) { return row.name < word; });
  return found != std::end(instead_rows) && found->name == name ? fmt::format("; {}", found->advice) : "";
}

}  // namespace fuseval::frontend
