// The tests above must notice what is wrong in a text: each of these changes has to give other bits.
#include <doctest/doctest.h>

#include "batch.hpp"

namespace fuseval::test {
namespace {

struct Mutation {
  const char* from;
  const char* to;
};

std::string replaced(const std::string& text, const Mutation& mutation) {
  const size_t nest = text.find("// the nest"), at = text.find(mutation.from, nest);
  if (at == std::string::npos) return text;
  return text.substr(0, at) + mutation.to + text.substr(at + std::string(mutation.from).size());
}

void add_row(Batch& batch, std::vector<int64_t> parallel, int64_t n) {
  auto builder = std::make_unique<NestBuilder>(std::move(parallel), std::vector<int64_t>{n}, 3, false);
  builder->tame = true;
  builder->accumulate(Reduction::sum, builder->op(Op::fma, {builder->load(DType::float32, builder->c_strides()),
                                                            builder->constant(DType::float32, 0x3f8ccccd),
                                                            builder->constant(DType::float32, 0x3dcccccd)}));
  builder->epilogue();
  builder->store(builder->result(0), builder->parallel_strides());
  batch.add(std::move(builder), "row");
}
void add_columns(Batch& batch) {
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{12}, std::vector<int64_t>{100}, 3, false);
  builder->tame = true;
  builder->nest.order = ReductionOrder::serial16;
  builder->accumulate(Reduction::sum, builder->load(DType::float32, {1, 12}));
  builder->epilogue();
  builder->store(builder->result(0), {1, 0});
  batch.add(std::move(builder), "columns");
}
void add_matrix(Batch& batch) {
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{9, 1000}, std::vector<int64_t>{}, 3, false);
  const uint32_t sum =
      builder->op(Op::add, {builder->load(DType::float32, {1000, 1}), builder->load(DType::float32, {0, 1})});
  builder->store(sum, {1000, 1});
  batch.add(std::move(builder), "matrix");
}

// add(batch): the nests whose texts each mutation changes.
template <class Add>
void check_noticed(std::initializer_list<Mutation> mutations, Add&& add) {
  for (const Mutation& mutation : mutations) {
    Batch batch;
    add(batch);
    bool changed = false;
    batch.mutate = [&](const std::string& text) {
      const std::string other = replaced(text, mutation);
      changed |= other != text;
      return other;
    };
    CAPTURE(std::string(mutation.from));
    CHECK(batch.any_fails());
    CHECK(changed);
  }
}

}  // namespace

TEST_CASE("a wrong text is noticed: order (A)") {
  check_noticed({Mutation{"__syncthreads();", ""},
                 {"d = 16; d > 0", "d = 8; d > 0"},
                 {"row += 4", "row += 8"},
                 {"g * 128", "g * 127"},
                 {"if (full || e < ", "if (full || e <= "},
                 {"lane[k + 2]", "lane[k + 1]"},
                 {"d < group", "d < 2"},
                 {"% group", "/ group"},
                 {" * 4", " * 3"}},
                [](Batch& batch) { add_row(batch, {3}, 8192 * 8 + 1001); });
}

TEST_CASE("a wrong text is noticed: order (B), elementwise") {
  check_noticed({Mutation{"row < 16", "row < 8"},
                 {"levels[j] = s", "levels[0] = s"},
                 {"chunk * ", "1 + chunk * "},
                 {"if (chunk >= ", "if (chunk > "},
                 {"block + 4096", "block + 0"},
                 {"u * 256", "u * 255"},
                 {"i += 256", "i += 257"},
                 {"i1 = i - q1", "i1 = i - 1 - q1"}},
                [](Batch& batch) {
                  add_columns(batch);
                  add_matrix(batch);
                });
}

}  // namespace fuseval::test
