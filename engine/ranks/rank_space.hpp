// Where a rank's part of a call runs: the memory that its arrays are in meanwhile, and what runs its nests there.
//
// Plans, messages and failures are the same wherever that is (distributed_run.cpp). A space knows how the caller's
// arrays get there and results back, how boxes are copied in its memory, and how parts of nests run. There are two: the
// host's memory and its CPUs (host_space.hpp), and a device (device_rank_space.hpp).
//
// A space belongs to one RankProgram, and so to one thread at a time. What is asked of it may still be under way when a
// function returns, in the order in which it was asked for; synchronize() waits.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/call_memory.hpp"
#include "engine/device/device.hpp"
#include "engine/plan/run_options.hpp"
#include "engine/ranks/local_plan.hpp"
#include "engine/world/box_exchange.hpp"

namespace fuseval::engine {

/// Memory in a space.
struct SpaceMemory {
  runtime::Buffer host;
  std::unique_ptr<DeviceMemory> device;

  char* data() const { return device ? device->data() : host.data(); }
  bool is_there() const { return data() != nullptr; }
};

/// Where elements of an array lie.
struct ArrayPlace {
  char* data = nullptr;  ///< of element 0
  const std::vector<int64_t>& strides;
};

class RankSpace : public BoxSpace {
 public:
  virtual Place place() const = 0;
  /// Makes the parts of a local plan ready to run. Both plans stay where they are until the next one. Errors: those of
  /// compiling.
  virtual void prepare(const GlobalPlan& plan, const LocalPlan& local, const CompileContext& context) = 0;

  // A call: begin, what follows below, and end, or, if something went wrong, abandon. Either way nothing of the host's
  // is in use any more afterwards.

  /// Both stay until the call's end.
  virtual void begin(const RunOptions& options, CallMemory& memory) = 0;
  /// Errors: those of what is still under way.
  virtual void end() = 0;
  virtual void abandon() noexcept = 0;
  /// Errors: those of what was under way.
  virtual void synchronize() = 0;

  /// Whether an array of the caller's is in this memory.
  virtual bool has(const fv_view& view) const = 0;
  /// The address here of an input's element 0: what is elsewhere is brought. Errors: memory, limit, argument (memory of
  /// a device that is not alive, or not aligned).
  virtual char* input(const fv_view& view, std::string_view name) = 0;
  /// The same of output k, which is here.
  virtual char* output(const fv_view& view, size_t k) = 0;
  /// Errors: memory, limit.
  virtual SpaceMemory allocate(size_t bytes) = 0;
  /// Elements from here to a result's memory in `place`, which is here or on the host; of that only elements are
  /// written. They are there once the call has ended.
  virtual void bring_out(const ArrayPlace& to, Place place, const ArrayPlace& from, const Shape& shape,
                         int64_t itemsize) = 0;

  // Parts of the local plan. arrays: [array, then fetch]: addresses of elements 0.

  /// meanwhile: nullptr, or messages that are to be looked after.
  virtual void run(const LocalPlan::Part& part, char* const* arrays, BoxExchange* meanwhile) = 0;
  /// A split reduction's states of the part's nodes, to the host's memory: they are there after synchronize().
  virtual void reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange* meanwhile) = 0;
  /// Complete states, of the host's memory, which is free when this returns, to results.
  virtual void finish(const LocalPlan::Home& home, char* const* arrays, const char* states) = 0;
};

}  // namespace fuseval::engine
