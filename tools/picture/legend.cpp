#include "tools/picture/legend.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/axes.hpp"
#include "tools/picture/font.hpp"
#include "tools/picture/line_look.hpp"

namespace fuseval::tools {
namespace {

constexpr double mark_length = 20;
constexpr double row_height = 20;
constexpr double apart = 22;
constexpr double largest_share = 0.25;  ///< of the figure's height
constexpr std::size_t fewest_rows = 3;
constexpr double legend_marker = 4;

struct Entry {
  std::string label;
  LineLook look;
  bool has_mark = true;
  bool has_line = true;
  bool has_marker = false;

  double width() const { return (has_mark ? mark_length + gap : 0) + text_width(label, label_size); }
};

using Row = std::vector<Entry>;

double width_of(const Row& row) {
  double width = 0;
  for (const Entry& entry : row) width += entry.width() + (width > 0 ? apart : 0);
  return width;
}

/// As many lines as there is room for; the last entry then says how many more there are.
std::vector<Row> rows_of(const std::vector<LineChart::Line>& lines, double width, std::size_t most_rows) {
  std::vector<Row> rows(1);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const bool has_marker = !lines[k].points.empty(), has_line = !lines[k].pieces.empty() || !has_marker;
    const Entry entry{shortened(lines[k].label, label_size, width / 2), line_look(lines[k].look), true, has_line,
                      has_marker};
    const Entry rest{"and " + std::to_string(lines.size() - k) + " more", {}, false};
    Row with_entry = rows.back();
    with_entry.push_back(entry);
    const bool is_last_row = rows.size() == most_rows;
    if (is_last_row && k + 1 < lines.size()) with_entry.push_back(rest);  // keeps its room
    if (width_of(with_entry) > width && is_last_row) {
      rows.back().push_back(rest);
      break;
    }
    if (width_of(with_entry) > width) rows.emplace_back();
    rows.back().push_back(entry);
  }
  return rows;
}

/// A piece of the line, with its dashes and its marker.
void draw_mark(Figure& figure, const Entry& entry, double left, double middle) {
  const auto line = [&](double from, double to) {
    figure.shapes.emplace_back(FilledBox{{left + from, middle - 2, left + to, middle + 1}, entry.look.colour});
  };
  double at = 0;
  if (entry.has_line && entry.look.dashes.empty()) line(0, mark_length);
  for (std::size_t k = 0; entry.has_line && !entry.look.dashes.empty() && at < mark_length; ++k) {
    const double end = std::min(at + std::ceil(entry.look.dashes[k % entry.look.dashes.size()]), mark_length);
    if (k % 2 == 0) line(at, end);
    at = end;
  }
  if (entry.has_marker)
    figure.shapes.emplace_back(Markers{
        {{left + mark_length / 2, middle - 0.5}}, scaled(entry.look.outline, legend_marker), entry.look.colour});
}

void draw(Figure& figure, const Row& row, double left, double top) {
  for (const Entry& entry : row) {
    const double middle = top + row_height / 2;
    if (entry.has_mark) draw_mark(figure, entry, left, middle);
    const double text_left = left + (entry.has_mark ? mark_length + gap : 0);
    figure.shapes.emplace_back(Text{entry.label, {text_left, middle + 4}, label_size});
    left += entry.width() + apart;
  }
}

}  // namespace

double draw_legend(Figure& figure, const std::vector<LineChart::Line>& lines, double top) {
  if (lines.size() < 2) return 0;
  const auto most_rows = static_cast<std::size_t>(largest_share * figure.height / row_height);
  const std::vector<Row> rows = rows_of(lines, figure.width - 2 * outer_margin, std::max(most_rows, fewest_rows));
  for (std::size_t k = 0; k < rows.size(); ++k)
    draw(figure, rows[k], (figure.width - width_of(rows[k])) / 2, top + static_cast<double>(k) * row_height);
  return static_cast<double>(rows.size()) * row_height + gap;
}

}  // namespace fuseval::tools
