#include "codegen/llvm/set_up.hpp"

#include <execinfo.h>

#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <system_error>
#include <thread>

namespace fuseval::codegen {
namespace {

/// A sample takes milliseconds: by then it hangs.
constexpr std::chrono::seconds patience{5};

/// An exception may pass through std::call_once, where the C library looks for the unwinder, and ends the process if it
/// has no memory for that. It remembers what it has found.
void require_unwinder() {
  void* frame = nullptr;
  if (backtrace(&frame, 1) != 1) throw std::bad_alloc();
}

}  // namespace

/// Under the lock.
void SetUp::prepare() {
  require_unwinder();
  if (state_ == State::broken_off) try_sample();
  if (state_ == State::unusable)
    throw Error(ErrorCode::memory, "memory ran out while LLVM was set up: this process can compile nothing any more");
}

void SetUp::try_sample() {
  const auto tried = std::make_shared<std::promise<void>>();
  std::future<void> end = tried->get_future();
  try {
    std::thread([sample = sample_, tried] {
      try {
        sample();
        tried->set_value();
      } catch (...) {
        tried->set_exception(std::current_exception());
      }
    }).detach();
  } catch (const std::system_error&) {
    throw std::bad_alloc();
  }
  if (end.wait_for(patience) == std::future_status::ready) return end.get();
  state_ = State::unusable;
}

}  // namespace fuseval::codegen
