// Every operation in every dtype, on special and random values, as CUDA text against the interpreter.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>

#include "../codegen/scalar_samples.hpp"
#include "batch.hpp"

namespace fuseval::test {
namespace {

using codegen::HostValue;
using codegen::test::sample_values;

std::vector<HostValue> samples(DType dtype, int random_count) {
  std::mt19937_64 random(codegen::test::sample_seed);
  return sample_values(dtype, random_count, random);
}

void fill(char* memory, const std::vector<HostValue>& values) {
  for (const HostValue& value : values) {
    std::memcpy(memory, &value.bits, static_cast<size_t>(size_of(value.dtype)));
    memory += size_of(value.dtype);
  }
}

void add_unary(Batch& batch, Op op, DType dtype) {
  const auto values = samples(dtype, 700);
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{static_cast<int64_t>(values.size())});
  const uint32_t a = builder->load(dtype, {1});
  fill(builder->memory(a), values);
  builder->store(builder->op(op, {a}), {1});
  batch.add(std::move(builder), fmt::format("{} {}", name_of(op), name_of(dtype)));
}

void add_binary(Batch& batch, Op op, DType first, DType second) {
  const auto left = samples(first, 12), right = samples(second, 12);
  auto builder = std::make_unique<NestBuilder>(
      std::vector<int64_t>{static_cast<int64_t>(left.size()), static_cast<int64_t>(right.size())});
  const uint32_t a = builder->load(first, {1, 0}), b = builder->load(second, {0, 1});
  fill(builder->memory(a), left);
  fill(builder->memory(b), right);
  builder->store(builder->op(op, {a, b}), builder->c_strides());
  batch.add(std::move(builder), fmt::format("{} {}", name_of(op), name_of(first)));
}

void add_ternary(Batch& batch, Op op, DType dtype) {
  const auto values = samples(dtype, 0);
  const auto n = static_cast<int64_t>(values.size());
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{n, n, op == Op::where ? 2 : n});
  const uint32_t a = builder->load(dtype, {1, 0, 0}), b = builder->load(dtype, {0, 1, 0});
  fill(builder->memory(a), values);
  fill(builder->memory(b), values);
  if (op == Op::where) {
    const uint32_t mask = builder->load(DType::bool_, {0, 0, 1});
    builder->memory(mask)[0] = 0;
    builder->memory(mask)[1] = 77;  // any byte but 0 is true
    builder->store(builder->op(op, {mask, a, b}), builder->c_strides());
  } else {
    const uint32_t c = builder->load(dtype, {0, 0, 1});
    fill(builder->memory(c), values);
    builder->store(builder->op(op, {a, b, c}), builder->c_strides());
  }
  batch.add(std::move(builder), fmt::format("{} {}", name_of(op), name_of(dtype)));
}

void add_op(Batch& batch, const OpInfo& row, DType dtype) {
  if (row.arity == 1) return add_unary(batch, row.op, dtype);
  if (row.arity == 3) return add_ternary(batch, row.op, dtype);
  if (row.op != Op::ldexp) return add_binary(batch, row.op, dtype, dtype);
  for (const DType exponent : {DType::int32, DType::int64}) add_binary(batch, row.op, dtype, exponent);
}

}  // namespace

TEST_CASE("every operation and dtype has the interpreter's bits") {
  Batch batch;
  for (const OpInfo& row : all_ops())
    for (const DType dtype : codegen::test::loops_of(row.domain)) add_op(batch, row, dtype);
  CHECK(batch.run() > 500);
}

TEST_CASE("every cast has the interpreter's bits") {
  Batch batch;
  for (const DType from : computed_dtypes)
    for (const DType to : computed_dtypes) {
      const auto values = samples(from, 500);
      auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{static_cast<int64_t>(values.size())});
      const uint32_t a = builder->load(from, {1});
      fill(builder->memory(a), values);
      builder->store(builder->cast(a, to), {1});
      batch.add(std::move(builder), fmt::format("{} to {}", name_of(from), name_of(to)));
    }
  CHECK(batch.run() > 120);
}

}  // namespace fuseval::test
