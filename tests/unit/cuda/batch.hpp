// Runs many nests' CUDA texts on the simulator: texts that differ are compiled together, then every nest runs and its
// bits are compared with the reference interpreter's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device_nest.hpp"

namespace fuseval::test {

class Batch {
 public:
  /// what: for the message of a failure.
  void add(std::unique_ptr<NestBuilder> builder, std::string what);
  size_t size() const { return cases_.size(); }
  /// Compiles, runs every nest in the variant that suits its arguments and in others, and checks its bits. Returns how
  /// many runs there were.
  size_t run();

 private:
  struct Case {
    std::unique_ptr<NestBuilder> builder;
    std::string what;
  };
  struct Run {
    size_t the_case;
    size_t text;
  };

  void collect();
  void check(const Run& run, const CompiledKernel& compiled);

  std::vector<Case> cases_;
  std::vector<Run> runs_;
  std::vector<codegen::CudaKernel> texts_;
  std::map<std::string, size_t> known_;
  runtime::cudasim::Simulator device_;
};

/// What is wrong with a nest's run: empty when it has the interpreter's bits. A run that does not end within some steps
/// is wrong.
std::string failure_of(runtime::cudasim::Simulator& device, NestBuilder& builder, const CompiledKernel& compiled,
                       uint64_t seed);

}  // namespace fuseval::test
