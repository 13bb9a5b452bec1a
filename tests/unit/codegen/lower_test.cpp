// Every operation on every dtype of its domain, on all pairs of special values and on random ones, against plain C++.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "codegen/host/fold.hpp"
#include "scalar_reference.hpp"
#include "scalar_samples.hpp"

namespace fuseval::codegen::test {
namespace {

/// Floats in order as integers, so that neighbours differ by 1.
int64_t rank_of(HostValue x) {
  const bool narrow = x.dtype == DType::float32;
  const int64_t bits = narrow ? static_cast<int32_t>(x.bits) : static_cast<int64_t>(x.bits);
  const int64_t magnitude = narrow ? 0x7fffffff : 0x7fffffffffffffff;
  return bits < 0 ? -(bits & magnitude) : bits;
}
bool within(HostValue got, HostValue expected, int ulps) {
  if (same(got, expected)) return true;
  if (ulps == 0 || got.dtype != expected.dtype || std::isnan(host_get<double>(got))) return false;
  const int64_t a = rank_of(got), b = rank_of(expected);
  return (a < 0) == (b < 0) && a - b <= ulps && b - a <= ulps;
}

/// A negative power of an integer is refused before any kernel runs.
bool is_defined(Op op, DType loop, std::span<const HostValue> arguments) {
  if (op != Op::power || !is_signed(loop)) return true;
  return fold_cast(arguments[1], DType::int64).bits >> 63 == 0;
}

struct Tally {
  int64_t tried = 0, failed = 0;
  std::string first;
};

void try_one(Op op, DType loop, std::span<const HostValue> arguments, Tally& tally) {
  if (!is_defined(op, loop, arguments)) return;
  const HostValue got = fold(op, arguments), expected = reference(op, arguments);
  ++tally.tried;
  if (got.dtype == result_dtype(op, loop) && within(got, expected, allowed_ulps(op, loop))) return;
  if (++tally.failed > 1) return;
  tally.first = fmt::format("{}(", name_of(op));
  for (HostValue x : arguments) tally.first += show(x) + ", ";
  tally.first += fmt::format(") = {}, expected {}", show(got), show(expected));
}

void try_all(Op op, DType loop, Tally& tally) {
  std::mt19937_64 random(sample_seed);
  const OpInfo& row = info(op);
  const int extra = row.arity == 1 ? 3000 : row.arity == 2 ? 100 : 0;
  const std::vector<HostValue> values = sample_values(loop, extra, random);
  const std::vector<HostValue> first = op == Op::where ? special_values(DType::bool_) : values;
  if (row.arity == 1)
    for (HostValue a : values) try_one(op, loop, std::array{a}, tally);
  if (row.arity == 2)
    for (HostValue a : first)
      for (HostValue b : values) try_one(op, loop, std::array{a, b}, tally);
  if (row.arity == 3)
    for (HostValue a : first)
      for (HostValue b : values)
        for (HostValue c : values) try_one(op, loop, std::array{a, b, c}, tally);
}
void try_scale(DType loop, DType exponent, Tally& tally) {
  std::mt19937_64 random(sample_seed);
  std::vector<HostValue> exponents = special_values(exponent);
  HostEmitter emitter;
  for (int n = -2300; n <= 2300; n += n > -160 && n < 160 ? 1 : 7) exponents.push_back(emitter.integer(exponent, n));
  for (int n : {-1074, -1075, -1023, -1022, -1021, -969, 1023, 1024, 2097, 2098})
    exponents.push_back(emitter.integer(exponent, n));
  for (HostValue a : sample_values(loop, 200, random))
    for (HostValue n : exponents) try_one(Op::ldexp, loop, std::array{a, n}, tally);
}

TEST_CASE("every operation on every dtype of its domain") {
  MESSAGE("seed " << sample_seed);
  for (const OpInfo& row : all_ops())
    for (DType loop : loops_of(row.domain)) {
      Tally tally;
      if (row.domain == Domain::inexact_scale)
        for (DType exponent : {DType::int32, DType::int64}) try_scale(loop, exponent, tally);
      else
        try_all(row.op, loop, tally);
      CAPTURE(row.name);
      CAPTURE(name_of(loop));
      CAPTURE(tally.first);
      CHECK(tally.tried > 1);
      CHECK(tally.failed == 0);
    }
}

TEST_CASE("8-bit integers, all pairs") {
  for (const OpInfo& row : all_ops()) {
    if (row.arity != 2) continue;
    for (DType loop : loops_of(row.domain)) {
      if (!is_integer(loop) || size_of(loop) != 1) continue;
      Tally tally;
      for (uint64_t a = 0; a < 256; ++a)
        for (uint64_t b = 0; b < 256; ++b)
          try_one(row.op, loop, std::array{HostValue{loop, a}, HostValue{loop, b}}, tally);
      CAPTURE(tally.first);
      CHECK(tally.failed == 0);
    }
  }
}

}  // namespace
}  // namespace fuseval::codegen::test
