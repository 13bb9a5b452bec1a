// What the tests of the engine share: numbers, arrays in every layout, sessions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"

namespace engine_test {

using Shape = std::vector<std::int64_t>;

inline constexpr std::uint64_t seed = 20260211;

/// Wide in magnitude, so that every change of an order of summation shows in the last bits.
template <class T>
std::vector<T> rough_numbers(std::size_t count, std::uint64_t salt = 0) {
  std::mt19937_64 random(seed + salt);
  std::vector<T> numbers(count);
  for (T& x : numbers) {
    const auto mantissa = static_cast<double>(static_cast<std::int64_t>(random()));
    x = static_cast<T>(std::ldexp(mantissa, static_cast<int>(random() % 20) - 70));
  }
  return numbers;
}

/// Near 1, so that products of many stay finite and keep all their bits.
template <class T>
std::vector<T> near_one(std::size_t count, std::uint64_t salt = 0) {
  std::vector<T> numbers = rough_numbers<T>(count, salt);
  for (T& x : numbers) x = static_cast<T>(1 + std::remainder(static_cast<double>(x) * 0x1p20, 1.0) * 1e-3);
  return numbers;
}

inline std::int64_t count_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

/// Moves to the next index in C order; false after the last.
inline bool advance(Shape& index, const Shape& shape) {
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (++index[axis] < shape[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

enum class Layout { contiguous, transposed, strided, negative, broadcast, unaligned };
inline constexpr Layout all_layouts[] = {Layout::contiguous, Layout::transposed, Layout::strided,
                                         Layout::negative,   Layout::broadcast,  Layout::unaligned};

inline const char* name_of(Layout layout) {
  switch (layout) {
    case Layout::contiguous:
      return "contiguous";
    case Layout::transposed:
      return "transposed";
    case Layout::strided:
      return "strided";
    case Layout::negative:
      return "negative";
    case Layout::broadcast:
      return "broadcast";
    case Layout::unaligned:
      return "unaligned";
  }
  return "";
}

/// An array of the given logical values in memory of its own. Layout::broadcast gives axis 0 a stride of 0: the values
/// of its index 0 are repeated.
template <class T>
class Array {
 public:
  Array(std::vector<T> values, Shape shape, Layout layout)
      : values_(std::move(values)), shape_(std::move(shape)), strides_(shape_.size()) {
    const std::int64_t size = sizeof(T);
    std::int64_t bytes = size;
    if (layout == Layout::transposed)
      for (std::size_t k = 0; k < shape_.size(); ++k) place_axis(k, bytes);
    else
      for (std::size_t k = shape_.size(); k-- > 0;) {
        if (layout == Layout::strided) bytes = bytes * 2 + size;
        place_axis(k, layout == Layout::broadcast && k == 0 ? no_bytes_ : bytes);
      }
    std::int64_t first = layout == Layout::unaligned ? 1 : 0;
    if (layout == Layout::negative)
      for (std::size_t k = 0; k < shape_.size(); ++k) {
        first += strides_[k] * (shape_[k] - 1);
        strides_[k] = -strides_[k];
      }
    if (layout == Layout::broadcast && !shape_.empty()) repeat_first_axis();
    memory_.assign(static_cast<std::size_t>(bytes) + 1, 0x7f);
    data_ = first;
    store();
  }

  const std::vector<T>& values() const { return values_; }
  const Shape& shape() const { return shape_; }
  fuseval::View view() const {
    return fuseval::View(const_cast<char*>(memory_.data()) + data_, fuseval::dtype_of<T>(), shape_, strides_,
                         FV_VIEW_READONLY);
  }

 private:
  void place_axis(std::size_t axis, std::int64_t& bytes) {
    strides_[axis] = bytes;
    bytes *= shape_[axis];
  }
  void repeat_first_axis() {
    const std::size_t row = values_.size() / static_cast<std::size_t>(shape_[0]);
    for (std::size_t k = row; k < values_.size(); ++k) values_[k] = values_[k - row];
  }
  void store() {
    Shape index(shape_.size(), 0);
    std::size_t next = 0;
    if (!values_.empty()) do {
        std::int64_t at = data_;
        for (std::size_t k = 0; k < index.size(); ++k) at += index[k] * strides_[k];
        const T value = values_[next++];  // a copy: std::vector<bool> has no elements to point to
        std::memcpy(memory_.data() + at, &value, sizeof(T));
      } while (advance(index, shape_));
  }

  std::vector<T> values_;
  Shape shape_;
  Shape strides_;
  std::vector<char> memory_;
  std::int64_t data_ = 0;
  std::int64_t no_bytes_ = 0;
};

/// Equal bits; all NaNs are one.
template <class T>
bool same_bits(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof a) == 0;
}

/// The index of the first difference, or -1.
template <class T>
std::int64_t first_difference(const T* a, const T* b, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k)
    if (!same_bits(a[k], b[k])) return static_cast<std::int64_t>(k);
  return -1;
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline bool has_avx512() { return __builtin_cpu_supports("avx512f") != 0; }

/// The vector widths that this CPU has.
inline std::vector<int> vector_widths() { return has_avx512() ? std::vector<int>{256, 512} : std::vector<int>{256}; }

inline fuseval::Session session_of(int threads, int vector_bits = 0) {
  fuseval::SessionOptions options;
  options.threads = threads;
  options.vector_bits = vector_bits;
  return fuseval::Session(options);
}

inline fuseval::RunOptions with_threads(int threads) {
  fuseval::RunOptions options;
  options.threads = threads;
  return options;
}

}  // namespace engine_test
