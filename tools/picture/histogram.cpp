// Everything is computed on quarters of the elements, so that high - low does not overflow.
#include "tools/picture/histogram.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/axis.hpp"

namespace fuseval::tools {
namespace {

constexpr double quarter = 0.25;
constexpr std::int64_t most_sampled = 1 << 20;

/// Integers of which doubles also have the halves.
bool are_integers(const Elements& elements, const Extremes& extremes) {
  const bool is_floating = elements.dtype() == DType::float32 || elements.dtype() == DType::float64;
  return !is_floating && extremes.low > -0x1p52 && extremes.high < 0x1p52;
}

/// Every k-th element, if it is finite.
std::vector<double> sample(const Elements& elements) {
  const std::int64_t every = (elements.count() + most_sampled - 1) / most_sampled;
  std::vector<double> values;
  std::int64_t until_next = 1;
  elements.each([&](double value) {
    if (--until_next > 0) return;
    until_next = every;
    if (is_finite(value)) values.push_back(value * quarter);
  });
  return values;
}

/// Between neighbours in order, as NumPy's percentile.
double quantile(std::vector<double>& values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[static_cast<std::size_t>(below)];
  if (below + 1 == static_cast<std::ptrdiff_t>(values.size())) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return low + (high - low) * (place - static_cast<double>(below));
}

/// A quarter of the width that the rule asks for; 0 if the elements are all the same.
double ruled_width(const Elements& elements, const Extremes& extremes) {
  std::vector<double> values = sample(elements);
  const auto count = static_cast<double>(extremes.finite);
  const double length = extremes.high * quarter - extremes.low * quarter;
  const double quartiles = values.empty() ? 0 : quantile(values, 0.75) - quantile(values, 0.25);
  const double freedman_diaconis = 2 * quartiles / std::cbrt(count);
  const double sturges = length / (std::log2(count) + 1);
  return std::min(std::max(freedman_diaconis, length / std::sqrt(count) / 2), sturges);
}

int bins_for(double length, double width, int most) {
  return static_cast<int>(std::clamp(std::ceil(length / width), 1.0, static_cast<double>(most)));
}

std::vector<double> edges_from(double low, double width, int bins) {
  std::vector<double> edges;
  for (int k = 0; k <= bins; ++k) edges.push_back(low + k * width);
  return edges;
}

/// Quarters of the edges.
std::vector<double> edges_of(const Elements& elements, const Extremes& extremes, int most) {
  if (are_integers(elements, extremes)) {
    const double span = extremes.high - extremes.low + 1;
    const double width =
        std::max(std::ceil(4 * ruled_width(elements, extremes)), std::max(1.0, std::ceil(span / most)));
    return edges_from((extremes.low - 0.5) * quarter, width * quarter, bins_for(span, width, most));
  }
  const Range range = range_of(extremes);
  const double low = range.low * quarter, high = range.high * quarter;
  const bool is_one_number = extremes.low != range.low;
  const int bins = is_one_number ? 1 : bins_for(high - low, ruled_width(elements, extremes), most);
  std::vector<double> edges = edges_from(low, (high - low) / bins, bins);
  edges.back() = high;
  return edges;
}

}  // namespace

Histogram histogram_of(const Elements& elements, const Extremes& extremes, int most) {
  Histogram histogram{edges_of(elements, extremes, most), {}};
  std::vector<double>& edges = histogram.edges;
  const auto last = static_cast<std::int64_t>(edges.size()) - 2;
  const double low = edges.front(), per_bin = static_cast<double>(last + 1) / (edges.back() - low);
  std::vector<std::int64_t>& counts = histogram.counts;
  counts.resize(static_cast<std::size_t>(last + 1));
  elements.each([&](double value) {
    if (!is_finite(value)) return;
    const double at = value * quarter;
    auto bin = std::clamp(static_cast<std::int64_t>((at - low) * per_bin), std::int64_t{0}, last);
    if (bin > 0 && at < edges[static_cast<std::size_t>(bin)]) --bin;  // where the product was rounded over an edge
    if (bin < last && at >= edges[static_cast<std::size_t>(bin) + 1]) ++bin;
    ++counts[static_cast<std::size_t>(bin)];
  });
  for (double& edge : edges) edge /= quarter;
  return histogram;
}

}  // namespace fuseval::tools
