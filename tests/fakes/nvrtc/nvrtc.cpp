// The fake libnvrtc's functions: those that runtime/cuda/nvrtc_api.hpp looks up.
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>

#include "tests/fakes/image.hpp"
#include "tests/fakes/nvrtc/control.hpp"
#include "tests/fakes/nvrtc/kernel_text.hpp"
#include "tests/fakes/report.hpp"

#define FAKE extern "C" __attribute__((visibility("default"))) NvrtcResult

using fuseval::runtime::cuda::NvrtcApi;
using fuseval::runtime::cuda::NvrtcProgram;
using fuseval::runtime::cuda::NvrtcResult;

namespace fake {
namespace {

// Results that fuseval does not tell apart.
constexpr auto invalid_input = static_cast<NvrtcResult>(3);
constexpr auto invalid_program = static_cast<NvrtcResult>(4);

struct Program {
  std::string text;
  std::string name;
  std::string log;
  std::string cubin;
  std::string ptx;
};

/// All state, behind one lock; compiling is a matter of microseconds.
class Compiler : public NvrtcControl {
 public:
  static Compiler& instance() {
    static Compiler* const compiler = new Compiler;  // calls may come as late as a process lives
    return *compiler;
  }

  void reset(const NvrtcSettings& wanted) override {
    const std::lock_guard lock(mutex);
    settings = wanted;
    programs.clear();
    refusal.clear();
    calls_ = fail_at_ = compiled = 0;
  }
  void fail_call(uint64_t k, NvrtcResult code) override {
    const std::lock_guard lock(mutex);
    calls_ = 0;
    fail_at_ = k;
    fail_code_ = code;
  }
  uint64_t calls() const override { return calls_; }
  void refuse_texts(const std::string& words) override { refusal = words; }
  uint64_t compilations() const override { return compiled; }
  std::string leaks() const override {
    return programs.empty() ? "" : std::to_string(programs.size()) + " programs of NVRTC\n";
  }

  /// Counts a call; whether it is to fail.
  std::optional<NvrtcResult> enter() { return ++calls_ == fail_at_ ? std::optional(fail_code_) : std::nullopt; }
  Program* find(NvrtcProgram handle) {
    const auto it = programs.find(handle);
    return it == programs.end() ? nullptr : it->second.get();
  }

  NvrtcSettings settings;
  std::map<NvrtcProgram, std::unique_ptr<Program>> programs;
  std::string refusal = environment("FUSEVAL_FAKE_NVRTC_REFUSES");
  uint64_t compiled = 0;
  std::mutex mutex;

 private:
  uint64_t calls_ = 0;
  uint64_t fail_at_ = number_of_environment("FUSEVAL_FAKE_NVRTC_FAIL_AT", 0);
  NvrtcResult fail_code_ = static_cast<NvrtcResult>(number_of_environment("FUSEVAL_FAKE_NVRTC_FAIL_CODE", 11));
};

/// What a program in use leaves behind is said when the process ends, after everything else.
__attribute__((destructor)) void report_at_the_end() {
  const Compiler& compiler = Compiler::instance();
  report("fake NVRTC", std::to_string(compiler.compiled) + " compilations", compiler.leaks(), "");
}

template <class Body>
NvrtcResult plain(Body body) {
  Compiler& compiler = Compiler::instance();
  const std::lock_guard lock(compiler.mutex);
  const auto failure = compiler.enter();
  return failure ? *failure : body(compiler);
}

template <class Body>
NvrtcResult with_program(NvrtcProgram handle, Body body) {
  return plain([&](Compiler& compiler) {
    Program* program = compiler.find(handle);
    return program == nullptr ? invalid_program : body(compiler, *program);
  });
}

NvrtcResult size_of(NvrtcProgram handle, std::string Program::*bytes, size_t extra, size_t* size) {
  return with_program(handle, [&](Compiler&, const Program& program) {
    *size = (program.*bytes).size() + extra;
    return NvrtcResult::success;
  });
}

NvrtcResult copy_of(NvrtcProgram handle, std::string Program::*bytes, size_t extra, char* to) {
  return with_program(handle, [&](Compiler&, const Program& program) {
    memcpy(to, (program.*bytes).c_str(), (program.*bytes).size() + extra);
    return NvrtcResult::success;
  });
}

/// What an architecture option asks for: 90 for "sm_90" (real) and "compute_90" (not).
struct Target {
  int arch = 75;
  bool real = false;
};

/// nullopt, with NVRTC's log, when an option is not understood.
std::optional<Target> read_options(const Compiler& compiler, int count, const char* const* options, std::string& log) {
  static constexpr std::string_view architecture = "--gpu-architecture=";
  Target target;
  for (int k = 0; k < count; ++k) {
    const std::string_view option = options[k];
    if (option.starts_with(architecture)) {
      const std::string_view name = option.substr(architecture.size());
      target.real = name.starts_with("sm_");
      target.arch = std::atoi(std::string(name.substr(std::min(name.size(), name.find('_') + 1))).c_str());
      const auto& archs = compiler.settings.archs;
      if ((target.real || name.starts_with("compute_")) &&
          std::find(archs.begin(), archs.end(), target.arch) != archs.end())
        continue;
      log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
      return std::nullopt;
    }
    const auto begins = [&](const char* known) { return option.starts_with(known); };
    const auto known = {"--fmad=", "--ftz=", "--prec-div=", "--prec-sqrt=", "--std=", "--ptxas-options="};
    if (std::any_of(known.begin(), known.end(), begins)) continue;
    log = "nvrtc: error: unrecognized option " + std::string(option) + " found\n";
    return std::nullopt;
  }
  return target;
}

NvrtcResult compile(Compiler& compiler, Program& program, int count, const char* const* options) {
  ++compiler.compiled;
  const auto target = read_options(compiler, count, options, program.log);
  if (!target) return NvrtcResult::invalid_option;
  auto complaint = complaint_about(program.text);
  if (!compiler.refusal.empty()) complaint = Complaint{1, "error", compiler.refusal};
  if (complaint) {
    program.log = program.name + "(" + std::to_string(complaint->line) + "): " + complaint->kind + ": " +
                  complaint->words + "\n\n1 " + complaint->kind + " detected in the compilation of \"" + program.name +
                  "\".\n";
    return NvrtcResult::compilation;
  }
  const std::vector<std::string> kernels = kernels_of(program.text);
  program.ptx = ptx(compiler.settings.major * 1000 + compiler.settings.minor * 10, kernels, program.text);
  program.ptx.pop_back();  // the NUL that every string here is given at last
  if (target->real) program.cubin = cubin(target->arch, kernels, program.text);
  return NvrtcResult::success;
}

}  // namespace
}  // namespace fake

