#include "nvrtc.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <regex>

namespace fuseval::test {
namespace {

template <class F>
bool symbol(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function != nullptr;
}

// The sum, or the largest, of the numbers that a pattern's group catches in ptxas' report.
template <class F>
int fold(const std::string& log, const char* pattern, F&& f) {
  const std::regex expression(pattern);
  int result = 0;
  for (std::sregex_iterator at(log.begin(), log.end(), expression), end; at != end; ++at)
    result = f(result, std::stoi((*at)[1].str()));
  return result;
}

}  // namespace

std::optional<Nvrtc> Nvrtc::find(std::string& reason) {
  const char* home = std::getenv("CUDA_HOME");
  const std::string candidates[] = {home ? std::string(home) + "/lib64/libnvrtc.so.13" : "", "libnvrtc.so.13",
                                    "/usr/local/cuda/lib64/libnvrtc.so.13"};
  void* library = nullptr;
  for (const std::string& path : candidates)
    if (!path.empty() && !library) library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    reason = dlerror();
    return {};
  }
  Nvrtc self;
  const bool complete =
      symbol(library, "nvrtcCreateProgram", self.create_) && symbol(library, "nvrtcCompileProgram", self.compile_) &&
      symbol(library, "nvrtcDestroyProgram", self.destroy_) &&
      symbol(library, "nvrtcGetProgramLogSize", self.log_size_) && symbol(library, "nvrtcGetProgramLog", self.log_) &&
      symbol(library, "nvrtcGetPTXSize", self.ptx_size_) && symbol(library, "nvrtcGetPTX", self.ptx_) &&
      symbol(library, "nvrtcGetCUBINSize", self.cubin_size_) &&
      symbol(library, "nvrtcGetNumSupportedArchs", self.arch_count_) &&
      symbol(library, "nvrtcGetSupportedArchs", self.archs_);
  if (complete) return self;
  reason = "libnvrtc.so.13 lacks a function";
  return {};
}

std::vector<int> Nvrtc::architectures() const {
  int count = 0;
  arch_count_(&count);
  std::vector<int> archs(static_cast<size_t>(count));
  archs_(archs.data());
  return archs;
}

Compiled Nvrtc::compile(const std::string& text, int architecture) const {
  Compiled result;
  Program program = nullptr;
  create_(&program, text.c_str(), "fuseval.cu", 0, nullptr, nullptr);
  const std::string target = "--gpu-architecture=sm_" + std::to_string(architecture);
  const char* options[] = {target.c_str(),     "--fmad=false", "--ftz=false",       "--prec-div=true",
                           "--prec-sqrt=true", "--std=c++17",  "--ptxas-options=-v"};
  const std::clock_t before = std::clock();
  const int status = compile_(program, static_cast<int>(std::size(options)), options);
  result.milliseconds = 1e3 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  size_t size = 0;
  log_size_(program, &size);
  result.log.resize(size);
  log_(program, result.log.data());
  if (status != 0) result.error = "NVRTC error " + std::to_string(status) + ": " + result.log;
  if (status == 0) {
    ptx_size_(program, &size);
    result.ptx.resize(size);
    ptx_(program, result.ptx.data());
    cubin_size_(program, &result.cubin_bytes);
    const auto most = [](int a, int b) { return std::max(a, b); };
    result.registers = fold(result.log, "Used ([0-9]+) registers", most);
    result.spill_bytes = fold(result.log, "([0-9]+) bytes spill", [](int a, int b) { return a + b; });
    result.stack_bytes = fold(result.log, "([0-9]+) bytes stack frame", most);
  }
  destroy_(&program);
  return result;
}

}  // namespace fuseval::test
