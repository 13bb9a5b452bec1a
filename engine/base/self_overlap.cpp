// Two elements i != j share a byte exactly when |sum over k of stride[k] * (j[k] - i[k])| < itemsize. So we look for
// differences d, not all 0, with |d[k]| < extent[k], whose weighted sum is that small: a bounded integer relation,
// which is NP-hard in general (it holds subset sum) and easy for every layout that anyone makes.
//
// Axes are taken from the longest stride to the shortest. What the shorter axes can still add has a bound, the reach,
// and is a multiple of their strides' greatest common divisor (the grain); so at each axis only the differences whose
// partial sum can still come back to 0 are tried. When every stride is at least the reach of the shorter ones plus an
// element, the only one is 0 at each axis: slices, transposes and flips of C-ordered arrays end there, and nothing is
// searched.
#include "engine/base/self_overlap.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace fuseval::engine {
namespace {

struct Axis {
  size_t position;
  int64_t stride;                ///< not negative: a flip moves no element
  int64_t most;                  ///< of a difference: extent - 1
  int64_t reach = 0, grain = 0;  ///< of the axes behind this one
};

std::vector<Axis> axes_of(const ArrayLayout& layout) {
  std::vector<Axis> axes;
  for (size_t k = 0; k < layout.shape.size(); ++k)
    if (layout.shape[k] > 1) axes.push_back({k, std::abs(layout.strides[k]), layout.shape[k] - 1});
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.stride > b.stride; });
  for (size_t k = axes.size(); k-- > 1;) {
    axes[k - 1].reach = axes[k].reach + axes[k].stride * axes[k].most;
    axes[k - 1].grain = std::gcd(axes[k].grain, axes[k].stride);
  }
  return axes;
}

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

class Search {
 public:
  Search(std::vector<Axis> axes, int64_t itemsize, int64_t steps)
      : axes_(std::move(axes)), itemsize_(itemsize), steps_(steps), differences_(axes_.size()) {}

  SelfOverlap::Answer run() { return visit(0, 0, false); }
  const std::vector<Axis>& axes() const { return axes_; }
  const std::vector<int64_t>& differences() const { return differences_; }

 private:
  // Whether the axes behind k can bring `sum` within an element of 0.
  bool can_return(const Axis& axis, int64_t sum) const {
    if (axis.grain == 0) return std::abs(sum) < itemsize_;
    const int64_t rest = std::abs(sum) % axis.grain;
    return std::min(rest, axis.grain - rest) < itemsize_;
  }

  // The sum of the axes before k is `sum`; `moves`: one of them has a difference that is not 0. The first that is not
  // is taken positive: the negated differences have the negated sum.
  SelfOverlap::Answer visit(size_t k, int64_t sum, bool moves) {
    if (k == axes_.size()) return moves ? SelfOverlap::yes : SelfOverlap::no;
    const Axis& axis = axes_[k];
    const int64_t slack = axis.reach + itemsize_ - 1;
    int64_t low = moves ? -axis.most : 0, high = axis.most;
    if (axis.stride > 0) {
      low = std::max(low, -floor_divide(sum + slack, axis.stride));
      high = std::min(high, floor_divide(slack - sum, axis.stride));
    }
    for (int64_t difference = low; difference <= high; ++difference) {
      if (--steps_ < 0) return SelfOverlap::undecided;
      const int64_t next = sum + difference * axis.stride;
      if (!can_return(axis, next)) continue;
      differences_[k] = difference;
      const SelfOverlap::Answer answer = visit(k + 1, next, moves || difference != 0);
      if (answer != SelfOverlap::no) return answer;
    }
    return SelfOverlap::no;
  }

  std::vector<Axis> axes_;
  int64_t itemsize_;
  int64_t steps_;
  std::vector<int64_t> differences_;
};

}  // namespace

SelfOverlap self_overlap(const ArrayLayout& layout, int64_t itemsize, int64_t most_steps) {
  if (std::find(layout.shape.begin(), layout.shape.end(), 0) != layout.shape.end()) return {};
  Search search(axes_of(layout), itemsize, most_steps);
  SelfOverlap result{search.run(), {}, {}};
  if (result.answer != SelfOverlap::yes) return result;
  result.first = result.second = Shape(layout.shape.size(), 0);
  for (size_t k = 0; k < search.axes().size(); ++k) {
    const size_t position = search.axes()[k].position;
    const bool forward = (search.differences()[k] > 0) == (layout.strides[position] >= 0);
    (forward ? result.second : result.first)[position] = std::abs(search.differences()[k]);
  }
  return result;
}

}  // namespace fuseval::engine
