#include "tools/picture/chart.hpp"

#include <algorithm>

#include "tools/counted.hpp"
#include "tools/picture/chart_kinds.hpp"

namespace fuseval::tools {
namespace {

void refuse_empty(const std::vector<Elements>& arrays) {
  if (arrays.empty()) refuse("there are no results");
  for (const Elements& elements : arrays)
    if (elements.count() == 0) refuse("the result of shape " + shape_text(elements) + " has no elements");
}

PictureKind chosen(const std::vector<Elements>& arrays, PictureKind wanted) {
  if (wanted != PictureKind::automatic) return wanted;
  const auto most = std::max_element(arrays.begin(), arrays.end(),
                                     [](const Elements& a, const Elements& b) { return a.rank() < b.rank(); });
  if (most->rank() == 1) return PictureKind::line;
  if (most->rank() == 0) refuse("a number alone is no line; lines are 1-D results, images 2-D ones");
  if (most->rank() == 2 || holds_colours(*most)) return PictureKind::image;
  refuse_shape(*most,
               "lines are 1-D results and images 2-D ones, or of shape (n, m, 3) or (n, m, 4) and of uint8 or floats");
}

const Elements& the_only(const std::vector<Elements>& arrays, const std::string& kind) {
  if (arrays.size() != 1) refuse(kind + " shows one result, and there are " + std::to_string(arrays.size()));
  return arrays[0];
}

std::string share_of(std::int64_t count, std::int64_t all, const char* what) {
  return std::to_string(count) + " of " + counted(all, "element") + " " + what;
}

}  // namespace

Chart read_chart(const Plotted& plotted, const PictureOptions& options, int columns, int rows, int most_bins) {
  const std::vector<Elements> arrays(plotted.arrays.begin(), plotted.arrays.end());
  refuse_empty(arrays);
  switch (chosen(arrays, options.kind)) {
    case PictureKind::image:
      return image_chart(the_only(arrays, "an image"), plotted, options);
    case PictureKind::histogram:
      return histogram_chart(the_only(arrays, "a histogram"), plotted, options, most_bins);
    case PictureKind::automatic:
    case PictureKind::line:
      break;
  }
  return line_chart(arrays, plotted, options, columns, rows);
}

std::string name_of_left_out(const Extremes& extremes) {
  if (extremes.not_positive > 0) return "not > 0";
  return extremes.nans > 0 ? "NaN" : "";
}

std::string note_on(const Extremes& extremes) {
  const std::int64_t not_finite = extremes.nans + extremes.infinite;
  const std::int64_t all = extremes.finite + not_finite + extremes.not_positive;
  if (all == 0) return "no elements in the range";
  if (extremes.finite == 0) return extremes.not_positive > 0 ? "no positive elements" : "no finite elements";
  std::string note;
  if (not_finite > 0) note = share_of(not_finite, all, "not finite");
  if (extremes.not_positive > 0)
    note += (note.empty() ? "" : ", ") + share_of(extremes.not_positive, all, "not positive");
  return note;
}

}  // namespace fuseval::tools
