// The fake driver's functions for streams and events.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tests/fakes/driver/call.hpp"

using namespace fake;

FAKE cuStreamCreate(StreamHandle* handle, unsigned) {
  return inside("cuStreamCreate", [&](Machine& machine, Context& context) {
    auto stream = std::make_unique<fake::Stream>();
    stream->serial = ++machine.next_stream;
    *handle = reinterpret_cast<StreamHandle>(stream.get());
    context.streams.emplace(stream.get(), std::move(stream));
    return Result::success;
  });
}

FAKE cuStreamDestroy_v2(StreamHandle handle) {
  return on_stream("cuStreamDestroy_v2", handle, [&](Machine&, Context& context, fake::Stream& stream) {
    stream.destroyed = true;
    if (stream.queue.empty()) context.streams.erase(&stream);
    return Result::success;
  });
}

FAKE cuStreamSynchronize(StreamHandle handle) {
  return on_stream("cuStreamSynchronize", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    return machine.run_until(context, [&] { return stream.queue.empty(); });
  });
}

FAKE cuStreamQuery(StreamHandle handle) {
  return on_stream("cuStreamQuery", handle, [&](Machine&, Context&, fake::Stream& stream) {
    return stream.queue.empty() ? Result::success : Result::not_ready;
  });
}

FAKE cuStreamWaitEvent(StreamHandle handle, EventHandle event_handle, unsigned) {
  return on_stream("cuStreamWaitEvent", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    const auto it = context.events.find(reinterpret_cast<fake::Event*>(event_handle));
    if (it == context.events.end()) return Result::invalid_handle;
    Operation operation;
    operation.name = "cuStreamWaitEvent";
    operation.awaited = it->second;
    operation.version = it->second->recorded;
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuEventCreate(EventHandle* handle, unsigned) {
  return inside("cuEventCreate", [&](Machine&, Context& context) {
    auto event = std::make_shared<fake::Event>();
    *handle = reinterpret_cast<EventHandle>(event.get());
    context.events.emplace(event.get(), event);
    return Result::success;
  });
}

FAKE cuEventDestroy_v2(EventHandle handle) {
  return inside("cuEventDestroy_v2", [&](Machine&, Context& context) {
    return context.events.erase(reinterpret_cast<fake::Event*>(handle)) == 1 ? Result::success : Result::invalid_handle;
  });
}

FAKE cuEventRecord(EventHandle event_handle, StreamHandle handle) {
  return on_stream("cuEventRecord", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    const auto it = context.events.find(reinterpret_cast<fake::Event*>(event_handle));
    if (it == context.events.end()) return Result::invalid_handle;
    Operation operation;
    operation.name = "cuEventRecord";
    operation.run = [event = it->second, version = ++it->second->recorded, &machine] {
      event->completed = std::max(event->completed, version);
      event->when = machine.operations();
      return Result::success;
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuEventSynchronize(EventHandle handle) {
  return inside("cuEventSynchronize", [&](Machine& machine, Context& context) {
    const fake::Event* event = find(context.events, handle);
    if (event == nullptr) return Result::invalid_handle;
    return machine.run_until(context, [&] { return event->completed == event->recorded; });
  });
}

FAKE cuEventQuery(EventHandle handle) {
  return inside("cuEventQuery", [&](Machine&, Context& context) {
    const fake::Event* event = find(context.events, handle);
    if (event == nullptr) return Result::invalid_handle;
    return event->completed == event->recorded ? Result::success : Result::not_ready;
  });
}

FAKE cuEventElapsedTime(float* milliseconds, EventHandle start, EventHandle end) {
  return inside("cuEventElapsedTime", [&](Machine&, Context& context) {
    const fake::Event* a = find(context.events, start);
    const fake::Event* b = find(context.events, end);
    if (a == nullptr || b == nullptr || a->recorded == 0 || b->recorded == 0) return Result::invalid_handle;
    if (a->completed != a->recorded || b->completed != b->recorded) return Result::not_ready;
    *milliseconds = static_cast<float>(b->when) - static_cast<float>(a->when);
    return Result::success;
  });
}

FAKE_AGREES(stream_create, cuStreamCreate)
FAKE_AGREES(stream_destroy, cuStreamDestroy_v2)
FAKE_AGREES(stream_synchronize, cuStreamSynchronize)
FAKE_AGREES(stream_query, cuStreamQuery)
FAKE_AGREES(stream_wait_event, cuStreamWaitEvent)
FAKE_AGREES(event_create, cuEventCreate)
FAKE_AGREES(event_destroy, cuEventDestroy_v2)
FAKE_AGREES(event_record, cuEventRecord)
FAKE_AGREES(event_synchronize, cuEventSynchronize)
FAKE_AGREES(event_query, cuEventQuery)
FAKE_AGREES(event_elapsed_time, cuEventElapsedTime)
