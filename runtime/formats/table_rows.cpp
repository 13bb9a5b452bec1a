#include "runtime/formats/table_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace fuseval::runtime {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr size_t piece_bytes = size_t{1} << 18;

bool is_line_end(char c) { return c == '\n' || c == '\r'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The first line that is neither empty nor a comment, without what is in quotes.
std::string first_line(std::string_view start) {
  std::string line;
  bool quoted = false;
  for (size_t at = start.starts_with(byte_order_mark) ? byte_order_mark.size() : 0; at < start.size(); ++at) {
    const char c = start[at];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (!is_line_end(c))
      line += c;
    else if (!line.empty() && line[0] != '#')
      return line;
    else
      line.clear();
  }
  return line;
}

}  // namespace

TableStyle TableStyle::of_first_line(std::string_view start, bool may_be_blanks) {
  const std::string line = first_line(start);
  const auto count = [&](char c) { return std::count(line.begin(), line.end(), c); };
  // "1,5;2,5" has decimal commas.
  if (count(';') > 0 && count(',') <= count(';') + 1) return {';'};
  if (count(',') > 0) return {','};
  if (count('\t') > 0 && !may_be_blanks) return {'\t'};
  return {may_be_blanks ? ' ' : ','};
}

TableRows::TableRows(ByteSource& source, TableStyle style) : source_(source), separator_(style.separator) {
  for (const char c : {style.separator, '\n', '\r', '\0'}) stops_[static_cast<unsigned char>(c)] = true;
  if (separator_ == ' ') stops_[static_cast<unsigned char>('\t')] = true;
  const std::string_view start = source_.peek(byte_order_mark.size());
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF"))
    source_.fail("it is a text in UTF-16: UTF-8 is read");
  char mark[byte_order_mark.size()];
  if (start == byte_order_mark) source_.read(mark, sizeof mark);
}

std::string TableRows::place(size_t column, const std::string& name) const {
  std::string shown;
  for (const char c : name.substr(0, 40)) shown += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
  return fmt::format("row {} (line {}), column {}{}", row_ - header_rows_, row_line_, column + 1,
                     shown.empty() ? "" : fmt::format(" ({})", shown));
}

/// While a row is scanned, row_ is that of the row before.
void TableRows::fail(size_t column, const std::string& reason) const {
  const int64_t row = row_ + 1 - header_rows_;
  source_.fail(fmt::format("row {} (line {}), column {}: {}", row, line_, column + 1, reason));
}

void TableRows::fail_on_length() const {
  fail(found_.empty() ? 0 : found_.size() - 1,
       fmt::format("the row is longer than {} bytes; a quote may be missing", most_row_bytes));
}

/// False: there is no more.
bool TableRows::refill() {
  if (at_end_) return false;
  if (end_ - begin_ > most_row_bytes + 1) fail_on_length();  // the last byte may belong to the line's end
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < end_ + piece_bytes) buffer_.resize(std::max(end_ + piece_bytes, 2 * end_));
  const size_t room = buffer_.size() - end_;
  const size_t got = source_.read(buffer_.data() + end_, room);
  end_ += got;
  at_end_ = got < room;
  return true;
}

void TableRows::skip_blanks(size_t& at) const {
  if (separator_ == ' ')
    while (at < end_ && is_blank(buffer_[at])) ++at;
}

void TableRows::scan_plain(size_t& at) {
  const size_t begin = at;
  while (at < end_ && !stops_[static_cast<unsigned char>(buffer_[at])]) ++at;
  found_.push_back({begin, at});
}

/// At the opening quote; ends behind the closing one.
TableRows::Scan TableRows::scan_quoted(size_t& at) {
  const size_t begin = ++at;
  bool has_quotes = false;
  for (; at < end_; ++at) {
    const char c = buffer_[at];
    if (c == '\n' || (c == '\r' && at + 1 < end_ && buffer_[at + 1] != '\n')) ++lines_in_row_;
    if (c != '"') continue;
    if (at + 1 == end_ && !at_end_) return Scan::incomplete;
    if (at + 1 == end_ || buffer_[at + 1] != '"') break;
    has_quotes = true;
    ++at;
  }
  if (at == end_ && !at_end_) return Scan::incomplete;
  if (at == end_) fail(found_.size(), "the opening quote of the cell has no closing quote");
  found_.push_back({begin, at++, true, has_quotes});
  if (at < end_ && !stops_[static_cast<unsigned char>(buffer_[at])])
    fail(found_.size() - 1, "there are characters after the closing quote of the cell");
  return Scan::row;
}

/// At a line's end, or the file's.
TableRows::Scan TableRows::end_of_line(size_t at) {
  if (at - begin_ > most_row_bytes) fail_on_length();
  if (at == end_ && !at_end_) return Scan::incomplete;
  if (at < end_ && buffer_[at] == '\r') {
    if (at + 1 == end_ && !at_end_) return Scan::incomplete;
    at += at + 1 < end_ && buffer_[at + 1] == '\n' ? 2 : 1;
  } else if (at < end_) {
    ++at;
  }
  ++lines_in_row_;
  begin_ = at;
  const bool is_empty =
      found_.empty() || (found_.size() == 1 && found_[0].begin == found_[0].end && !found_[0].is_quoted);
  return is_empty ? Scan::nothing : Scan::row;
}

TableRows::Scan TableRows::scan_comment() {
  size_t at = begin_;
  while (at < end_ && !is_line_end(buffer_[at])) ++at;
  const Scan scan = end_of_line(at);
  return scan == Scan::incomplete ? scan : Scan::nothing;
}

/// The next row from begin_ on, which is moved behind it unless it is incomplete.
TableRows::Scan TableRows::scan_row() {
  found_.clear();
  lines_in_row_ = 0;
  size_t at = begin_;
  skip_blanks(at);
  if (separator_ == ' ' && at < end_ && buffer_[at] == '#') return scan_comment();
  while (true) {
    if (separator_ == ' ' && (at == end_ || is_line_end(buffer_[at]))) return end_of_line(at);  // blanks at the end
    if (at < end_ && buffer_[at] == '"') {
      if (scan_quoted(at) == Scan::incomplete) return Scan::incomplete;
    } else {
      scan_plain(at);
    }
    if (at == end_ || is_line_end(buffer_[at])) return end_of_line(at);
    if (buffer_[at] == '\0') fail(found_.size() - 1, "there is a null byte, which a text table cannot contain");
    ++at;
    skip_blanks(at);
  }
}

void TableRows::publish() {
  cells_.clear();
  unquoted_.clear();
  for (const Cell& cell : found_) {
    const std::string_view text(buffer_.data() + cell.begin, cell.end - cell.begin);
    cells_.push_back(text);
    if (!cell.has_quotes) continue;
    std::string& plain = unquoted_.emplace_back();
    for (size_t k = 0; k < text.size(); ++k) {
      plain += text[k];
      if (text[k] == '"') ++k;  // the second of two
    }
    cells_.back() = plain;
  }
}

bool TableRows::next() {
  while (true) {
    if (begin_ == end_ && !refill()) return false;
    if (begin_ == end_ && at_end_) return false;
    const Scan scan = scan_row();
    if (scan == Scan::incomplete) {
      refill();
      continue;
    }
    row_line_ = line_;
    line_ += lines_in_row_;
    if (scan == Scan::nothing) continue;
    ++row_;
    publish();
    return true;
  }
}

}  // namespace fuseval::runtime
