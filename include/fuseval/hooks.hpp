// What a host lends to a session: memory, threads, and an ear for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

enum class LogLevel : std::int32_t { debug = FV_LOG_DEBUG, info = FV_LOG_INFO, warning = FV_LOG_WARNING };

/// Empty ones are not used. They are called from any thread that uses the session, several at a time; they must not use
/// the session, and live as long as it, its programs or its results do. What they throw becomes Error(FV_ERROR_HOOK) of
/// the call that they serve, with the exception's message.
struct Hooks {
  /// Memory for results and temporaries: `bytes` at a multiple of `alignment` (64); nullptr: none is left. With
  /// deallocate, or neither.
  std::function<void*(std::size_t bytes, std::size_t alignment)> allocate{};
  std::function<void(void* memory, std::size_t bytes)> deallocate{};
  /// task(k) once for every k in [0, count), on any threads; returns when all have returned.
  std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& task)> parallel_for{};
  /// One line, without its end.
  std::function<void(LogLevel level, std::string_view message)> log{};
};

namespace detail {

/// `user` is a Hooks.
struct HookFunctions {
  static const Hooks& of(void* user) { return *static_cast<const Hooks*>(user); }

  static void* allocate(void* user, std::size_t bytes, std::size_t alignment) {
    return of(user).allocate(bytes, alignment);
  }
  static void deallocate(void* user, void* memory, std::size_t bytes) { of(user).deallocate(memory, bytes); }
  static int parallel_for(void* user, std::int64_t count, fv_task task, void* context) {
    of(user).parallel_for(count, [=](std::int64_t index) { task(context, index); });
    return 0;
  }
  static void log(void* user, std::int32_t level, const char* message) {
    of(user).log(static_cast<LogLevel>(level), message);
  }
  static void release(void* user) { delete static_cast<const Hooks*>(user); }

  /// `hooks` belongs to the session from then on.
  static fv_hooks raw(Hooks& hooks) {
    fv_hooks raw{};
    raw.struct_size = sizeof raw;
    raw.user = &hooks;
    if (hooks.allocate) raw.allocate = allocate;
    if (hooks.deallocate) raw.deallocate = deallocate;
    if (hooks.parallel_for) raw.parallel_for = parallel_for;
    if (hooks.log) raw.log = log;
    raw.release = release;
    return raw;
  }
};

}  // namespace detail

}  // namespace abi_0
}  // namespace fuseval
