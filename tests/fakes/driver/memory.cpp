// The fake driver's functions for memory and copies.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tests/fakes/driver/call.hpp"

using namespace fake;

FAKE cuMemGetInfo_v2(size_t* free, size_t* total) {
  return inside("cuMemGetInfo_v2", [&](Machine& machine, Context& context) {
    *total = machine.settings.memory;
    *free = *total - std::min(*total, machine.reserved(context));
    return Result::success;
  });
}

FAKE cuMemAlloc_v2(DevicePointer* pointer, size_t bytes) {
  return inside("cuMemAlloc_v2", [&](Machine& machine, Context& context) {
    return machine.allocate(context, nullptr, bytes, Allocation::live, pointer);
  });
}

FAKE cuMemFree_v2(DevicePointer pointer) {
  return inside("cuMemFree_v2", [&](Machine& machine, Context& context) {
    const auto it = context.memory.find(pointer);
    if (it == context.memory.end() || it->second.state == Allocation::freed || it->second.freeing)
      return Result::invalid_value;
    machine.drop(context, pointer);
    return Result::success;
  });
}

FAKE cuMemAllocFromPoolAsync(DevicePointer* pointer, size_t bytes, PoolHandle pool_handle, StreamHandle handle) {
  return on_stream("cuMemAllocFromPoolAsync", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    Pool* pool = find(context.pools, pool_handle);
    if (pool == nullptr) return Result::invalid_handle;
    const Result result = machine.allocate(context, pool, bytes, Allocation::pending, pointer);
    if (result != Result::success) return result;
    Operation operation;
    operation.name = "cuMemAllocFromPoolAsync";
    operation.run = [&machine, &context, at = *pointer] { return machine.make_live(context, at); };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuMemFreeAsync(DevicePointer pointer, StreamHandle handle) {
  return on_stream("cuMemFreeAsync", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    const auto it = context.memory.find(pointer);
    if (it == context.memory.end() || it->second.state == Allocation::freed || it->second.freeing)
      return Result::invalid_value;
    it->second.freeing = true;
    Operation operation;
    operation.name = "cuMemFreeAsync";
    operation.run = [&machine, &context, pointer] {
      if (context.memory.at(pointer).state != Allocation::live)
        machine.violation("memory is freed before it is allocated");
      machine.drop(context, pointer);
      return Result::success;
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuMemPoolCreate(PoolHandle* handle, const PoolProperties* properties) {
  return inside("cuMemPoolCreate", [&](Machine&, Context& context) {
    if (properties->location.id != context.device || properties->allocation_type != MemoryAllocationType::pinned)
      return Result::invalid_value;
    auto pool = std::make_unique<Pool>();
    pool->device = context.device;
    *handle = reinterpret_cast<PoolHandle>(pool.get());
    context.pools.emplace(pool.get(), std::move(pool));
    return Result::success;
  });
}

FAKE cuMemPoolDestroy(PoolHandle handle) {
  return inside("cuMemPoolDestroy", [&](Machine& machine, Context& context) {
    Pool* pool = find(context.pools, handle);
    if (pool == nullptr) return Result::invalid_handle;
    if (pool->used > 0) machine.violation("a pool is destroyed that buffers live in");
    for (auto& [pointer, allocation] : context.memory)
      if (allocation.pool == pool && allocation.state == Allocation::freed) allocation.pool = nullptr;
    context.pools.erase(pool);
    return Result::success;
  });
}

FAKE cuMemPoolSetAttribute(PoolHandle handle, PoolAttribute attribute, void* value) {
  return inside("cuMemPoolSetAttribute", [&](Machine&, Context& context) {
    Pool* pool = find(context.pools, handle);
    if (pool == nullptr || attribute != PoolAttribute::release_threshold) return Result::invalid_value;
    memcpy(&pool->threshold, value, sizeof pool->threshold);
    return Result::success;
  });
}

FAKE cuMemPoolGetAttribute(PoolHandle handle, PoolAttribute attribute, void* value) {
  return inside("cuMemPoolGetAttribute", [&](Machine&, Context& context) {
    Pool* pool = find(context.pools, handle);
    if (pool == nullptr) return Result::invalid_value;
    const uint64_t number = attribute == PoolAttribute::release_threshold      ? pool->threshold
                            : attribute == PoolAttribute::reserved_mem_current ? pool->reserved
                                                                               : pool->used;
    memcpy(value, &number, sizeof number);
    return Result::success;
  });
}

FAKE cuMemPoolTrimTo(PoolHandle handle, size_t keep) {
  return inside("cuMemPoolTrimTo", [&](Machine&, Context& context) {
    Pool* pool = find(context.pools, handle);
    if (pool == nullptr) return Result::invalid_value;
    pool->reserved = std::min(pool->reserved, std::max(pool->used, keep));
    return Result::success;
  });
}

namespace {

/// What the driver would say of an address.
struct Known {
  MemoryType type = MemoryType::none;
  int device = -2;
  DevicePointer begin = 0;
  size_t bytes = 0;
};

Known known(const Context& context, DevicePointer pointer) {
  const auto after = context.memory.upper_bound(pointer);
  if (after != context.memory.begin()) {
    const auto& [begin, allocation] = *std::prev(after);
    if (pointer < begin + allocation.bytes && allocation.state != Allocation::freed && !allocation.freeing)
      return {MemoryType::device, context.device, begin, allocation.bytes};
  }
  for (const auto& [begin, bytes] : context.pinned) {
    const auto address = reinterpret_cast<DevicePointer>(begin);
    if (address <= pointer && pointer < address + bytes) return {MemoryType::host, context.device, address, bytes};
  }
  return {};
}

void tell(const Known& answer, PointerAttribute attribute, void* value) {
  switch (attribute) {
    case PointerAttribute::memory_type:
      return static_cast<void>(memcpy(value, &answer.type, sizeof answer.type));
    case PointerAttribute::device_ordinal:
      return static_cast<void>(memcpy(value, &answer.device, sizeof answer.device));
    case PointerAttribute::range_start_addr:
      return static_cast<void>(memcpy(value, &answer.begin, sizeof answer.begin));
    case PointerAttribute::range_size:
      return static_cast<void>(memcpy(value, &answer.bytes, sizeof answer.bytes));
  }
}

}  // namespace

// As the real one: addresses that nobody knows are no error.
FAKE cuPointerGetAttributes(unsigned count, PointerAttribute* attributes, void** values, DevicePointer pointer) {
  return inside("cuPointerGetAttributes", [&](Machine& machine, Context& context) {
    Known answer = known(context, pointer);
    for (const auto& [device, elsewhere] : machine.contexts())
      if (answer.type == MemoryType::none) answer = known(*elsewhere, pointer);
    for (unsigned k = 0; k < count; ++k) tell(answer, attributes[k], values[k]);
    return Result::success;
  });
}

FAKE cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  return inside("cuMemHostAlloc", [&](Machine&, Context& context) {
    *pointer = malloc(bytes);
    if (*pointer == nullptr) return Result::out_of_memory;
    context.pinned.emplace(static_cast<char*>(*pointer), bytes);
    return Result::success;
  });
}

FAKE cuMemFreeHost(void* pointer) {
  return inside("cuMemFreeHost", [&](Machine& machine, Context& context) {
    const auto it = context.pinned.find(static_cast<char*>(pointer));
    if (it == context.pinned.end()) return Result::invalid_value;
    for (const auto& [key, stream] : context.streams)
      for (const Operation& operation : stream->queue)
        if (operation.host != nullptr && operation.host < it->first + it->second &&
            it->first < operation.host + operation.host_bytes)
          machine.violation("pinned memory is freed that a copy still needs");
    free(it->first);
    context.pinned.erase(it);
    return Result::success;
  });
}

FAKE cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, StreamHandle handle) {
  return on_stream("cuMemcpyHtoDAsync_v2", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    Operation operation;
    operation.name = "cuMemcpyHtoDAsync";
    operation.host = static_cast<const char*>(from);
    operation.host_bytes = bytes;
    operation.run = [&machine, &context, to, from, bytes] {
      return machine.access(context, "a copy to the device", to, bytes, [&](char* at) {
        memcpy(at, from, bytes);
        context.gpu->mark_written(to, bytes);
      });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, StreamHandle handle) {
  return on_stream("cuMemcpyDtoHAsync_v2", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    Operation operation;
    operation.name = "cuMemcpyDtoHAsync";
    operation.host = static_cast<const char*>(to);
    operation.host_bytes = bytes;
    operation.run = [&machine, &context, to, from, bytes] {
      machine.count_down(bytes);
      return machine.access(context, "a copy from the device", from, bytes, [&](char* at) { memcpy(to, at, bytes); });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes, StreamHandle handle) {
  return on_stream("cuMemcpyDtoDAsync_v2", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    Operation operation;
    operation.name = "cuMemcpyDtoDAsync";
    operation.run = [&machine, &context, to, from, bytes] {
      std::string held(bytes, '\0');
      const Result result = machine.access(context, "a copy on the device", from, bytes,
                                           [&](char* at) { memcpy(held.data(), at, bytes); });
      if (result != Result::success) return result;
      return machine.access(context, "a copy on the device", to, bytes, [&](char* at) {
        memcpy(at, held.data(), bytes);
        context.gpu->mark_copied(to, from, bytes);
      });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

namespace {

template <class Element>
Result fill(const char* symbol, DevicePointer to, Element value, size_t count, StreamHandle handle) {
  return on_stream(symbol, handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    if (to % sizeof value != 0) return Result::invalid_value;
    const size_t bytes = count * sizeof value;
    Operation operation;
    operation.name = symbol;
    operation.run = [&machine, &context, to, value, bytes] {
      return machine.access(context, "a fill", to, bytes, [&](char* at) {
        std::fill_n(reinterpret_cast<Element*>(at), bytes / sizeof value, value);
        context.gpu->mark_written(to, bytes);
      });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

}  // namespace

FAKE cuMemsetD8Async(DevicePointer to, unsigned char value, size_t bytes, StreamHandle handle) {
  return fill("cuMemsetD8Async", to, value, bytes, handle);
}

FAKE cuMemsetD32Async(DevicePointer to, unsigned value, size_t count, StreamHandle handle) {
  return fill("cuMemsetD32Async", to, value, count, handle);
}

FAKE_AGREES(mem_get_info, cuMemGetInfo_v2)
FAKE_AGREES(mem_alloc, cuMemAlloc_v2)
FAKE_AGREES(mem_free, cuMemFree_v2)
FAKE_AGREES(mem_alloc_from_pool_async, cuMemAllocFromPoolAsync)
FAKE_AGREES(mem_free_async, cuMemFreeAsync)
FAKE_AGREES(mem_pool_create, cuMemPoolCreate)
FAKE_AGREES(mem_pool_destroy, cuMemPoolDestroy)
FAKE_AGREES(mem_pool_set_attribute, cuMemPoolSetAttribute)
FAKE_AGREES(mem_pool_get_attribute, cuMemPoolGetAttribute)
FAKE_AGREES(mem_pool_trim_to, cuMemPoolTrimTo)
FAKE_AGREES(pointer_get_attributes, cuPointerGetAttributes)
FAKE_AGREES(mem_host_alloc, cuMemHostAlloc)
FAKE_AGREES(mem_free_host, cuMemFreeHost)
FAKE_AGREES(memcpy_to_device_async, cuMemcpyHtoDAsync_v2)
FAKE_AGREES(memcpy_to_host_async, cuMemcpyDtoHAsync_v2)
FAKE_AGREES(memcpy_on_device_async, cuMemcpyDtoDAsync_v2)
FAKE_AGREES(memset_async, cuMemsetD8Async)
FAKE_AGREES(memset_words_async, cuMemsetD32Async)
