// Every operation in every dtype, on special and random values and in every layout, as CUDA text against the
// interpreter. A text has all operations of an arity: so they compile in a tenth of the time.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
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

/// The operations of one arity that have a loop in a dtype.
std::vector<Op> operations(int arity, DType dtype) {
  std::vector<Op> list;
  for (const OpInfo& row : all_ops()) {
    const std::vector<DType> loops = codegen::test::loops_of(row.domain);
    if (row.arity == arity && row.op != Op::ldexp && std::ranges::count(loops, dtype) > 0) list.push_back(row.op);
  }
  return list;
}

/// Of a text's operations; the text is read by the compiler only once.
void store_all(NestBuilder& builder, const std::vector<Op>& ops, const std::vector<uint32_t>& arguments) {
  for (const Op op : ops) builder.store(builder.op(op, arguments), builder.c_strides());
}

size_t add_unary(Batch& batch, DType dtype) {
  const std::vector<Op> ops = operations(1, dtype);
  const auto values = samples(dtype, 700);
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{static_cast<int64_t>(values.size())});
  const uint32_t a = builder->load(dtype, {1});
  fill(builder->memory(a), values);
  store_all(*builder, ops, {a});
  if (!ops.empty()) batch.add(std::move(builder), fmt::format("unary {}", name_of(dtype)));
  return ops.size();
}

size_t add_binary(Batch& batch, const std::vector<Op>& ops, DType first, DType second) {
  const auto left = samples(first, 12), right = samples(second, 12);
  auto builder = std::make_unique<NestBuilder>(
      std::vector<int64_t>{static_cast<int64_t>(left.size()), static_cast<int64_t>(right.size())});
  const uint32_t a = builder->load(first, {1, 0}), b = builder->load(second, {0, 1});
  fill(builder->memory(a), left);
  fill(builder->memory(b), right);
  store_all(*builder, ops, {a, b});
  if (!ops.empty()) batch.add(std::move(builder), fmt::format("binary {}", name_of(first)));
  return ops.size();
}

size_t add_ternary(Batch& batch, DType dtype) {
  const std::vector<Op> ops = operations(3, dtype);
  const auto values = samples(dtype, 0);
  const auto n = static_cast<int64_t>(values.size());
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{n, n, n});
  const uint32_t a = builder->load(dtype, {1, 0, 0}), b = builder->load(dtype, {0, 1, 0});
  const uint32_t c = builder->load(dtype, {0, 0, 1});
  const uint32_t mask = builder->load(DType::bool_, {0, 0, 1});  // any byte but 0 is true
  for (const uint32_t operand : {a, b, c}) fill(builder->memory(operand), values);
  for (int64_t k = 0; k < n; ++k) builder->memory(mask)[k] = static_cast<char>(k % 2 * 77);
  for (const Op op : ops) store_all(*builder, {op}, op == Op::where ? std::vector{mask, a, b} : std::vector{a, b, c});
  if (!ops.empty()) batch.add(std::move(builder), fmt::format("ternary {}", name_of(dtype)));
  return ops.size();
}

/// Strides in elements of a matrix's layout.
struct Layout {
  const char* name;
  std::vector<int64_t> strides;
};

/// Every operation that has a loop in a dtype, its operands in a layout, and each stored in that layout.
size_t add_in_layout(Batch& batch, DType dtype, const Layout& layout) {
  size_t count = 0;
  for (int arity = 1; arity <= 3; ++arity) {
    const std::vector<Op> ops = operations(arity, dtype);
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{9, 35}, std::vector<int64_t>{},
                                                 static_cast<uint32_t>(dtype) + 5);
    std::vector<uint32_t> arguments;
    for (int k = 0; k < arity; ++k) arguments.push_back(builder->load(dtype, layout.strides));
    const uint32_t mask = builder->load(DType::bool_, layout.strides);
    std::vector<int64_t> to = layout.strides;
    if (to[0] == 0) to[0] = 35;  // elements of outputs do not repeat
    for (const Op op : ops) {
      std::vector<uint32_t> given = arguments;
      if (op == Op::where) given[0] = mask;
      builder->store(builder->op(op, given), to);
    }
    count += ops.size();
    if (!ops.empty()) batch.add(std::move(builder), fmt::format("{} {}", layout.name, name_of(dtype)));
  }
  return count;
}

}  // namespace

TEST_CASE("every operation and dtype has the interpreter's bits") {
  Batch batch;
  size_t count = 0;
  for (const DType dtype : computed_dtypes) {
    count += add_unary(batch, dtype);
    count += add_binary(batch, operations(2, dtype), dtype, dtype);
    count += add_ternary(batch, dtype);
  }
  for (const DType dtype : codegen::test::loops_of(info(Op::ldexp).domain))
    for (const DType exponent : {DType::int32, DType::int64}) count += add_binary(batch, {Op::ldexp}, dtype, exponent);
  CHECK(count > 370);
  batch.run();
}

TEST_CASE("every operation, dtype and layout has the interpreter's bits") {
  Batch batch;
  size_t count = 0;
  for (const DType dtype : computed_dtypes)
    for (const Layout& layout : {Layout{"transposed", {1, 9}},
                                 {"stepped", {140, 2}},
                                 {"reversed", {-35, -1}},
                                 {"broadcast", {0, 1}},
                                 {"a window of rows that are not aligned", {37, 1}}})
      count += add_in_layout(batch, dtype, layout);
  CHECK(count > 1800);
  batch.run();
}

TEST_CASE("every cast has the interpreter's bits") {
  Batch batch;
  for (const DType from : computed_dtypes) {
    const auto values = samples(from, 500);
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{static_cast<int64_t>(values.size())});
    const uint32_t a = builder->load(from, {1});
    fill(builder->memory(a), values);
    for (const DType to : computed_dtypes) builder->store(builder->cast(a, to), {1});
    batch.add(std::move(builder), fmt::format("from {}", name_of(from)));
  }
  CHECK(batch.run() >= 11);
}

}  // namespace fuseval::test
