// The functions that the fake libcuda exports, over the machine. Prototypes are those of the runtime's own table.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "tests/unit/cuda_runtime/fake_driver/machine.hpp"

using namespace fake;

#define FAKE extern "C" __attribute__((visibility("default"))) Result

namespace {

thread_local std::vector<Context*> current_contexts;

Context* current() { return current_contexts.empty() ? nullptr : current_contexts.back(); }

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

bool known(int device) { return device >= 0 && device < Machine::instance().settings.devices; }

/// Kernels that an image names: the fake's own text, or a real cubin or PTX, in which registered names are looked for
/// by the loader of a launch (a function of any name is found, and launched if it is registered).
Result read_image(const Machine& machine, const char* image, std::vector<std::string>& kernels) {
  std::istringstream text(image);
  std::string kind, line;
  int number = 0;
  text >> kind >> number;
  std::getline(text, line);
  if (kind == "FAKE-CUBIN") {
    if (number != machine.settings.major * 10 + machine.settings.minor) return Result::no_binary_for_gpu;
  } else if (kind == "FAKE-PTX") {
    if (number > machine.settings.version) return Result::unsupported_ptx_version;
  } else if (memcmp(image, "\177ELF", 4) == 0 || strstr(image, ".visible .entry") != nullptr) {
    kernels.push_back("*");
    return Result::success;
  } else {
    return Result::invalid_image;
  }
  while (std::getline(text, line)) kernels.push_back(line);
  return Result::success;
}

Result count_down(fake::Module* module, Result result) {
  --module->pending;
  return result;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) fake::Control* fuseval_fake_control() { return &Machine::instance(); }

FAKE cuInit(unsigned) {
  return plain("cuInit", [](Machine&) { return Result::success; });
}

FAKE cuDriverGetVersion(int* version) {
  *version = Machine::instance().settings.version;
  return Result::success;
}

FAKE cuGetErrorName(Result error, const char** name) {
  switch (error) {
    case Result::invalid_value:
      *name = "CUDA_ERROR_INVALID_VALUE";
      break;
    case Result::out_of_memory:
      *name = "CUDA_ERROR_OUT_OF_MEMORY";
      break;
    case Result::no_binary_for_gpu:
      *name = "CUDA_ERROR_NO_BINARY_FOR_GPU";
      break;
    case Result::unsupported_ptx_version:
      *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
      break;
    case Result::illegal_address:
      *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
      break;
    case Result::launch_failed:
      *name = "CUDA_ERROR_LAUNCH_FAILED";
      break;
    case Result::unknown:
      *name = "CUDA_ERROR_UNKNOWN";
      break;
    default:
      return Result::invalid_value;
  }
  return Result::success;
}

FAKE cuGetErrorString(Result, const char** text) {
  *text = "the fake driver's words";
  return Result::success;
}

FAKE cuDeviceGetCount(int* count) {
  return plain("cuDeviceGetCount", [&](Machine& machine) {
    *count = machine.settings.devices;
    return Result::success;
  });
}

FAKE cuDeviceGet(DeviceNumber* device, int ordinal) {
  return plain("cuDeviceGet", [&](Machine&) {
    *device = ordinal;
    return known(ordinal) ? Result::success : Result::invalid_device;
  });
}

FAKE cuDeviceGetName(char* name, int length, DeviceNumber device) {
  return plain("cuDeviceGetName", [&](Machine&) {
    strncpy(name, "Fake GPU", static_cast<size_t>(length));
    return known(device) ? Result::success : Result::invalid_device;
  });
}

FAKE cuDeviceGetAttribute(int* value, DeviceAttribute attribute, DeviceNumber device) {
  return plain("cuDeviceGetAttribute", [&](Machine& machine) {
    if (!known(device)) return Result::invalid_device;
    switch (attribute) {
      case DeviceAttribute::max_threads_per_block:
        *value = 1024;
        break;
      case DeviceAttribute::max_shared_memory_per_block:
        *value = 48 * 1024;
        break;
      case DeviceAttribute::warp_size:
        *value = 32;
        break;
      case DeviceAttribute::multiprocessor_count:
        *value = 8;
        break;
      case DeviceAttribute::integrated:
        *value = 0;
        break;
      case DeviceAttribute::compute_mode:
        *value = machine.settings.prohibited ? compute_mode_prohibited : 0;
        break;
      case DeviceAttribute::l2_cache_size:
        *value = 4 << 20;
        break;
      case DeviceAttribute::max_threads_per_multiprocessor:
        *value = 2048;
        break;
      case DeviceAttribute::async_engine_count:
        *value = 2;
        break;
      case DeviceAttribute::unified_addressing:
        *value = 1;
        break;
      case DeviceAttribute::compute_capability_major:
        *value = machine.settings.major;
        break;
      case DeviceAttribute::compute_capability_minor:
        *value = machine.settings.minor;
        break;
      case DeviceAttribute::max_shared_memory_per_block_optin:
        *value = 200 * 1024;
        break;
      case DeviceAttribute::memory_pools_supported:
        *value = machine.settings.pools ? 1 : 0;
        break;
    }
    return Result::success;
  });
}

FAKE cuDeviceTotalMem_v2(size_t* bytes, DeviceNumber device) {
  return plain("cuDeviceTotalMem_v2", [&](Machine& machine) {
    *bytes = machine.settings.memory;
    return known(device) ? Result::success : Result::invalid_device;
  });
}

FAKE cuDevicePrimaryCtxRetain(ContextHandle* context, DeviceNumber device) {
  return plain("cuDevicePrimaryCtxRetain", [&](Machine& machine) {
    if (!known(device)) return Result::invalid_device;
    machine.retain(*machine.context_of(device));
    *context = reinterpret_cast<ContextHandle>(machine.context_of(device));
    return Result::success;
  });
}

FAKE cuDevicePrimaryCtxRelease_v2(DeviceNumber device) {
  return plain("cuDevicePrimaryCtxRelease_v2", [&](Machine& machine) {
    Context* context = machine.context_of(device);
    if (context->references == 0) return Result::invalid_context;
    machine.let_go(*context);
    return Result::success;
  });
}

FAKE cuCtxGetCurrent(ContextHandle* context) {
  return plain("cuCtxGetCurrent", [&](Machine&) {
    *context = reinterpret_cast<ContextHandle>(current());
    return Result::success;
  });
}

FAKE cuCtxPushCurrent_v2(ContextHandle context) {
  return plain("cuCtxPushCurrent_v2", [&](Machine&) {
    current_contexts.push_back(reinterpret_cast<Context*>(context));
    return Result::success;
  });
}

FAKE cuCtxPopCurrent_v2(ContextHandle* context) {
  return plain("cuCtxPopCurrent_v2", [&](Machine&) {
    if (current_contexts.empty()) return Result::invalid_context;
    *context = reinterpret_cast<ContextHandle>(current());
    current_contexts.pop_back();
    return Result::success;
  });
}

FAKE cuCtxSynchronize() {
  return inside("cuCtxSynchronize", [&](Machine& machine, Context& context) {
    return machine.run_until(context, [&] {
      return context.default_stream.queue.empty() && std::all_of(context.streams.begin(), context.streams.end(),
                                                                 [](auto& s) { return s.second->queue.empty(); });
    });
  });
}

FAKE cuStreamCreate(StreamHandle* handle, unsigned) {
  return inside("cuStreamCreate", [&](Machine&, Context& context) {
    auto stream = std::make_unique<fake::Stream>();
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
    machine.drop(context, it->second);
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
    operation.run = [&context, at = *pointer] {
      context.memory.at(at).state = Allocation::live;
      return Result::success;
    };
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
      Allocation& allocation = context.memory.at(pointer);
      if (allocation.state != Allocation::live) machine.violation("memory is freed before it is allocated");
      machine.drop(context, allocation);
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
      return machine.access(context, "a copy to the device", to, bytes, [&](char* at) { memcpy(at, from, bytes); });
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
      return machine.access(context, "a copy on the device", to, bytes,
                            [&](char* at) { memcpy(at, held.data(), bytes); });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuMemsetD8Async(DevicePointer to, unsigned char value, size_t bytes, StreamHandle handle) {
  return on_stream("cuMemsetD8Async", handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    Operation operation;
    operation.name = "cuMemsetD8Async";
    operation.run = [&machine, &context, to, value, bytes] {
      return machine.access(context, "a fill", to, bytes, [&](char* at) { memset(at, value, bytes); });
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

FAKE cuModuleLoadDataEx(ModuleHandle* handle, const void* image, unsigned count, JitOption* options, void** values) {
  return inside("cuModuleLoadDataEx", [&](Machine& machine, Context& context) {
    auto module = std::make_unique<fake::Module>();
    const Result result = read_image(machine, static_cast<const char*>(image), module->kernels);
    for (unsigned k = 0; result != Result::success && k < count; ++k)
      if (options[k] == JitOption::error_log_buffer)
        strcpy(static_cast<char*>(values[k]), "the fake's linker does not take it\n");
    if (result != Result::success) return result;
    *handle = reinterpret_cast<ModuleHandle>(module.get());
    context.modules.emplace(module.get(), std::move(module));
    return Result::success;
  });
}

FAKE cuModuleUnload(ModuleHandle handle) {
  return inside("cuModuleUnload", [&](Machine& machine, Context& context) {
    fake::Module* module = find(context.modules, handle);
    if (module == nullptr) return Result::invalid_handle;
    if (module->pending > 0) machine.violation("a module is unloaded while launches of it wait");
    context.modules.erase(module);
    return Result::success;
  });
}

FAKE cuModuleGetFunction(FunctionHandle* handle, ModuleHandle module_handle, const char* name) {
  return inside("cuModuleGetFunction", [&](Machine&, Context& context) {
    fake::Module* module = find(context.modules, module_handle);
    if (module == nullptr) return Result::invalid_handle;
    const auto& kernels = module->kernels;
    const bool any = !kernels.empty() && kernels.front() == "*";
    if (!any && std::find(kernels.begin(), kernels.end(), name) == kernels.end()) return Result::not_found;
    auto& function = module->functions[name];
    if (!function) function = std::make_unique<fake::Function>();
    function->module = module;
    function->name = name;
    *handle = reinterpret_cast<FunctionHandle>(function.get());
    return Result::success;
  });
}

FAKE cuFuncGetAttribute(int* value, FunctionAttribute attribute, FunctionHandle) {
  return inside("cuFuncGetAttribute", [&](Machine&, Context&) {
    *value = attribute == FunctionAttribute::num_regs                ? 32
             : attribute == FunctionAttribute::max_threads_per_block ? 1024
                                                                     : 0;
    return Result::success;
  });
}

FAKE cuFuncSetAttribute(FunctionHandle handle, FunctionAttribute attribute, int value) {
  return inside("cuFuncSetAttribute", [&](Machine&, Context&) {
    if (attribute != FunctionAttribute::max_dynamic_shared_size_bytes || value > 200 * 1024)
      return Result::invalid_value;
    reinterpret_cast<fake::Function*>(handle)->shared_allowed = value;
    return Result::success;
  });
}

FAKE cuLaunchKernel(FunctionHandle handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                    unsigned block_y, unsigned block_z, unsigned shared_bytes, StreamHandle stream_handle,
                    void** parameters, void** extra) {
  return on_stream("cuLaunchKernel", stream_handle, [&](Machine& machine, Context& context, fake::Stream& stream) {
    auto* function = reinterpret_cast<fake::Function*>(handle);
    const bool shape = grid_x > 0 && grid_y == 1 && grid_z == 1 && block_y == 1 && block_z == 1 && block_x <= 1024;
    const bool packed = parameters == nullptr && extra != nullptr &&
                        reinterpret_cast<uintptr_t>(extra[0]) == launch_param_pointer &&
                        reinterpret_cast<uintptr_t>(extra[2]) == launch_param_size && extra[4] == nullptr;
    if (!shape || !packed || shared_bytes > static_cast<unsigned>(function->shared_allowed))
      return Result::invalid_value;
    const auto* words = static_cast<const uint64_t*>(extra[1]);
    const size_t bytes = *static_cast<const size_t*>(extra[3]);
    Operation operation;
    operation.name = "cuLaunchKernel " + function->name;
    ++function->module->pending;
    operation.run = [&machine, &context, function, copy = std::vector<uint64_t>(words, words + bytes / 8), grid_x,
                     block_x, shared_bytes] {
      const Launch launch{grid_x, block_x, shared_bytes, copy};
      return count_down(function->module, machine.run_kernel(context, *function, launch));
    };
    machine.enqueue(context, stream, std::move(operation));
    return Result::success;
  });
}

// The table and the fake agree, row by row.
#define FUSEVAL_COMPARE(member, symbol, ...) \
  static_assert(std::is_same_v<decltype(&symbol), decltype(DriverApi::member)>);
FUSEVAL_CUDA_DRIVER(FUSEVAL_COMPARE)
