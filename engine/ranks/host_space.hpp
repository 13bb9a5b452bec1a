// The host's memory and its CPUs: nothing is brought anywhere, and everything is done when a function returns.
#pragma once

#include <optional>

#include "engine/cpu/chain.hpp"
#include "engine/ranks/rank_space.hpp"

namespace fuseval::engine {

class HostSpace : public RankSpace {
 public:
  explicit HostSpace(Runtime& runtime) : runtime_(runtime) {}

  std::unique_ptr<MessageMemory> message_memory(size_t bytes) override { return boxes_.message_memory(bytes); }
  void copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
            const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) override {
    boxes_.copy(to, to_strides, from, from_strides, shape, itemsize);
  }
  void bring_down(const MessageMemory&) override {}
  void bring_up(const MessageMemory&) override {}

  Place place() const override { return {}; }
  void prepare(const GlobalPlan& plan, const LocalPlan& local, const CompileContext& context) override;
  void begin(const RunOptions& options, CallMemory& memory) override;
  void end() override {}
  void abandon() noexcept override {}
  void synchronize() override {}
  bool has(const fv_view& view) const override { return view.device_type == FV_DEVICE_CPU; }
  char* input(const fv_view& view, std::string_view) override { return static_cast<char*>(view.data); }
  char* output(const fv_view& view, size_t) override { return static_cast<char*>(view.data); }
  SpaceMemory allocate(size_t bytes) override { return {memory_->allocate(bytes), nullptr}; }
  void bring_out(const ArrayPlace& to, Place, const ArrayPlace& from, const Shape& shape, int64_t itemsize) override {
    boxes_.copy(to.data, to.strides, from.data, from.strides, shape, itemsize);
  }
  void run(const LocalPlan::Part& part, char* const* arrays, BoxExchange* meanwhile) override;
  void reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange* meanwhile) override;
  void finish(const LocalPlan::Home& home, char* const* arrays, const char* states) override;

 private:
  template <class F>
  void with_context(BoxExchange* meanwhile, F&& f) const;

  Runtime& runtime_;
  HostBoxes boxes_;
  /// A part: one kernel, or a chain of the kernels of a plan.
  struct Prepared {
    std::vector<PreparedKernel> kernels;
    std::optional<PreparedChain> chain;
  };
  static Prepared prepared(const LocalPlan::Part& part, const CompileContext& context);

  std::vector<Prepared> parts_;          ///< [part's number]
  const RunOptions* options_ = nullptr;  ///< of the call
  CallMemory* memory_ = nullptr;
};

}  // namespace fuseval::engine
