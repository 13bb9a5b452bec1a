// Options of sessions and of calls.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fuseval/cancel.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/hooks.hpp"
#include "fuseval/world.hpp"

namespace fuseval {
inline namespace abi_0 {

enum class Casting : std::int32_t { same_kind = 0, unsafe = 1, safe = 2, no = 3 };

struct RunOptions {
  int threads = 0;                       ///< at most this many; 0: the session's
  Casting casting = Casting::same_kind;  ///< how results may be cast to outputs
  /// "cpu", "cuda", "cuda:1" …, "auto", or "cudasim", the CUDA simulator; nullptr: where the inputs are
  const char* device = nullptr;
  const char* result_dtype = nullptr;   ///< a dtype's name: owned results are cast to it, as `casting` allows
  const CancelToken* cancel = nullptr;  ///< stops the call
  fv_results_on results_on = FV_RESULTS_WHERE_INPUTS_ARE;  ///< where results go that no output is given for
  void* stream = nullptr;  ///< a CUDA stream of the caller's to run on; nullptr: the session's
  /// The ranks that make the call together; nullptr: those of its distributed arrays, if it has any.
  const World* world = nullptr;
  /// Called on the calling thread, some 50 times a second, with the fraction that is done; false stops the call with
  /// FV_ERROR_CANCELLED. What it throws becomes Error(FV_ERROR_HOOK).
  std::function<bool(double fraction)> progress = {};
  std::int64_t work_limit = 0;  ///< elements that the call may evaluate; 0: the session's
  std::int64_t time_limit = 0;  ///< milliseconds that it may take, with compiling; 0: the session's

  /// Points into this object.
  fv_run_options raw() const {
    fv_run_options raw{};
    raw.struct_size = sizeof raw;
    raw.threads = static_cast<std::int32_t>(threads);
    raw.casting = static_cast<std::int32_t>(casting);
    raw.device = device;
    raw.result_dtype = result_dtype;
    raw.results_on = results_on;
    raw.stream = stream;
    raw.world = world ? world->handle() : nullptr;
    raw.work_limit = work_limit;
    raw.time_limit = time_limit;
    raw.cancel = cancel ? cancel->handle() : nullptr;
    if (!progress) return raw;
    raw.progress = [](void* user, double fraction) {
      return (*static_cast<const std::function<bool(double)>*>(user))(fraction) ? 0 : 1;
    };
    raw.progress_user = const_cast<std::function<bool(double)>*>(&progress);
    return raw;
  }
};

/// 0 stands for the default everywhere.
struct SessionOptions {
  int threads = 0;            ///< 0: FUSEVAL_THREADS, or as many as the process may use
  int vector_bits = 0;        ///< 0: the widest; 256 or 512. Changes speed, never results
  std::int64_t programs = 0;  ///< kept by evaluate; 0: 1024
  std::int64_t kernels = 0;   ///< compiled kernels kept; 0: 1024
  Hooks hooks{};
  std::int64_t text_limit = 0;     ///< bytes of a text; 0: 1 MiB
  std::int64_t depth_limit = 0;    ///< nesting; 0: 200
  std::int64_t node_limit = 0;     ///< nodes of a text, operations of its program; 0: 100 000
  std::int64_t operand_limit = 0;  ///< arrays that a text may use; 0: 1024
  std::int64_t memory_limit = 0;   ///< bytes one call may take, its kernels' work included; 0: no limit
  std::int64_t work_limit = 0;     ///< elements that one call may evaluate; 0: no limit
  std::int64_t time_limit = 0;     ///< milliseconds that one call may take, with compiling; 0: no limit
  std::int64_t compile_limit = 0;  ///< milliseconds that compiling one text may take; 0: no limit
  /// The functions and methods that texts may call, by name; nothing: all, an empty list: none. See fuseval.h.
  std::optional<std::vector<std::string>> functions = {};

  /// Without the hooks and the functions.
  fv_session_options raw() const {
    fv_session_options raw{};
    raw.struct_size = sizeof raw;
    raw.threads = static_cast<std::int32_t>(threads);
    raw.vector_bits = static_cast<std::int32_t>(vector_bits);
    raw.program_limit = programs;
    raw.kernel_limit = kernels;
    raw.text_limit = text_limit;
    raw.depth_limit = depth_limit;
    raw.node_limit = node_limit;
    raw.operand_limit = operand_limit;
    raw.memory_limit = memory_limit;
    raw.work_limit = work_limit;
    raw.time_limit = time_limit;
    raw.compile_limit = compile_limit;
    return raw;
  }
};

}  // namespace abi_0
}  // namespace fuseval
