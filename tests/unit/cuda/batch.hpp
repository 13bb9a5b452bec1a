// Runs many nests' CUDA texts on the host: texts that differ go into a few C++ files (a file with 100 kernels costs
// little more than one with one), which are compiled once; then every nest runs and its bits are compared with the
// reference interpreter's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../nest_builder.hpp"
#include "codegen/cuda/kernel.hpp"

namespace fuseval::test {

/// A nest's sizes, strides and pointers as kernels take them; the builder must live on.
struct NestArguments {
  explicit NestArguments(const NestBuilder& builder);
  codegen::KernelArguments get() const;

 private:
  std::vector<char*> pointers_;
  std::vector<int64_t> strides_, extents_, offsets_;
  std::vector<uint64_t> constants_;
};

class Batch {
 public:
  /// what: for the message of a failure.
  void add(std::unique_ptr<NestBuilder> builder, std::string what);
  size_t size() const { return cases_.size(); }
  /// Compiles, runs every nest in the variant that suits its arguments and in others, and checks its bits. Returns how
  /// many runs there were.
  size_t run();
  /// Changes texts before they are compiled: for tests of the tests.
  std::function<std::string(std::string)> mutate = [](std::string text) { return text; };
  /// Of one added nest, a sum of float64 into `outputs` outputs: gives its combine as many states of random numbers and
  /// checks their tree. (That many would take gigabytes of elements.)
  void check_combine(int64_t outputs, int64_t states);
  /// Whether any run gave other bits than the interpreter, none at all, or ran out of its memory: in a process of its
  /// own. Instead of `run`.
  bool any_fails();

 private:
  struct Case {
    std::unique_ptr<NestBuilder> builder;
    std::string what;
  };
  struct Run {
    size_t the_case;
    size_t text;
  };
  using Function = int (*)(unsigned grid, unsigned block, const uint64_t* words);

  void collect();
  void compile();
  /// Empty when the bits are right.
  std::string execute(const Run& run);

  std::vector<Case> cases_;
  std::vector<Run> runs_;
  std::vector<codegen::CudaKernel> texts_;
  std::vector<std::vector<Function>> functions_;  ///< [text][entry]
  std::map<std::string, size_t> known_;
};

}  // namespace fuseval::test
