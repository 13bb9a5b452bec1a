// What the fake driver's functions have in common: the lock, the count, injected errors, the thread's context.
#pragma once

#include <cstddef>

#include "tests/fakes/driver/machine.hpp"

#define FAKE extern "C" __attribute__((visibility("default"))) Result

namespace fake {

/// A thread's contexts. Trivial, so that it outlives the thread's destructors: sessions that are static are released
/// after the main thread's.
class ContextStack {
 public:
  bool empty() const { return depth_ == 0; }
  Context* back() const { return contexts_[depth_ - 1]; }
  void push_back(Context* context) { contexts_[depth_++ % limit] = context; }
  void pop_back() { --depth_; }

 private:
  static constexpr size_t limit = 64;
  Context* contexts_[limit];
  size_t depth_;
};

inline thread_local constinit ContextStack current_contexts{};

inline Context* current() { return current_contexts.empty() ? nullptr : current_contexts.back(); }

/// body(machine), unless the call is to fail.
template <class Body>
Result plain(const char* symbol, Body body) {
  Machine& machine = Machine::instance();
  const std::lock_guard lock(machine.mutex);
  const Result result = machine.enter(symbol, current());
  return result == Result::success ? body(machine) : result;
}

/// body(machine, context) in the thread's context.
template <class Body>
Result inside(const char* symbol, Body body) {
  return plain(symbol, [&](Machine& machine) {
    Context* context = current();
    if (context == nullptr || context->references == 0) return Result::invalid_context;
    machine.progress();
    if (context->lost) return *context->lost;
    return body(machine, *context);
  });
}

/// body(machine, context, stream)
template <class Body>
Result on_stream(const char* symbol, StreamHandle handle, Body body) {
  return inside(symbol, [&](Machine& machine, Context& context) {
    fake::Stream* stream = machine.stream_of(context, handle);
    return stream == nullptr ? Result::invalid_handle : body(machine, context, *stream);
  });
}

template <class Map, class Handle>
auto* find(Map& map, Handle handle) {
  const auto it = map.find(reinterpret_cast<typename Map::key_type>(handle));
  return it == map.end() ? nullptr : it->second.get();
}

/// The table and the fake agree about a function.
#define FAKE_AGREES(member, symbol) \
  static_assert(std::is_same_v<decltype(&symbol), decltype(fuseval::runtime::cuda::DriverApi::member)>);

}  // namespace fake
