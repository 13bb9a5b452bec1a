#include "frontend/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// One character of the picture's line.
struct Cell {
  uint32_t offset;
  uint32_t size;
  uint32_t width;  ///< columns; a tab counts as one
};

Cell cell_at(std::string_view text, uint32_t offset) {
  const CodePoint c = decode(text, offset);
  if (c.size == 0) return {offset, 1, 1};
  return {offset, c.size, is_printable(c.value) ? static_cast<uint32_t>(display_width(c.value)) : 1u};
}

/// What a terminal would act on, or would not show, is shown as U+FFFD: a text that came from a stranger must not move
/// the cursor.
std::string shown(std::string_view text, const Cell& cell) {
  const CodePoint c = decode(text, cell.offset);
  if (c.value == '\t') return "\t";
  if (c.value == 0xa0 || c.value == 0x3000) return " ";
  if (c.size == 0 || !is_printable(c.value)) return "\uFFFD";
  return std::string(text.substr(cell.offset, cell.size));
}

/// The cells of a picture.
struct Window {
  std::vector<Cell> cells;
  bool cut_left = false;
  bool cut_right = false;
};

/// At most `width` columns of the line that begins at `line`, around the span: a third of them before it, or more when
/// the line ends soon after.
Window window_around(std::string_view text, uint32_t line, Span span, size_t width) {
  Window window;
  const size_t room = std::max<size_t>(width, 20) - 2;
  size_t before = 0;
  size_t after = 0;
  uint32_t at = line;
  while (at < text.size() && !is_line_end(text[at]) && after <= room) {
    window.cells.push_back(cell_at(text, at));
    (at < span.begin ? before : after) += window.cells.back().width;
    at += window.cells.back().size;
  }
  const size_t allowed = std::max(room / 3, room - std::min(room, after));
  size_t dropped = 0;
  while (before > allowed) before -= window.cells[dropped++].width;
  window.cells.erase(window.cells.begin(), window.cells.begin() + static_cast<std::ptrdiff_t>(dropped));
  window.cut_left = dropped > 0;
  for (; before + after > room; window.cut_right = true) {
    after -= window.cells.back().width;
    window.cells.pop_back();
  }
  return window;
}

uint32_t line_begin(std::string_view text, uint32_t offset) {
  while (offset > 0 && !is_line_end(text[offset - 1])) --offset;
  return offset;
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Edits (insert, delete, replace, swap neighbours) between two short names; a change of case alone counts nothing
/// here. Optimal string alignment: R. Wagner and M. Fischer's table with F. Damerau's transposition.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

constexpr size_t longest_name = 64;

}  // namespace

Place place_of(std::string_view text, uint32_t offset) {
  Place place;
  offset = std::min(offset, static_cast<uint32_t>(text.size()));
  uint32_t at = 0;
  while (at < offset) {
    const uint32_t size = std::max(decode(text, at).size, 1u);
    if (at + size > offset) break;  // inside a character: its place
    const bool is_half_of_crlf = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    if (is_line_end(text[at]) && !is_half_of_crlf) {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
    at += size;
  }
  return place;
}

std::string caret_picture(std::string_view text, Span span, size_t width) {
  const auto size = static_cast<uint32_t>(text.size());
  span.begin = std::min(span.begin, size);
  span.end = std::clamp(span.end, span.begin, size);
  // A span that begins between the two bytes of a line end belongs to the line before it.
  if (span.begin > 0 && span.begin < size && text[span.begin] == '\n' && text[span.begin - 1] == '\r') --span.begin;
  const Window window = window_around(text, line_begin(text, span.begin), span, width);
  // The width of a tab depends on what stands before it: where that has been cut, a tab is a blank.
  const bool keeps_tabs = !window.cut_left && !window.cut_right;
  std::string line = window.cut_left ? "…" : "";
  std::string carets = window.cut_left ? " " : "";
  bool is_marked = false;
  for (const Cell& cell : window.cells) {
    const bool is_tab = text[cell.offset] == '\t';
    line += is_tab && !keeps_tabs ? " " : shown(text, cell);
    if (cell.offset < span.begin) {
      carets += is_tab && keeps_tabs ? "\t" : std::string(cell.width, ' ');
    } else if (cell.offset < span.end || !is_marked) {
      for (uint32_t k = 0; k < cell.width; ++k, is_marked = true) carets += is_marked ? '~' : '^';
      // The mark takes a tab's first column; the tab itself moves what follows.
      if (is_tab && keeps_tabs && cell.offset + 1 < span.end) carets += '\t';
    }
  }
  if (!is_marked) carets += '^';
  if (window.cut_right) line += "…";
  return line + "\n" + carets;
}

std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.size() > longest_name) return "";
  // A third of the letters may differ; of one letter, only its case.
  const size_t allowed = (name.size() + 1) / 3;
  size_t least = allowed + 1;
  std::string_view best;
  for (std::string_view candidate : candidates) {
    const size_t longer = std::max(candidate.size(), name.size());
    if (candidate.empty() || longer - std::min(candidate.size(), name.size()) > allowed) continue;
    const size_t distance = edit_distance(name, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? "" : fmt::format("; did you mean `{}`?", near);
}

}  // namespace fuseval::frontend
