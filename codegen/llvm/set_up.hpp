// The first compile of a process, which sets LLVM up.
#pragma once

#include <atomic>
#include <mutex>

#include "codegen/llvm/machine.hpp"

namespace fuseval::codegen {

/// LLVM sets itself up in the course of the first compile, partly under locks, which stay locked where it breaks off
/// for lack of memory. So that is one thread's; and if it is broken off, another thread, which may hang, tries whether
/// LLVM still works.
class SetUp {
 public:
  explicit constexpr SetUp(void (*sample)()) : sample_(sample) {}

  /// compile(). Where LLVM cannot be used any more, Error(memory).
  template <class F>
  auto compile(F&& compile) {
    if (state_.load(std::memory_order_acquire) == State::done) return compile();
    const std::lock_guard lock(mutex_);
    prepare();
    try {
      auto result = compile();
      state_.store(State::done, std::memory_order_release);
      return result;
    } catch (const BackendFailure&) {
      break_off();
      throw;
    } catch (const Error&) {  // between two calls of LLVM
      throw;
    } catch (...) {
      break_off();
      throw;
    }
  }

 private:
  enum class State { fresh, broken_off, done, unusable };

  void prepare();
  void try_sample();
  void break_off() {
    if (state_ == State::fresh) state_ = State::broken_off;
  }

  void (*const sample_)();
  std::atomic<State> state_{State::fresh};
  std::mutex mutex_;
};

}  // namespace fuseval::codegen
