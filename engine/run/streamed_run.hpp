// A plan over arrays of the host's, part by part: the next part comes up and the last one goes down while kernels run
// on the one between (stream_plan.hpp says what a part is).
#pragma once

#include <string>
#include <vector>

#include "engine/device/call_queue.hpp"
#include "engine/device/device_space.hpp"
#include "engine/run/stream_plan.hpp"
#include "runtime/thread_pool.hpp"

namespace fuseval::engine {

/// One run. Throws Error; whatever happens, nothing of the host's is in use any more when it returns.
struct StreamedRun {
  DeviceSpace& space;
  runtime::ThreadPool& pool;  ///< copies memory that is not page-locked
  int threads;                ///< of it at most; 0: all
  const CallQueue& queue;     ///< of the kernels
  RunControl* control;        ///< nullptr, or what may stop it between parts
  const std::string& text;    ///< what errors name

  /// addresses: [buffer of the plan's], of element 0, on the host or the device (temporaries: unused). Arrays of the
  /// host's that are results have been written when this returns; of them only elements.
  void run(const Specialisation& made, const StreamPlan& plan, const std::vector<char*>& addresses) const;
};

}  // namespace fuseval::engine
