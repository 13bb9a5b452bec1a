// Which line is which.
#pragma once

#include <vector>

#include "tools/picture/chart.hpp"
#include "tools/picture/figure.hpp"

namespace fuseval::tools {

/// In rows above the plot, so that it hides nothing of it. Returns the height that it takes; none for a single line.
double draw_legend(Figure& figure, const std::vector<LineChart::Line>& lines, double top);

}  // namespace fuseval::tools
