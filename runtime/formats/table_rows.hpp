// Text tables cut into rows and cells.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/formats/byte_source.hpp"

namespace fuseval::runtime {

/// How a text table is written.
struct TableStyle {
  /// Between cells; ' ' stands for any number of blanks and tabs, and lines that begin with # are then comments.
  char separator = ',';

  /// As its first line has it, for a table whose separator may be a comma, a semicolon, a tab or (last) blanks.
  static TableStyle of_first_line(std::string_view start, bool may_be_blanks);
};

/// Reads a table row by row, as RFC 4180 has it: cells in "…" may hold separators, line ends and "" for a quote; lines
/// end with LF, CRLF or CR. Lines without anything are no rows. A byte order mark is skipped. Holds a row at a time,
/// which has at most most_row_bytes. Errors: file, with the row and column.
class TableRows {
 public:
  static constexpr size_t most_row_bytes = size_t{64} << 20;

  TableRows(ByteSource& source, TableStyle style);

  /// The next row; false at the end.
  bool next();
  /// The cells of the row, without quotes; valid until next().
  const std::vector<std::string_view>& cells() const { return cells_; }
  /// From 1, with the header if there is one.
  int64_t row() const { return row_; }
  /// The line that the row begins in, from 1.
  int64_t line() const { return row_line_; }

  /// "row 3 (line 4), column 2 (name)", rows counted behind the header.
  std::string place(size_t column, const std::string& name) const;
  /// Rows that are a header: 0 or 1, and 0 until it is said.
  int64_t header_rows() const { return header_rows_; }
  void set_header_rows(int64_t rows) { header_rows_ = rows; }

 private:
  struct Cell {
    size_t begin, end;
    bool is_quoted = false;
    bool has_quotes = false;  ///< "" within
  };
  enum class Scan { row, nothing, incomplete };

  Scan scan_row();
  Scan scan_comment();
  Scan scan_quoted(size_t& at);
  void scan_plain(size_t& at);
  Scan end_of_line(size_t at);
  void skip_blanks(size_t& at) const;
  bool refill();
  void publish();
  [[noreturn]] void fail(size_t column, const std::string& reason) const;
  [[noreturn]] void fail_on_length() const;

  ByteSource& source_;
  const char separator_;
  bool stops_[256] = {};
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;  ///< of what is not yet read
  bool at_end_ = false;
  int64_t row_ = 0, line_ = 1, row_line_ = 1, header_rows_ = 0;
  int64_t lines_in_row_ = 0;
  std::vector<Cell> found_;
  std::vector<std::string_view> cells_;
  std::deque<std::string> unquoted_;
};

}  // namespace fuseval::runtime
