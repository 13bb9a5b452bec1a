// A plan's buffers and kernels on a simulated device, for tests of texts.
#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "codegen/cuda/kernel.hpp"
#include "ir/error.hpp"
#include "ir/plan.hpp"
#include "ir/shape.hpp"
#include "runtime/cudasim/simulator.hpp"

namespace fuseval::test {

class PlanOnDevice {
 public:
  explicit PlanOnDevice(Plan made) : plan(std::move(made)) {
    for (const BufferInfo& buffer : plan.buffers) {
      bytes_.push_back(static_cast<size_t>(element_count(buffer.shape) * size_of(buffer.dtype)));
      addresses_.push_back(device_.allocate(bytes_.back()));
    }
    for (const LoopNest& nest : plan.kernels) add(nest);
  }

  const Plan plan;

  std::vector<codegen::KernelArguments> arguments() const {
    std::vector<codegen::KernelArguments> list;
    for (const Arrays& a : arrays_)
      list.push_back({a.pointers.data(), a.strides.data(), a.extents.data(), a.constants.data(), a.offsets.data()});
    return list;
  }

  /// Compiles the text, gives inputs numbers, and runs one launch of its kernel. The first output's bytes. Throws what
  /// the simulator reports.
  std::string run(const std::string& text, const codegen::CudaLaunch& launch, uint64_t seed) {
    for (size_t b = 0; b < bytes_.size(); ++b) {
      if (plan.buffers[b].role != BufferRole::input) continue;
      std::vector<double> numbers(bytes_[b] / sizeof(double));
      for (size_t k = 0; k < numbers.size(); ++k) numbers[k] = std::sin(static_cast<double>((k + b) * k));
      device_.copy_in(addresses_[b], numbers.data(), bytes_[b]);
    }
    const runtime::cudasim::Source source{text, {"kernel"}};
    const auto function = runtime::cudasim::Module::compile({&source, 1}).function(0, "kernel");
    device_.launch(function, launch.grid, launch.block, 0, launch.words, {.seed = seed});
    size_t output = 0;
    while (plan.buffers[output].role != BufferRole::output) ++output;
    std::string result(bytes_[output], '\0');
    device_.copy_out(result.data(), addresses_[output], bytes_[output]);
    return result;
  }

  /// Whether the text gives other bits for some order of threads, or is reported.
  bool is_wrong(const std::string& text, const codegen::CudaLaunch& launch, const std::string& expected) {
    for (uint64_t seed = 0; seed < 3; ++seed) try {
        if (run(text, launch, seed) != expected) return true;
      } catch (const Error&) {
        return true;
      }
    return false;
  }

 private:
  void add(const LoopNest& nest) {
    Arrays& arrays = arrays_.emplace_back();
    for (const Operand& operand : nest.operands) {
      const uint64_t base = operand.kind == OperandKind::index ? 0 : addresses_[operand.buffer];
      arrays.pointers.push_back(reinterpret_cast<char*>(base + static_cast<uint64_t>(operand.offset)));
      arrays.offsets.push_back(operand.offset);
      arrays.strides.insert(arrays.strides.end(), operand.strides.begin(), operand.strides.end());
    }
    for (const Axis& axis : nest.axes) arrays.extents.push_back(axis.extent);
    for (const Constant& constant : nest.constants) arrays.constants.push_back(constant.bits);
  }

  struct Arrays {
    std::vector<char*> pointers;
    std::vector<int64_t> strides, extents, offsets;
    std::vector<uint64_t> constants;
  };
  std::vector<Arrays> arrays_;
  runtime::cudasim::Simulator device_;
  std::vector<size_t> bytes_;
  std::vector<uint64_t> addresses_;
};

// The text with one more occurrence of `from` replaced at a time; empty when there are no more.
inline std::string with_replaced(const std::string& text, const std::string& from, const std::string& to,
                                 int occurrence) {
  size_t at = text.find("// the nest");
  for (int k = 0; k <= occurrence && at != std::string::npos; ++k) at = text.find(from, at + 1);
  if (at == std::string::npos) return {};
  return text.substr(0, at) + to + text.substr(at + from.size());
}

}  // namespace fuseval::test
