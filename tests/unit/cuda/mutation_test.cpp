// What is wrong in a text is noticed: each of these changes gives other bits, or an error of the simulator. All changed
// texts are compiled together.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "batch.hpp"

namespace fuseval::test {
namespace {

struct Mutation {
  std::string from;
  std::string to;
};

struct Mutant {
  size_t nest = 0;
  std::string what;
};

// Places of `part` in what a text says of its nest.
std::vector<size_t> places_of(const std::string& text, const std::string& part) {
  std::vector<size_t> places;
  for (size_t at = text.find(part, text.find("// the nest")); at != std::string::npos; at = text.find(part, at + 1))
    places.push_back(at);
  return places;
}

std::unique_ptr<NestBuilder> row(std::vector<int64_t> parallel, int64_t n) {
  auto builder = std::make_unique<NestBuilder>(std::move(parallel), std::vector<int64_t>{n}, 3, false);
  builder->tame = true;
  builder->accumulate(Reduction::sum, builder->op(Op::fma, {builder->load(DType::float32, builder->c_strides()),
                                                            builder->constant(DType::float32, 0x3f8ccccd),
                                                            builder->constant(DType::float32, 0x3dcccccd)}));
  builder->epilogue();
  builder->store(builder->result(0), builder->parallel_strides());
  return builder;
}
std::unique_ptr<NestBuilder> columns() {
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{12}, std::vector<int64_t>{100}, 3, false);
  builder->tame = true;
  builder->nest.order = ReductionOrder::serial16;
  builder->accumulate(Reduction::sum, builder->load(DType::float32, {1, 12}));
  builder->epilogue();
  builder->store(builder->result(0), {1, 0});
  return builder;
}
std::unique_ptr<NestBuilder> matrix() {
  auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{9, 1000}, std::vector<int64_t>{}, 3, false);
  const uint32_t sum =
      builder->op(Op::add, {builder->load(DType::float32, {1000, 1}), builder->load(DType::float32, {0, 1})});
  builder->store(sum, {1000, 1});
  return builder;
}

/// Nests, and texts of theirs with something wrong in each.
class Mutants {
 public:
  void add_nest(std::unique_ptr<NestBuilder> builder) {
    const NestArguments arguments(builder->nest, builder->buffers());
    originals_.push_back(
        codegen::cuda_kernel(builder->nest, {"kernel", codegen::cuda_variant(builder->nest, arguments.get())}));
    nests_.push_back(std::move(builder));
  }
  /// The first place of each text that has one.
  void add(const Mutation& mutation) {
    const size_t before = mutants_.size();
    for (size_t n = 0; n < nests_.size(); ++n) {
      const std::vector<size_t> places = places_of(originals_[n].text, mutation.from);
      if (!places.empty()) add(n, places[0], mutation);
    }
    CAPTURE(mutation.from);
    CHECK(mutants_.size() > before);
  }
  /// Every place of every text, one at a time.
  void add_everywhere(const Mutation& mutation) {
    for (size_t n = 0; n < nests_.size(); ++n)
      for (const size_t place : places_of(originals_[n].text, mutation.from)) add(n, place, mutation);
  }
  size_t count() const { return mutants_.size(); }

  /// In any order of threads, and the unchanged texts never.
  void check_noticed() {
    std::vector<codegen::CudaKernel> kernels = originals_;
    kernels.insert(kernels.end(), changed_.begin(), changed_.end());
    const std::vector<CompiledKernel> compiled = compile_all(kernels);
    for (size_t n = 0; n < nests_.size(); ++n) CHECK(failure_of(device_, *nests_[n], compiled[n], 0) == "");
    for (size_t m = 0; m < mutants_.size(); ++m) {
      CAPTURE(mutants_[m].what);
      NestBuilder& nest = *nests_[mutants_[m].nest];
      CHECK(failure_of(device_, nest, compiled[nests_.size() + m], m % 3) != "");
    }
  }

 private:
  void add(size_t nest, size_t place, const Mutation& mutation) {
    codegen::CudaKernel kernel = originals_[nest];
    kernel.text.replace(place, mutation.from.size(), mutation.to);
    changed_.push_back(std::move(kernel));
    const size_t line = static_cast<size_t>(
        std::count(originals_[nest].text.begin(), originals_[nest].text.begin() + static_cast<ptrdiff_t>(place), '\n'));
    mutants_.push_back(
        {nest, fmt::format("nest {}, line {}: '{}' made '{}'", nest, line + 1, mutation.from, mutation.to)});
  }

  std::vector<std::unique_ptr<NestBuilder>> nests_;
  std::vector<codegen::CudaKernel> originals_, changed_;
  std::vector<Mutant> mutants_;
  runtime::cudasim::Simulator device_;
};

}  // namespace

TEST_CASE("a wrong text is noticed: order (A)") {
  Mutants mutants;
  mutants.add_nest(row({3}, 8192 * 8 + 1001));
  mutants.add_everywhere({"__syncthreads();", ""});
  CHECK(mutants.count() >= 2);  // in both kernels
  for (const Mutation& mutation : {Mutation{"d = 16; d > 0", "d = 8; d > 0"},
                                   {"row += 4", "row += 8"},
                                   {"g * 128", "g * 127"},
                                   {"if (full || e < ", "if (full || e <= "},
                                   {"lane[k + 2]", "lane[k + 1]"},
                                   {"d < group", "d < 2"},
                                   {"% group", "/ group"},
                                   {" * 4", " * 3"}})
    mutants.add(mutation);
  mutants.check_noticed();
}

TEST_CASE("a wrong text is noticed: order (B), elementwise") {
  Mutants mutants;
  mutants.add_nest(columns());
  mutants.add_nest(matrix());
  for (const Mutation& mutation : {Mutation{"row < 16", "row < 8"},
                                   {"levels[j] = s", "levels[0] = s"},
                                   {"chunk * ", "1 + chunk * "},
                                   {"if (chunk >= ", "if (chunk > "},
                                   {"block + 4096", "block + 0"},
                                   {"u * 256", "u * 255"},
                                   {"i += 256", "i += 257"},
                                   {"i1 = i - q1", "i1 = i - 1 - q1"}})
    mutants.add(mutation);
  mutants.check_noticed();
}

}  // namespace fuseval::test
