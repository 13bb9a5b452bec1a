// A chart drawn with characters.
#pragma once

#include "tools/picture/chart.hpp"
#include "tools/picture/text_canvas.hpp"

namespace fuseval::tools {

/// `rows` 0: what suits the chart, at most `most_rows`.
TextCanvas text_chart(const Chart& chart, const std::string& title, const Terminal& terminal, int columns, int rows,
                      int most_rows);

}  // namespace fuseval::tools
