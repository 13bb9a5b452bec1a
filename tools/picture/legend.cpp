#include "tools/picture/legend.hpp"

#include <algorithm>

#include "tools/picture/axes.hpp"
#include "tools/picture/font.hpp"

namespace fuseval::tools {
namespace {

constexpr double mark_length = 20;
constexpr double row_height = 20;
constexpr double apart = 22;
constexpr std::size_t most_rows = 3;

struct Entry {
  std::string label;
  Colour colour;
  bool has_mark = true;

  double width() const { return (has_mark ? mark_length + gap : 0) + text_width(label, label_size); }
};

using Row = std::vector<Entry>;

double width_of(const Row& row) {
  double width = 0;
  for (const Entry& entry : row) width += entry.width() + (width > 0 ? apart : 0);
  return width;
}

/// As many lines as there is room for; the last entry then says how many more there are.
std::vector<Row> rows_of(const std::vector<LineChart::Line>& lines, double width) {
  std::vector<Row> rows(1);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const Entry entry{shortened(lines[k].label, label_size, width / 2), lines[k].colour};
    const Entry rest{"and " + std::to_string(lines.size() - k) + " more", ink, false};
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

void draw(Figure& figure, const Row& row, double left, double top) {
  for (const Entry& entry : row) {
    const double middle = top + row_height / 2;
    if (entry.has_mark)
      figure.shapes.emplace_back(FilledBox{{left, middle - 2, left + mark_length, middle + 1}, entry.colour});
    const double text_left = left + (entry.has_mark ? mark_length + gap : 0);
    figure.shapes.emplace_back(Text{entry.label, {text_left, middle + 4}, label_size});
    left += entry.width() + apart;
  }
}

}  // namespace

double draw_legend(Figure& figure, const std::vector<LineChart::Line>& lines, double top) {
  if (lines.size() < 2) return 0;
  const std::vector<Row> rows = rows_of(lines, figure.width - 2 * outer_margin);
  for (std::size_t k = 0; k < rows.size(); ++k)
    draw(figure, rows[k], (figure.width - width_of(rows[k])) / 2, top + static_cast<double>(k) * row_height);
  return static_cast<double>(rows.size()) * row_height + gap;
}

}  // namespace fuseval::tools
