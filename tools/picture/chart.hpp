// What a picture shows, in the data's own numbers: chosen and read from the arrays, for whichever way it is drawn.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tools/picture/axis.hpp"
#include "tools/picture/colour.hpp"
#include "tools/picture/curve.hpp"
#include "tools/picture/histogram.hpp"
#include "tools/picture/picture.hpp"

namespace fuseval::tools {

/// What stands at an axis, and how it is marked.
struct ChartAxis {
  Range range;
  bool integers = false;
  std::string label;
  std::string
      own_label;  ///< the same if it says more than what kind of axis this is; characters have no room for others
};

struct LineChart {
  struct Line {
    LinePieces pieces;          ///< what is drawn as a line
    std::vector<Point> points;  ///< what has a marker
    std::string label;
    std::size_t look;  ///< line_look(look)
  };
  std::vector<Line> lines;
  ChartAxis x, y;
  Extremes extremes;
};

/// Pixels are made when it is known how many there is room for: image_pixels.
struct ImageChart {
  Elements elements;   ///< row 0 at the top
  bool holds_colours;  ///< (n, m, 3) or (n, m, 4)
  Extremes extremes;   ///< of its values, if it does not
  Range value;
  Colormap map;
  ChartAxis x, y;
  bool is_upwards;  ///< whether y ascends upwards

  double rows() const { return static_cast<double>(elements.extent(0)); }
  double columns() const { return static_cast<double>(elements.extent(1)); }
};

struct HistogramChart {
  Histogram histogram;  ///< without bins if no element is finite
  Extremes extremes;
  ChartAxis value;
  ChartAxis count;
};

using Chart = std::variant<LineChart, ImageChart, HistogramChart>;

/// `columns`, `rows`: how fine lines are; `most_bins`: of a histogram. Errors: FV_ERROR_SHAPE, FV_ERROR_DTYPE, and
/// FV_ERROR_ARGUMENT for options that such a chart does not have.
Chart read_chart(const Plotted& plotted, const PictureOptions& options, int columns, int rows, int most_bins);

/// Beside an image's scale: what the colour of elements without a place on it stands for; "" if there are none.
std::string name_of_left_out(const Extremes& extremes);

/// What is not in the picture: "no finite elements", "3 of 1000 elements not finite", "2 of 10 elements not positive";
/// mostly nothing.
std::string note_on(const Extremes& extremes);

}  // namespace fuseval::tools
