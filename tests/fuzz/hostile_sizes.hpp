// Texts and views whose extents, strides and shapes are at the ends of what 64 bits hold, alone or multiplied and
// added.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace fuseval::fuzz {

struct HostileLayout {
  std::vector<std::int64_t> shape, strides;

  /// The lowest and one past the highest byte of elements of `itemsize` bytes, in 128 bits; false: no elements.
  bool reach(std::int64_t itemsize, __int128& begin, __int128& end) const;
  /// Whether nothing is beyond 2^60 bytes from the first element, and the extents multiply to 2^56 at most.
  bool is_lawful(std::int64_t itemsize) const;
};

class HostileSizes {
 public:
  explicit HostileSizes(std::uint64_t seed) : random_(seed) {}

  /// An expression over nothing, or over `a`, an array of two axes.
  std::string text();
  /// Sums of reductions that are stored, whose sizes come to a little over 2^64 bytes together.
  std::string sum_of_temporaries();
  HostileLayout layout();

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }
  unsigned __int128 extent();
  std::string number() { return decimal(extent()); }
  static std::string decimal(unsigned __int128 value);
  /// Two extents whose product is a little over a power of two.
  std::vector<std::string> factors();
  std::string array();
  std::string viewed(const std::string& array);
  std::string reduced(const std::string& array);

  std::mt19937_64 random_;
};

}  // namespace fuseval::fuzz
