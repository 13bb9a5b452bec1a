// What tests of programs over ranks share: data, parts of it cut in many ways, and results compared with one process's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace distributed_trial {

using fuseval::Array;
using fuseval::DistributedArray;
using fuseval::World;
using Offsets = std::vector<std::int64_t>;

inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

inline void require_code(const fuseval::Error& error, fv_status code, const std::string& what = "") {
  require(error.code() == code,
          what + ": " + std::to_string(error.code()) + " for " + std::to_string(code) + ": " + error.message());
}

inline std::vector<double> counted(std::int64_t count) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

// Counted, not drawn from a distribution, so that every standard library gives the same ones; no two alike, no sums
// exact.
inline std::vector<double> uneven_numbers(std::int64_t count, int seed) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::mt19937_64 generator(static_cast<std::uint64_t>(seed));
  for (double& number : numbers) number = std::ldexp(static_cast<double>(generator() >> 11), -51) - 1.5;
  return numbers;
}

/// Offsets of one seed: 0 even; others anywhere, so that ranks may have nothing.
inline Offsets offsets_of(std::int64_t extent, int ranks, int seed) {
  Offsets offsets{0};
  std::mt19937_64 generator(static_cast<std::uint64_t>(1000 * seed + ranks));
  for (std::int64_t rank = 1; rank < ranks; ++rank)
    offsets.push_back(seed == 0 ? extent * rank / ranks
                                : static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(extent + 1)));
  offsets.push_back(extent);
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

inline bool same_bits(const fuseval::View& found, const fuseval::View& expected) {
  const fv_view a = found.raw(), b = expected.raw();
  if (a.rank != b.rank || a.dtype != b.dtype || !std::equal(a.shape, a.shape + a.rank, b.shape)) return false;
  std::int64_t bytes = fv_dtype_size(b.dtype);
  for (int k = 0; k < b.rank; ++k) bytes *= b.shape[k];
  return std::memcmp(a.data, b.data, static_cast<std::size_t>(bytes)) == 0;
}

/// Rows and columns chosen so that neither ranks nor rows begin where canonical blocks do.
struct Data {
  std::int64_t rows, columns;
  std::vector<double> a = uneven_numbers(rows * columns, 1), b = uneven_numbers(rows * columns, 2);
  std::vector<double> along_rows = uneven_numbers(rows, 3), along_columns = uneven_numbers(columns, 4);
  std::vector<std::int32_t> k = whole_numbers();

  std::vector<std::int32_t> whole_numbers() const {
    std::vector<std::int32_t> result;
    for (const double number : a) result.push_back(static_cast<std::int32_t>(number * 10));
    return result;
  }
  fuseval::Bindings whole() const {
    return {{"a", fuseval::view(a.data(), {rows, columns})},
            {"b", fuseval::view(b.data(), {rows, columns})},
            {"k", fuseval::view(k.data(), {rows, columns})},
            {"u", fuseval::view(along_rows.data(), {rows})},
            {"v", fuseval::view(along_columns.data(), {columns})}};
  }
};

/// A call's layouts: `b` may be cut otherwise than `a`; `v` is on every rank.
struct Cut {
  int axis, seed, seed_of_b;
};

class Parts {
 public:
  Parts(const fuseval::Session& session, const World& world, const Data& data, const Cut& cut)
      : a_(scattered(session, world, data.a, data, cut.axis, cut.seed)),
        b_(scattered(session, world, data.b, data, cut.axis, cut.seed_of_b)),
        k_(scattered(session, world, data.k, data, cut.axis, cut.seed)),
        u_(session.scatter(world, fuseval::view(data.along_rows.data(), {data.rows}), 0, 0,
                           offsets_of(data.rows, world.size(), cut.seed))),
        v_(fuseval::view(data.along_columns.data(), {data.columns})) {}

  fuseval::Bindings bindings() const { return {{"a", a_}, {"b", b_}, {"k", k_}, {"u", u_}, {"v", v_}}; }
  const DistributedArray& a() const { return a_; }
  const DistributedArray& b() const { return b_; }
  const DistributedArray& k() const { return k_; }
  const DistributedArray& u() const { return u_; }
  const fuseval::View& v() const { return v_; }

 private:
  template <class T>
  static DistributedArray scattered(const fuseval::Session& session, const World& world, const std::vector<T>& numbers,
                                    const Data& data, int axis, int seed) {
    const auto whole = fuseval::view(numbers.data(), {data.rows, data.columns});
    return session.scatter(world, whole, 0, axis, offsets_of(axis == 0 ? data.rows : data.columns, world.size(), seed));
  }

  DistributedArray a_, b_, k_, u_;
  fuseval::View v_;
};

inline void check_results(const fuseval::Session& session, const fuseval::Result& found,
                          const fuseval::Result& expected, const std::string& what) {
  require(found.count() == expected.count(), what + ": another number of results");
  for (std::size_t r = 0; r < found.count(); ++r) {
    const Array wanted = expected[r], mine = session.to_host(found[r]);
    if (found.distribution(r).is_replicated())
      require(same_bits(mine.view(), wanted.view()), what + ": other bits, replicated");
    else
      require(same_bits(session.gather(DistributedArray(mine.view(), found.distribution(r))).view(), wanted.view()),
              what + ": other bits");
  }
}

}  // namespace distributed_trial
