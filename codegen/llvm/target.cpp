#include "codegen/llvm/target.hpp"

#include <fmt/format.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>

#include <map>
#include <memory>

#include "codegen/llvm/machine.hpp"
#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

using SubtargetInfo = std::unique_ptr<llvm::MCSubtargetInfo>;

// The README and docs/installation.md say it in these words.
constexpr const char* needed_processor =
    "fuseval needs a processor with AVX2 and FMA (x86-64-v3: Intel's since Haswell, AMD's since Zen)";

// What x86-64-v3 promises and our code uses.
constexpr const char* base_features = "+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe";
constexpr const char* wide_features = "+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl";

SubtargetInfo subtarget(const std::string& cpu, const std::string& features) {
  return SubtargetInfo(x86_target().createMCSubtargetInfo(x86_triple(), cpu, features));
}

// The processor's own answer: a hypervisor may hide features that the model's name promises.
std::string host_features() {
  std::map<std::string, bool> sorted;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) sorted[feature.getKey().str()] = feature.getValue();
  std::string text;
  for (const auto& [name, present] : sorted)
    text += fmt::format("{}{}{}", text.empty() ? "" : ",", present ? '+' : '-', name);
  return text;
}

Target detect(const TargetOptions& options) {
  const SubtargetInfo info = subtarget("", "");  // first: it sets LLVM up to throw where memory runs out
  Target target;
  target.cpu = options.cpu.empty() ? llvm::sys::getHostCPUName().str() : options.cpu;
  if (options.cpu.empty()) target.features = host_features();
  if (!info->isCPUStringValid(target.cpu))
    throw Error(ErrorCode::unsupported, fmt::format("LLVM knows no processor named '{}'", target.cpu));
  return target;
}

}  // namespace

Target resolve(const TargetOptions& options) {
  Target target = detect(options);
  const SubtargetInfo info = subtarget(target.cpu, target.features);
  if (!info->checkFeatures(base_features))
    throw Error(ErrorCode::unsupported, fmt::format("{}; '{}' is not one", needed_processor, target.cpu));
  if (options.vector_bits != 0 && options.vector_bits != 256 && options.vector_bits != 512)
    throw Error(ErrorCode::argument, fmt::format("vector_bits is {}; expected 0, 256 or 512", options.vector_bits));
  const bool wide = info->checkFeatures(wide_features);
  if (options.vector_bits == 512 && !wide)
    throw Error(ErrorCode::unsupported, fmt::format("the processor '{}' has no 512-bit vectors", target.cpu));
  target.avx512 = wide && options.vector_bits != 256;
  target.vector_bits = target.avx512 ? 512 : 256;
  // A 256-bit kernel is the AVX2 kernel: without this LLVM would use the EVEX forms and 32 registers.
  if (!target.avx512) target.features += target.features.empty() ? "-avx512f" : ",-avx512f";
  return target;
}

void require_runnable(const Target& target) {
  const SubtargetInfo info = subtarget(target.cpu, target.features);
  for (const auto& feature : llvm::sys::getHostCPUFeatures())
    if (!feature.getValue() && info->checkFeatures(fmt::format("+{}", feature.getKey().str())))
      throw Error(ErrorCode::unsupported, fmt::format("the processor '{}' has '{}', which this machine lacks",
                                                      target.cpu, feature.getKey().str()));
}

std::string target_description(const TargetOptions& options) {
  const Target target = resolve(options);
  return fmt::format("LLVM {}, {}, {}-bit vectors, {}{}", LLVM_VERSION_STRING, target.cpu, target.vector_bits,
                     target.features, options.streaming_stores ? ", streaming stores" : "");
}

}  // namespace fuseval::codegen