using namespace fake;

extern "C" __attribute__((visibility("default"))) NvrtcControl* fuseval_fake_nvrtc_control() {
  return &Compiler::instance();
}

extern "C" __attribute__((visibility("default"))) const char* nvrtcGetErrorString(NvrtcResult result) {
  switch (result) {
    case NvrtcResult::success:
      return "NVRTC_SUCCESS";
    case NvrtcResult::out_of_memory:
      return "NVRTC_ERROR_OUT_OF_MEMORY";
    case NvrtcResult::invalid_option:
      return "NVRTC_ERROR_INVALID_OPTION";
    case NvrtcResult::compilation:
      return "NVRTC_ERROR_COMPILATION";
    case NvrtcResult::builtin_operation_failure:
      return "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE";
    case NvrtcResult::internal_error:
      return "NVRTC_ERROR_INTERNAL_ERROR";
  }
  return "NVRTC_ERROR unknown";
}

FAKE nvrtcVersion(int* major, int* minor) {
  return plain([&](Compiler& compiler) {
    *major = compiler.settings.major;
    *minor = compiler.settings.minor;
    return NvrtcResult::success;
  });
}

FAKE nvrtcGetNumSupportedArchs(int* count) {
  return plain([&](Compiler& compiler) {
    *count = static_cast<int>(compiler.settings.archs.size());
    return NvrtcResult::success;
  });
}

FAKE nvrtcGetSupportedArchs(int* archs) {
  return plain([&](Compiler& compiler) {
    std::copy(compiler.settings.archs.begin(), compiler.settings.archs.end(), archs);
    return NvrtcResult::success;
  });
}

FAKE nvrtcCreateProgram(NvrtcProgram* handle, const char* text, const char* name, int headers, const char* const*,
                        const char* const*) {
  return plain([&](Compiler& compiler) {
    if (text == nullptr || headers != 0) return invalid_input;
    auto program = std::make_unique<Program>();
    program->text = text;
    program->name = name == nullptr ? "default_program" : name;
    *handle = reinterpret_cast<NvrtcProgram>(program.get());
    compiler.programs.emplace(*handle, std::move(program));
    return NvrtcResult::success;
  });
}

FAKE nvrtcDestroyProgram(NvrtcProgram* handle) {
  Compiler& compiler = Compiler::instance();
  const std::lock_guard lock(compiler.mutex);
  if (compiler.programs.erase(*handle) == 0) return invalid_program;
  *handle = nullptr;
  return NvrtcResult::success;
}

FAKE nvrtcCompileProgram(NvrtcProgram handle, int count, const char* const* options) {
  return with_program(handle,
                      [&](Compiler& compiler, Program& program) { return compile(compiler, program, count, options); });
}

FAKE nvrtcGetPTXSize(NvrtcProgram handle, size_t* size) { return size_of(handle, &Program::ptx, 1, size); }
FAKE nvrtcGetPTX(NvrtcProgram handle, char* to) { return copy_of(handle, &Program::ptx, 1, to); }
FAKE nvrtcGetCUBINSize(NvrtcProgram handle, size_t* size) { return size_of(handle, &Program::cubin, 0, size); }
FAKE nvrtcGetCUBIN(NvrtcProgram handle, char* to) { return copy_of(handle, &Program::cubin, 0, to); }
FAKE nvrtcGetProgramLogSize(NvrtcProgram handle, size_t* size) { return size_of(handle, &Program::log, 1, size); }
FAKE nvrtcGetProgramLog(NvrtcProgram handle, char* to) { return copy_of(handle, &Program::log, 1, to); }

// Every function of the table is here, with the type that it has there.
#define FAKE_AGREES(member, symbol, ...) static_assert(std::is_same_v<decltype(&symbol), decltype(NvrtcApi::member)>);
FUSEVAL_NVRTC(FAKE_AGREES)
