// Every operation of the table, in every dtype that has a loop, compiled and interpreted: the emitter's primitives give
// the host's bits.
#include <doctest/doctest.h>

#include <array>

#include "harness.hpp"

namespace fuseval::test {
namespace {

// The dtypes in which Graph::scalar builds an op (bind casts everything else first).
bool has_loop(Domain domain, DType dtype) {
  switch (domain) {
    case Domain::any:
    case Domain::numeric_or_bool:
    case Domain::real_or_bool:
      return true;
    case Domain::numeric:
    case Domain::numeric_power:
    case Domain::real_no_bool:
      return !is_bool(dtype);
    case Domain::integer:
      return is_integer(dtype);
    case Domain::integer_or_bool:
      return !is_float(dtype);
    case Domain::truth:
      return is_bool(dtype);
    case Domain::inexact:
    case Domain::inexact_division:
    case Domain::inexact_scale:
      return is_float(dtype);
  }
  return false;
}

void build(NestBuilder& builder, const OpInfo& op, DType dtype) {
  std::array<DType, 3> dtypes = {dtype, dtype, dtype};
  if (op.op == Op::where) dtypes[0] = DType::bool_;
  if (op.op == Op::ldexp) dtypes[1] = DType::int32;
  std::vector<uint32_t> arguments;
  for (int k = 0; k < op.arity; ++k) arguments.push_back(builder.load(dtypes[static_cast<size_t>(k)], {1}));
  builder.store(builder.op(op.op, arguments), {1});
}

void check(NestBuilder& builder, const std::string& what) {
  const std::string expected = run_interpreted(builder);
  for (const int bits : vector_widths()) {
    RunOptions options;
    options.target.vector_bits = bits;
    INFO(what, " bits ", bits);
    CHECK(run_compiled(builder, options) == expected);
  }
}

}  // namespace

TEST_CASE("every operation in every dtype") {
  for (const OpInfo& op : all_ops())
    for (const DType dtype : computed_dtypes) {
      if (!has_loop(op.domain, dtype)) continue;
      NestBuilder builder({301}, {}, static_cast<uint32_t>(op.op) * 16 + static_cast<uint32_t>(dtype));
      build(builder, op, dtype);
      check(builder, std::string(op.name) + " " + std::string(name_of(dtype)));
    }
}

TEST_CASE("every cast") {
  for (const DType from : computed_dtypes)
    for (const DType to : computed_dtypes) {
      NestBuilder builder({301}, {}, static_cast<uint32_t>(from) * 16 + static_cast<uint32_t>(to));
      builder.store(builder.cast(builder.load(from, {1}), to), {1});
      check(builder, std::string(name_of(from)) + " to " + std::string(name_of(to)));
    }
}

}  // namespace fuseval::test
