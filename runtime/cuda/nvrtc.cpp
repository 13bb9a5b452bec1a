#include "runtime/cuda/nvrtc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "ir/error.hpp"
#include "runtime/cuda/symbols.hpp"

namespace fuseval::runtime::cuda {
namespace {

/// The newest major that is looked for where no driver says more. There is one file name a major since CUDA 12.
constexpr int newest_major = 14;

/// Kernels take their arguments as __grid_constant__, which came with CUDA 11.7 and needs sm_70.
constexpr std::pair oldest_nvrtc(11, 7);
constexpr const char* oldest_words = "CUDA 11.7 is the oldest that serves";
constexpr int oldest_arch = 70;

std::vector<std::string> names_of(int from_major, int down_to) {
  std::vector<std::string> names;
  for (int major = from_major; major >= down_to; --major)
    names.push_back(major == 11 ? "libnvrtc.so.11.2" : fmt::format("libnvrtc.so.{}", major));
  return names;
}

LibraryFound find_among(std::vector<std::string> names) {
  LibrarySearch search{.variable = "FUSEVAL_LIBNVRTC", .names = std::move(names), .wheel_folders = {}, .folders = {}};
  search.wheel_folders = {"nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib"};
  search.in_toolkits = true;
  return find_library(search);
}

/// A program of NVRTC's, destroyed at the end of its scope.
class Program {
 public:
  Program(const NvrtcApi& api, const std::string& text, const std::string& name) : api_(api) {
    result_ = api.create_program(&handle_, text.c_str(), name.c_str(), 0, nullptr, nullptr);
  }
  ~Program() {
    if (handle_ != nullptr) api_.destroy_program(&handle_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  NvrtcResult result() const { return result_; }
  NvrtcProgram get() const { return handle_; }

  /// The log, the PTX or the cubin: a size, then so many bytes. "" when NVRTC has none.
  std::string bytes(NvrtcResult (*size_of)(NvrtcProgram, size_t*), NvrtcResult (*get)(NvrtcProgram, char*)) const {
    size_t size = 0;
    if (handle_ == nullptr || size_of(handle_, &size) != NvrtcResult::success) return {};
    std::string result(size, '\0');
    return get(handle_, result.data()) == NvrtcResult::success ? result : std::string();
  }

 private:
  const NvrtcApi& api_;
  NvrtcProgram handle_ = nullptr;
  NvrtcResult result_;
};

void drop_final_nuls(std::string& text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
}

}  // namespace

NvrtcFound Nvrtc::find(int driver_version) {
  const int driver_major = driver_version / 1000;
  const int newest = std::max(newest_major, driver_major);
  LibraryFound found = find_among(names_of(driver_major > 0 ? driver_major : newest, 11));
  if (!found.library && driver_major > 0 && driver_major < newest) {
    LibraryFound newer = find_among(names_of(newest, driver_major + 1));
    if (newer.library) found = std::move(newer);
  }
  if (!found.library) return {nullptr, "NVRTC is missing: " + found.reason};
  return load(std::move(found.library));
}

NvrtcFound Nvrtc::load(std::shared_ptr<SharedLibrary> library) {
  const std::shared_ptr<Nvrtc> nvrtc(new Nvrtc(std::move(library)));
  NvrtcApi& api = nvrtc->api_;
  std::vector<std::string> missing;
#define FUSEVAL_BIND(member, symbol, ...) bind_symbol(*nvrtc->library_, #symbol, api.member, missing);
  FUSEVAL_NVRTC(FUSEVAL_BIND)
#undef FUSEVAL_BIND
  if (!missing.empty())
    return {nullptr,
            fmt::format("NVRTC is too old: {} has no {}; {}", nvrtc->path(), fmt::join(missing, ", "), oldest_words)};
  int count = 0;
  bool good = api.version(&nvrtc->major_, &nvrtc->minor_) == NvrtcResult::success &&
              api.get_num_supported_archs(&count) == NvrtcResult::success && count > 0;
  nvrtc->archs_.resize(static_cast<size_t>(std::max(count, 0)));
  good = good && api.get_supported_archs(nvrtc->archs_.data()) == NvrtcResult::success;
  if (!good) return {nullptr, fmt::format("NVRTC does not say its version or targets: {}", nvrtc->path())};
  if (std::pair(nvrtc->major_, nvrtc->minor_) < oldest_nvrtc)
    return {nullptr,
            fmt::format("NVRTC is too old: {} is of CUDA {}; {}", nvrtc->path(), nvrtc->version(), oldest_words)};
  std::erase_if(nvrtc->archs_, [](int arch) { return arch < oldest_arch; });
  std::sort(nvrtc->archs_.begin(), nvrtc->archs_.end());
  return {nvrtc, ""};
}

std::string Nvrtc::version() const { return fmt::format("{}.{}", major_, minor_); }

Nvrtc::Compiled Nvrtc::compile(std::string_view text, const std::string& name, const std::string& target,
                               std::span<const std::string> options) const {
  const auto begin = std::chrono::steady_clock::now();
  const Program program(api_, std::string(text), name);
  if (program.result() != NvrtcResult::success) fail(program.result(), name, target, "");
  const std::string architecture = "--gpu-architecture=" + target;
  std::vector<const char*> arguments{architecture.c_str()};
  for (const std::string& option : options) arguments.push_back(option.c_str());
  const NvrtcResult result = api_.compile_program(program.get(), static_cast<int>(arguments.size()), arguments.data());
  Compiled compiled;
  compiled.log = program.bytes(api_.get_program_log_size, api_.get_program_log);
  drop_final_nuls(compiled.log);
  if (result != NvrtcResult::success) fail(result, name, target, compiled.log);
  compiled.is_ptx = target.starts_with("compute_");
  compiled.image = compiled.is_ptx ? program.bytes(api_.get_ptx_size, api_.get_ptx)
                                   : program.bytes(api_.get_cubin_size, api_.get_cubin);
  if (compiled.image.empty()) fail(NvrtcResult::internal_error, name, target, compiled.log);
  compiled.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return compiled;
}

void Nvrtc::fail(NvrtcResult result, const std::string& name, const std::string& target, const std::string& log) const {
  const std::string who = fmt::format("NVRTC {}", version());
  const std::string words = api_.get_error_string(result);
  if (result == NvrtcResult::out_of_memory)
    throw Error(ErrorCode::memory, fmt::format("{} ran out of host memory while it compiled {}", who, name));
  const std::string number = target.substr(target.find('_') + 1);
  const bool known =
      std::any_of(archs_.begin(), archs_.end(), [&](int arch) { return fmt::to_string(arch) == number; });
  if (result == NvrtcResult::invalid_option && !known)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} does not compile for {}, only for sm_{}", who, target, fmt::join(archs_, ", sm_")));
  const LogError error = first_error(log);
  const std::string place = error.line > 0 ? fmt::format(" (line {})", error.line) : "";
  throw Error(ErrorCode::internal, fmt::format("{} did not compile {} for {}: {}{}", who, name, target,
                                               error.words.empty() ? words : error.words, place));
}

namespace {

/// Where "error:" stands, or "error   :" as ptxas pads it; npos if nowhere.
size_t error_mark(const std::string& line) {
  for (size_t at = line.find("error"); at != std::string::npos; at = line.find("error", at + 1)) {
    const size_t next = line.find_first_not_of(' ', at + 5);
    if (next != std::string::npos && line[next] == ':') return at;
  }
  return std::string::npos;
}

/// 12 in "kernel(12): error: …", 0 if there is no such number before `at`.
int line_number(const std::string& line, size_t at) {
  int number = 0;
  const size_t close = line.rfind("): ", at);
  const size_t open = close == std::string::npos ? close : line.rfind('(', close);
  if (open != std::string::npos) std::from_chars(line.data() + open + 1, line.data() + close, number);
  return number;
}

}  // namespace

LogError first_error(const std::string& log) {
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = std::min(log.find('\n', begin), log.size());
    const std::string line = log.substr(begin, end - begin);
    begin = end + 1;
    const size_t at = error_mark(line);
    if (at == std::string::npos) continue;
    const size_t words = line.find_first_not_of(' ', line.find(':', at) + 1);
    return {line_number(line, at), words == std::string::npos ? line : line.substr(words)};
  }
  return {0, log.substr(0, log.find('\n'))};
}

}  // namespace fuseval::runtime::cuda
