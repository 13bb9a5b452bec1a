#include "runtime/element_stream.hpp"

#include <algorithm>
#include <cstring>

namespace fuseval::runtime {
namespace {

constexpr size_t staging_bytes = size_t{1} << 18;

/// Elements in C order, gathered in a staging buffer.
class Gatherer {
 public:
  Gatherer(const ArrayView& view, const std::function<void(const char*, size_t)>& take)
      : take_(take), view_(view), width_(static_cast<size_t>(size_of(view.dtype))), staging_(staging_bytes) {}

  void run() {
    axis(0, view_.data);
    take_(staging_.data(), used_);
  }

 private:
  void axis(size_t k, const char* data) {
    if (k == view_.shape.size()) return element(data);
    for (int64_t i = 0; i < view_.shape[k]; ++i) axis(k + 1, data + i * view_.strides[k]);
  }

  void element(const char* data) {
    if (used_ + width_ > staging_bytes) {
      take_(staging_.data(), used_);
      used_ = 0;
    }
    std::memcpy(staging_.data() + used_, data, width_);
    used_ += width_;
  }

  const std::function<void(const char*, size_t)>& take_;
  const ArrayView& view_;
  size_t width_;
  Buffer staging_;
  size_t used_ = 0;
};

}  // namespace

bool is_c_contiguous(const ArrayView& view) {
  int64_t step = size_of(view.dtype);
  for (size_t k = view.shape.size(); k-- > 0;) {
    if (view.shape[k] == 0) return true;
    if (view.shape[k] != 1 && view.strides[k] != step) return false;
    step *= view.shape[k];
  }
  return true;
}

ArrayView transposed(ArrayView view) {
  std::reverse(view.shape.begin(), view.shape.end());
  std::reverse(view.strides.begin(), view.strides.end());
  return view;
}

void stream_elements(const ArrayView& view, const std::function<void(const char* data, size_t bytes)>& take) {
  if (!is_c_contiguous(view)) return Gatherer(view, take).run();
  take(view.data, static_cast<size_t>(element_count(view.shape)) * static_cast<size_t>(size_of(view.dtype)));
}

}  // namespace fuseval::runtime
