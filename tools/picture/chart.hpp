// What a picture shows, in the data's own numbers: chosen and read from the arrays, for whichever way it is drawn.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tools/picture/axis.hpp"
#include "tools/picture/colour.hpp"
#include "tools/picture/histogram.hpp"
#include "tools/picture/line_points.hpp"
#include "tools/picture/picture.hpp"

namespace fuseval::tools {

struct LineChart {
  struct Line {
    LinePieces pieces;
    std::string label;
    Colour colour;
  };
  std::vector<Line> lines;
  Range index;
  Range value;
  Extremes extremes;
};

/// Pixels are made when it is known how many there is room for: image_pixels.
struct ImageChart {
  Elements elements;
  bool holds_colours;  ///< (n, m, 3) or (n, m, 4)
  Extremes extremes;   ///< of its values, if it does not
  Range value;

  double rows() const { return static_cast<double>(elements.extent(0)); }
  double columns() const { return static_cast<double>(elements.extent(1)); }
};

struct HistogramChart {
  Histogram histogram;  ///< without bins if no element is finite
  Extremes extremes;
  Range value;
  Range count;
};

using Chart = std::variant<LineChart, ImageChart, HistogramChart>;

/// `columns`: how fine lines are; `most_bins`: of a histogram. Errors: FV_ERROR_SHAPE, FV_ERROR_DTYPE.
Chart read_chart(const std::vector<View>& arrays, const PictureOptions& options, int columns, int most_bins);

/// What is not in the picture: "no finite elements", "3 of 1000 elements are not finite"; mostly nothing.
std::string note_on(const Extremes& extremes);

}  // namespace fuseval::tools
