#include "tools/picture/line_points.hpp"

#include <algorithm>

namespace fuseval::tools {
namespace {

/// Gathers points; a gap ends a piece.
class Pieces {
 public:
  void add(std::int64_t index, double value) {
    if (is_open_) {
      pieces_.back().push_back({static_cast<double>(index), value});
    } else {
      pieces_.push_back({{static_cast<double>(index), value}});
      is_open_ = true;
    }
  }
  void gap() { is_open_ = false; }
  LinePieces take() { return std::move(pieces_); }

 private:
  LinePieces pieces_;
  bool is_open_ = false;
};

struct Column {
  std::int64_t first = -1, lowest = -1, highest = -1, last = -1;  ///< indices of finite elements; -1: there are none
  double low = 0, high = 0;

  void take(std::int64_t index, double value) {
    if (first < 0) {
      first = lowest = highest = index;
      low = high = value;
    }
    last = index;
    if (value < low) low = value, lowest = index;
    if (value > high) high = value, highest = index;
  }
};

template <class T>
class Line {
 public:
  explicit Line(const Elements& elements)
      : address_(elements.address()), stride_(elements.stride(0)), count_(elements.extent(0)) {}

  LinePieces all() const {
    Pieces pieces;
    for (std::int64_t i = 0; i < count_; ++i) is_finite(value(i)) ? pieces.add(i, value(i)) : pieces.gap();
    return pieces.take();
  }

  LinePieces reduced(int columns) const {
    Pieces pieces;
    for (int k = 0; k < columns; ++k) {
      const Column column = read(begin(k, columns), begin(k + 1, columns));
      column.first < 0 ? pieces.gap() : add(column, pieces);
    }
    return pieces.take();
  }

 private:
  double value(std::int64_t index) const { return number<T>(address_ + index * stride_); }
  std::int64_t begin(int column, int columns) const {
    return static_cast<std::int64_t>(static_cast<long double>(count_) * column / columns);
  }

  Column read(std::int64_t begin, std::int64_t end) const {
    Column column;
    for (std::int64_t i = begin; i < end; ++i)
      if (is_finite(value(i))) column.take(i, value(i));
    return column;
  }

  void add(const Column& column, Pieces& pieces) const {
    const auto [earlier, later] = std::minmax(column.lowest, column.highest);
    std::int64_t before = -1;
    for (const std::int64_t index : {column.first, earlier, later, column.last}) {
      if (index != before) pieces.add(index, value(index));
      before = index;
    }
  }

  const char* address_;
  std::int64_t stride_;
  std::int64_t count_;
};

}  // namespace

LinePieces line_points(const Elements& elements, int columns) {
  return with_element_type(elements.dtype(), [&](auto example) {
    const Line<decltype(example)> line(elements);
    return elements.count() > std::int64_t{4} * columns ? line.reduced(columns) : line.all();
  });
}

}  // namespace fuseval::tools
