// A chart laid out on a page.
#pragma once

#include "tools/picture/chart.hpp"
#include "tools/picture/figure.hpp"

namespace fuseval::tools {

constexpr int default_width = 800;
constexpr int default_height = 500;

/// Of a figure's sides. The smallest ones have room for a plot beside its labels; of the longest, 200 MB are drawn.
constexpr int smallest_width = 160;
constexpr int smallest_height = 120;
constexpr int longest_side = 8192;

/// Title above; axes with labels; a legend of several lines, a scale beside an image. Height 0: what suits the chart.
Figure figure_of(const Chart& chart, const std::string& title, int width, int height);

}  // namespace fuseval::tools
