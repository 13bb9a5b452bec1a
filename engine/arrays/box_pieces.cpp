#include "engine/arrays/box_pieces.hpp"

#include <algorithm>

namespace fuseval::engine {

BoxPieces::BoxPieces(const Box& whole, int64_t largest) : whole_(whole), piece_(whole), done_(whole.is_empty()) {
  if (done_ || whole.lower.empty()) return;
  const Shape shape = whole.shape();
  int64_t inner = 1;
  axis_ = shape.size() - 1;
  while (axis_ > 0 && inner * shape[axis_] <= largest) inner *= shape[axis_--];
  extent_ = std::max<int64_t>(1, std::min(shape[axis_], largest / inner));
  for (size_t k = 0; k < axis_; ++k) piece_.upper[k] = piece_.lower[k] + 1;
  piece_.upper[axis_] = piece_.lower[axis_] + extent_;
}

int64_t BoxPieces::count() const {
  if (whole_.is_empty()) return 0;
  if (whole_.lower.empty()) return 1;
  const Shape shape = whole_.shape();
  int64_t count = (shape[axis_] + extent_ - 1) / extent_;
  for (size_t k = 0; k < axis_; ++k) count *= shape[k];
  return count;
}

std::optional<Box> BoxPieces::next() {
  if (done_) return std::nullopt;
  const Box result = piece_;
  done_ = true;
  for (size_t k = whole_.lower.empty() ? 0 : axis_ + 1; k-- > 0;) {
    const int64_t step = k == axis_ ? extent_ : 1;
    done_ = piece_.lower[k] + step >= whole_.upper[k];
    piece_.lower[k] = done_ ? whole_.lower[k] : piece_.lower[k] + step;
    piece_.upper[k] = std::min(piece_.lower[k] + step, whole_.upper[k]);
    if (!done_) break;
  }
  return result;
}

}  // namespace fuseval::engine
