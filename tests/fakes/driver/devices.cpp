// The fake driver's functions for starting, devices and contexts.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tests/fakes/driver/call.hpp"

using namespace fake;

namespace {

bool known(int device) { return device >= 0 && device < Machine::instance().settings.devices; }

}  // namespace

extern "C" __attribute__((visibility("default"))) fake::Control* fuseval_fake_control() { return &Machine::instance(); }

bool fake::Machine::is_context_current() const { return current() != nullptr; }

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
    case Result::illegal_instruction:
      *name = "CUDA_ERROR_ILLEGAL_INSTRUCTION";
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

FAKE_AGREES(init, cuInit)
FAKE_AGREES(driver_get_version, cuDriverGetVersion)
FAKE_AGREES(get_error_name, cuGetErrorName)
FAKE_AGREES(get_error_string, cuGetErrorString)
FAKE_AGREES(device_get_count, cuDeviceGetCount)
FAKE_AGREES(device_get, cuDeviceGet)
FAKE_AGREES(device_get_name, cuDeviceGetName)
FAKE_AGREES(device_get_attribute, cuDeviceGetAttribute)
FAKE_AGREES(device_total_mem, cuDeviceTotalMem_v2)
FAKE_AGREES(primary_ctx_retain, cuDevicePrimaryCtxRetain)
FAKE_AGREES(primary_ctx_release, cuDevicePrimaryCtxRelease_v2)
FAKE_AGREES(ctx_get_current, cuCtxGetCurrent)
FAKE_AGREES(ctx_push_current, cuCtxPushCurrent_v2)
FAKE_AGREES(ctx_pop_current, cuCtxPopCurrent_v2)
FAKE_AGREES(ctx_synchronize, cuCtxSynchronize)
