// The cells of one column, whose dtype is found while they come.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {

/// Whether a cell can be a value: a number, true or false, or missing (empty, NA).
bool is_value(std::string_view cell);

/// int64 while all cells are integers in its range, float64 once one is another number, or missing (which is NaN); bool
/// where all are true or false (in any of Python's, C's and R's spellings). Anything else makes it a column of words,
/// which has no values.
class TableColumn {
 public:
  /// `place` says where the cell is, for the fault.
  template <class Place>
  void add(std::string_view cell, const Place& place) {
    if (kind_ != Kind::words && !try_to_add(cell)) make_words(place() + ": " + refusal(cell));
  }

  DType dtype() const;
  /// "": it has values. Else the first cell that is none: "row 3 (line 4), column 1 (x): 'abc' is no number".
  const std::string& fault() const { return fault_; }
  size_t size() const { return cells_.size(); }
  /// Converted to `dtype`, which is the column's or one that it promotes to; `step` bytes apart.
  void store(char* target, DType dtype, size_t step) const;

 private:
  enum class Kind { unknown, boolean, integer, real, words };

  bool try_to_add(std::string_view cell);
  bool add_boolean(std::string_view cell);
  bool add_number(std::string_view cell);
  void add_real(double value);
  void become_real();
  void make_words(std::string fault);
  std::string refusal(std::string_view cell) const;
  template <class T>
  void store_as(char* target, size_t step) const;

  Kind kind_ = Kind::unknown;
  std::vector<uint64_t> cells_;  ///< 0 and 1, or the bits of int64 or of float64
  std::string fault_;
};

}  // namespace fuseval::runtime
