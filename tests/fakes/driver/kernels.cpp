// The fake driver's functions for modules and launches.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "ir/error.hpp"
#include "tests/fakes/driver/call.hpp"

using namespace fake;

namespace {

/// The kernels of an image: the fake's own (image.hpp), or a real cubin or PTX, in which registered names are looked
/// for by the loader of a launch (a function of any name is found, and launched if it is registered).
Result read_image(Machine& machine, const char* image, fake::Module& module, std::string& log) {
  std::vector<std::string>& kernels = module.kernels;
  log = "the fake's linker does not take it\n";
  std::istringstream text(image);
  std::string kind, line;
  int number = 0;
  text >> kind >> number;
  std::getline(text, line);
  if (kind == cubin_mark) {
    if (number != machine.settings.major * 10 + machine.settings.minor) return Result::no_binary_for_gpu;
  } else if (kind == ptx_mark) {
    if (number > machine.settings.version) return Result::unsupported_ptx_version;
  } else if (memcmp(image, "\177ELF", 4) == 0 || strstr(image, ".visible .entry") != nullptr) {
    log = "a real image, and no kernel that the test has added: the fake runs what the fake NVRTC makes\n";
    if (!machine.has_kernels()) return Result::invalid_image;
    kernels.push_back("*");
    return Result::success;
  } else {
    return Result::invalid_image;
  }
  while (std::getline(text, line) && !line.starts_with(std::string(text_mark) + " ")) kernels.push_back(line);
  if (!text) return Result::success;
  std::string code(strtoul(line.c_str() + strlen(text_mark), nullptr, 10), '\0');
  text.read(code.data(), static_cast<std::streamsize>(code.size()));
  if (!text) return Result::invalid_image;
  try {
    module.code = machine.texts.get(code, kernels);
  } catch (const fuseval::Error& error) {
    log = error.message();
    machine.violation(error.message());
    return Result::unknown;
  }
  return Result::success;
}

/// Options are a buffer for the log and its size, which is passed in the pointer's bits.
void write_log(const std::string& log, unsigned count, const JitOption* options, void** values) {
  char* buffer = nullptr;
  size_t room = 0;
  for (unsigned k = 0; k < count; ++k) {
    if (options[k] == JitOption::error_log_buffer) buffer = static_cast<char*>(values[k]);
    if (options[k] == JitOption::error_log_buffer_size_bytes) room = reinterpret_cast<size_t>(values[k]);
  }
  if (buffer != nullptr && room > 0) buffer[log.copy(buffer, room - 1)] = '\0';
}

Result count_down(fake::Module* module, Result result) {
  --module->pending;
  return result;
}

}  // namespace

FAKE cuModuleLoadDataEx(ModuleHandle* handle, const void* image, unsigned count, JitOption* options, void** values) {
  return inside("cuModuleLoadDataEx", [&](Machine& machine, Context& context) {
    auto module = std::make_unique<fake::Module>();
    std::string log;
    const Result result = read_image(machine, static_cast<const char*>(image), *module, log);
    if (result != Result::success) {
      write_log(log, count, options, values);
      return result;
    }
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
    if (module->code) function->code = module->code->function(0, name);
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
    if (function->code && bytes != function->code->kernel->argument_bytes) {
      machine.violation("kernel " + function->name + " is launched with " + std::to_string(bytes) +
                        " bytes of arguments and takes " + std::to_string(function->code->kernel->argument_bytes));
      return Result::invalid_value;
    }
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

FAKE_AGREES(module_load, cuModuleLoadDataEx)
FAKE_AGREES(module_unload, cuModuleUnload)
FAKE_AGREES(module_get_function, cuModuleGetFunction)
FAKE_AGREES(func_get_attribute, cuFuncGetAttribute)
FAKE_AGREES(func_set_attribute, cuFuncSetAttribute)
FAKE_AGREES(launch_kernel, cuLaunchKernel)
