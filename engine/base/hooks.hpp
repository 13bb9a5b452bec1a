// What a host lends to a session: memory, threads, and an ear for messages.
#pragma once

#include <string>

#include "runtime/host_hooks.hpp"

namespace fuseval::engine {

enum class LogLevel : int { debug = 0, info = 1, warning = 2 };

struct Hooks {
  runtime::HostAllocator allocator;       ///< for results and temporaries
  runtime::HostParallelFor parallel_for;  ///< in place of the session's own threads
  void* log_user = nullptr;
  void (*log_message)(void* user, int level, const char* message) = nullptr;
  void* release_user = nullptr;
  void (*release)(void* user) = nullptr;  ///< called once, after the last call of the others

  /// nullptr: the process's pool.
  const runtime::HostAllocator* memory() const { return allocator.allocate != nullptr ? &allocator : nullptr; }

  /// make() -> std::string is called only if somebody listens. Throws Error(hook).
  template <class F>
  void log(LogLevel level, F&& make) const {
    if (log_message == nullptr) return;
    const std::string text = make();
    runtime::call_hook("log", [&] { log_message(log_user, static_cast<int>(level), text.c_str()); });
  }
};

/// Calls the hooks' release when it goes, once it has them.
class HooksOwner {
 public:
  HooksOwner() = default;
  HooksOwner(const HooksOwner&) = delete;
  HooksOwner& operator=(const HooksOwner&) = delete;
  ~HooksOwner() {
    try {
      if (release_ != nullptr) release_(user_);
    } catch (...) {  // there is nobody left to be told
    }
  }
  void own(const Hooks& hooks) {
    user_ = hooks.release_user;
    release_ = hooks.release;
  }

 private:
  void* user_ = nullptr;
  void (*release_)(void* user) = nullptr;
};

}  // namespace fuseval::engine
