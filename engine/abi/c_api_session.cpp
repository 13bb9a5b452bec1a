// The C ABI: sessions and cancel tokens.
#include <algorithm>

#include "engine/abi/c_api_options.hpp"

using namespace fuseval::engine;

fv_status fv_session_create(const fv_session_options* options, fv_session** session, fv_error** error) {
  return guard(error, {}, [&] {
    require(session != nullptr, "session is NULL");
    *session = nullptr;
    *session = make_handle<fv_session>("session", session_options(options));
  });
}
void fv_session_release(fv_session* session) { release_handle(session); }

fv_status fv_session_counters(const fv_session* session, fv_counters* counters, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(counters != nullptr, "counters is NULL");
    require(counters->struct_size >= sizeof(size_t), "fv_counters.struct_size is not set");
    const Session& owner = used.get();
    const Runtime& runtime = *owner.runtime();
    fv_counters now{};
    now.struct_size = counters->struct_size;
    now.launches = runtime.counters.launches;
    now.kernels_run = now.launches + runtime.counters.chained_kernels;
    now.tasks = runtime.counters.tasks;
    now.threads_used = runtime.counters.threads_used;
    now.kernels_compiled = runtime.counters.kernels_compiled;
    now.kernels_cached = static_cast<int64_t>(runtime.kernels.size());
    now.code_bytes = runtime.kernels.code_bytes();
    now.programs_cached = static_cast<int64_t>(owner.program_count());
    now.plans_made = runtime.counters.plans_made;
    now.compile_seconds = static_cast<double>(runtime.counters.compile_nanoseconds) * 1e-9;
    now.front_seconds = static_cast<double>(runtime.counters.front_nanoseconds) * 1e-9;
    std::memcpy(counters, &now, std::min(counters->struct_size, sizeof now));
  });
}

fv_status fv_cancel_create(fv_cancel** cancel, fv_error** error) {
  return guard(error, {}, [&] {
    require(cancel != nullptr, "cancel is NULL");
    *cancel = nullptr;
    *cancel = make_handle<fv_cancel>("token");
  });
}
// These may run in a signal handler: one atomic store or load, and no look into the book of handles.
void fv_cancel_set(fv_cancel* cancel) {
  if (cancel != nullptr) cancel->token.is_set.store(true, std::memory_order_relaxed);
}
void fv_cancel_clear(fv_cancel* cancel) {
  if (cancel != nullptr) cancel->token.is_set.store(false, std::memory_order_relaxed);
}
int32_t fv_cancel_is_set(const fv_cancel* cancel) {
  return cancel != nullptr && cancel->token.is_set.load(std::memory_order_relaxed) ? 1 : 0;
}
void fv_cancel_release(fv_cancel* cancel) { release_handle(cancel); }
