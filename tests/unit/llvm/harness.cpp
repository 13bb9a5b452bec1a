#include "harness.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>

#include "ir/error.hpp"

namespace fuseval::test {
namespace {

std::vector<int64_t> cuts(int64_t first, int64_t last, int64_t unit, std::mt19937& random, bool split) {
  std::vector<int64_t> points = {first};
  for (int k = 0; split && last > first && k < 3; ++k)
    points.push_back(first + static_cast<int64_t>(random() % static_cast<uint64_t>(last - first)) / unit * unit);
  points.push_back(last);
  std::sort(points.begin(), points.end());
  return points;
}

// Sizes are not in a kernel's structure: one kernel serves many tests, as in the engine.
std::shared_ptr<const codegen::Kernel> compiled(const LoopNest& nest, const codegen::TargetOptions& target) {
  static std::map<std::string, std::shared_ptr<const codegen::Kernel>> kernels;
  const std::string key = serialise_structure(nest) + target.cpu + std::to_string(target.vector_bits) +
                          (target.streaming_stores ? "streaming" : "");
  auto& kernel = kernels[key];
  if (!kernel) kernel = codegen::compile(nest, target);
  return kernel;
}

}  // namespace

class Runner {
 public:
  explicit Runner(NestBuilder& builder) : builder_(builder), nest_(builder.nest), buffers_(builder.buffers()) {
    builder.clear_outputs();
  }

  std::string run(const RunOptions& options) {
    const auto kernel = compiled(nest_, options.target);
    gather_arguments();
    random_.seed(options.split_seed);
    split_ = options.split_seed != 0;
    lower_.assign(nest_.axes.size() + 1, 0);
    upper_ = lower_;
    boxes(0, [&] {
      if (nest_.is_reduction())
        reduce(*kernel);
      else
        kernel->elementwise(&arguments_, lower_.data(), upper_.data());
    });
    return builder_.outputs();
  }

 private:
  void gather_arguments() {
    for (const Operand& operand : nest_.operands) {
      pointers_.push_back(operand.kind == OperandKind::index ? nullptr : buffers_[operand.buffer] + operand.offset);
      offsets_.push_back(operand.offset);
      strides_.insert(strides_.end(), operand.strides.begin(), operand.strides.end());
    }
    for (const Axis& axis : nest_.axes) extents_.push_back(axis.extent);
    for (const Constant& constant : nest_.constants) constants_.push_back(constant.bits);
    arguments_ = {pointers_.data(), strides_.data(), extents_.data(), constants_.data(), offsets_.data()};
  }

  // Calls f with every box of a random partition of the parallel axes.
  template <class F>
  void boxes(int axis, F&& f) {
    const int last = nest_.is_reduction() ? nest_.parallel_rank() : nest_.rank();
    if (axis == last) return f();
    const std::vector<int64_t> points = cuts(0, nest_.axes[static_cast<size_t>(axis)].extent, 1, random_, split_);
    for (size_t k = 0; k + 1 < points.size(); ++k) {
      lower_[static_cast<size_t>(axis)] = points[k];
      upper_[static_cast<size_t>(axis)] = points[k + 1];
      boxes(axis + 1, f);
    }
  }

  void reduce(const codegen::Kernel& kernel) {
    int64_t outputs = 1;
    for (int axis = 0; axis < nest_.parallel_rank(); ++axis)
      outputs *= upper_[static_cast<size_t>(axis)] - lower_[static_cast<size_t>(axis)];
    const auto state_bytes = static_cast<size_t>(outputs * kernel.state_bytes);
    GuardedBytes states(state_bytes, true);
    scratch_ =
        static_cast<char*>(std::aligned_alloc(64, static_cast<size_t>(kernel.scratch_bytes + 63) / 64 * 64 + 64));
    const int64_t count = nest_.reduce_count();
    if (split_ && count > kernel.block)
      subtree(kernel, 0, count, states.data(), outputs);
    else
      kernel.reduce(&arguments_, lower_.data(), upper_.data(), 0, count, states.data(), scratch_);
    kernel.finish(&arguments_, lower_.data(), upper_.data(), states.data());
    std::free(scratch_);
  }

  // The canonical tree over elements [first, last), cut in two as often as chance wants.
  void subtree(const codegen::Kernel& kernel, int64_t first, int64_t last, char* states, int64_t outputs) {
    const int64_t blocks = (last - first + kernel.block - 1) / kernel.block;
    if (blocks <= 1 || random_() % 3 == 0) {
      kernel.reduce(&arguments_, lower_.data(), upper_.data(), first, last, states, scratch_);
      return;
    }
    const int64_t half = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(blocks - 1))) * kernel.block;
    GuardedBytes right(static_cast<size_t>(outputs * kernel.state_bytes), true);
    subtree(kernel, first, first + half, states, outputs);
    subtree(kernel, first + half, last, right.data(), outputs);
    kernel.combine(states, right.data(), outputs);
  }

  NestBuilder& builder_;
  const LoopNest& nest_;
  std::vector<char*> buffers_, pointers_;
  std::vector<int64_t> offsets_, strides_, extents_, lower_, upper_;
  std::vector<uint64_t> constants_;
  codegen::KernelArguments arguments_{};
  std::mt19937 random_;
  bool split_ = false;
  char* scratch_ = nullptr;
};

std::string run_compiled(NestBuilder& builder, const RunOptions& options) { return Runner(builder).run(options); }

bool has_avx512() {
  try {
    codegen::TargetOptions options;
    options.vector_bits = 512;
    codegen::target_description(options);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<int> vector_widths() { return has_avx512() ? std::vector<int>{256, 512} : std::vector<int>{256}; }

}  // namespace fuseval::test
