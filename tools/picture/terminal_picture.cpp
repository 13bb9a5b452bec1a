#include "tools/picture/terminal_picture.hpp"

#include <algorithm>
#include <optional>

#include "tools/picture/chart_figure.hpp"
#include "tools/picture/paint.hpp"
#include "tools/picture/sixel.hpp"
#include "tools/picture/terminal.hpp"
#include "tools/picture/text_chart.hpp"

namespace fuseval::tools {
namespace {

constexpr int most_columns = 120;
constexpr int most_rows = 30;
constexpr int most_terminal_bins = 200;

/// The prompt's lines stay in sight below it.
int rows_at_hand(const Terminal& terminal) { return std::clamp(terminal.rows - 2, 6, most_rows); }

std::string sixels(const Terminal& terminal, const Plotted& plotted, const PictureOptions& options) {
  const int columns = options.width > 0 ? options.width : terminal.columns;
  const int width =
      std::clamp(columns * terminal.cell_width, smallest_width, options.width > 0 ? longest_side : default_width);
  const int rows = options.height > 0 ? options.height : rows_at_hand(terminal);
  const int most_height =
      std::clamp(rows * terminal.cell_height, smallest_height, options.height > 0 ? longest_side : default_height);
  const Chart chart = read_chart(plotted, options, width, most_height, most_terminal_bins);
  const bool has_own_height = options.height == 0 && std::holds_alternative<ImageChart>(chart);
  return sixel_of(painted(figure_of(chart, options.title, width, has_own_height ? 0 : most_height)));
}

TextCanvas characters(const Terminal& terminal, const Plotted& plotted, const PictureOptions& options) {
  const int columns = options.width > 0 ? options.width : std::clamp(terminal.columns, 20, most_columns);
  const int rows = options.height > 0 ? options.height : rows_at_hand(terminal);
  const Chart chart =
      read_chart(plotted, options, 2 * columns, 4 * rows, std::clamp(columns - 10, 5, most_terminal_bins));
  return text_chart(chart, options.title, terminal, columns, options.height, rows_at_hand(terminal));
}

}  // namespace

void print_in_terminal(std::FILE* file, const Plotted& plotted, const PictureOptions& options) {
  const Terminal terminal = terminal_of(file);
  std::string text;
  std::optional<TextCanvas> canvas;
  read_mapped(views_of(plotted), [&] {
    if (terminal.has_sixels)
      text = sixels(terminal, plotted, options);
    else
      canvas.emplace(characters(terminal, plotted, options));
  });
  std::fwrite(text.data(), 1, text.size(), file);
  if (canvas) canvas->print(file, terminal.palette);
}

}  // namespace fuseval::tools
