// Values to try operations on: the special ones of each dtype, and random bits.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "codegen/host/host_emitter.hpp"
#include "ir/ops.hpp"

namespace fuseval::codegen::test {

inline constexpr uint64_t sample_seed = 20240611;

/// Zeros, ones, extremes, infinities, NaN, subnormals and numbers near them.
std::vector<HostValue> special_values(DType dtype);
/// The special values, then `count` of random bits and random magnitudes.
std::vector<HostValue> sample_values(DType dtype, int count, std::mt19937_64& random);
/// The dtypes that an op of this domain has loops for.
std::vector<DType> loops_of(Domain domain);
/// The same bits, or both NaN.
bool same(HostValue a, HostValue b);
/// "float64 -0x1.8p+3".
std::string show(HostValue value);

}  // namespace fuseval::codegen::test
