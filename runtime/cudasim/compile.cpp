// From texts to a shared object: one translation unit that has the shim, every text in a namespace of its own, and a
// table of the kernels.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ir/error.hpp"
#include "runtime/cudasim/fiber.hpp"
#include "runtime/cudasim/loaded_module.hpp"
#include "runtime/cudasim/module.hpp"
#include "runtime/cudasim/process.hpp"
#include "runtime/cudasim/shim_text.hpp"
#include "runtime/unfinished_names.hpp"

namespace fuseval::runtime::cudasim {
namespace {

/// A folder that nobody else can look into, removed with what is in it.
class PrivateFolder {
 public:
  PrivateFolder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = fmt::format("{}/fuseval-cudasim-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(path_.data())) fail_on_file("make a folder like", path_);
    names_[0] = UnfinishedName(path_, UnfinishedName::Kind::folder);
    names_[1] = UnfinishedName(file(text_name));
    names_[2] = UnfinishedName(file(object_name));
  }
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  std::string text() const { return file(text_name); }
  std::string object() const { return file(object_name); }

 private:
  static constexpr const char *text_name = "kernels.cpp", *object_name = "kernels.so";
  std::string file(const char* name) const { return path_ + "/" + name; }

  std::string path_;
  std::array<UnfinishedName, 3> names_;
};

bool is_name(std::string_view name) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), letter);
}

/// extern "C" names are one for all namespaces, so each text's are renamed.
std::string renamed(const std::string& kernel, size_t source) { return fmt::format("{}_in_text_{}", kernel, source); }

/// `extern __shared__ T name[];` declares a block's dynamic shared memory, whose bytes are the launch's affair: a
/// pointer to them in its place. The only construct for which the text must be changed.
std::string with_dynamic_shared(std::string text) {
  static constexpr std::string_view opening = "extern __shared__";
  for (size_t from = 0; (from = text.find(opening, from)) != std::string::npos; ++from) {
    const size_t end = text.find(';', from);
    const size_t bracket = text.find('[', from);
    if (bracket > end || end == std::string::npos) continue;
    std::string declared = text.substr(from + opening.size(), bracket - from - opening.size());
    const size_t aligned = declared.find("__align__(");
    if (aligned != std::string::npos) declared.erase(aligned, declared.find(')', aligned) + 1 - aligned);
    const size_t last = declared.find_last_not_of(" \t\n");
    const size_t name = last == std::string::npos ? last : declared.find_last_of(" \t\n*", last);
    if (name == std::string::npos) continue;
    const std::string type = declared.substr(0, name + 1);
    text.replace(
        from, end - from,
        fmt::format("{0}* const {1} = static_cast<{0}*>(::fuseval::runtime::cudasim::current()->dynamic_shared)", type,
                    declared.substr(name + 1, last - name)));
  }
  return text;
}

std::string translation_unit(std::span<const Source> sources) {
  std::string unit = shim_text;
  std::string table;
  for (size_t source = 0; source < sources.size(); ++source) {
    const std::string name = name_of_source(source);
    for (const std::string& kernel : sources[source].kernels) {
      unit += fmt::format("#define {} {}\n", kernel, renamed(kernel, source));
      table += fmt::format("  fuseval::runtime::cudasim::Trampoline<&{}::{}>::row,\n", name, renamed(kernel, source));
    }
    unit += fmt::format("namespace {0} {{ namespace {{\n#line 1 \"{0}\"\n{1}\n#line 1 \"end\"\n}} }}\n", name,
                        with_dynamic_shared(sources[source].text));
    for (const std::string& kernel : sources[source].kernels) unit += fmt::format("#undef {}\n", kernel);
  }
  return unit + "extern \"C\" __attribute__((visibility(\"default\"))) const fuseval::runtime::cudasim::Kernel " +
         "fuseval_cudasim_kernels[] = {\n" + table + "  {0, nullptr}};\n";
}

std::vector<std::string> command(const std::string& compiler, const std::string& input, const std::string& output) {
  std::vector<std::string> arguments{
      // -Og compiles in two thirds of -O1's time, and kernels, which the checks of their accesses slow down, run as
      // fast.
      compiler, "-std=c++17", "-Og", "-g1", "-mfma", "-ffp-contract=off", "-fno-fast-math",
      // Nothing but instructions for sqrt; a kernel looks at bytes through any type.
      "-fno-math-errno", "-fno-strict-aliasing",
      // What the hooks of the shim answer.
      "-fsanitize=thread,bounds,alignment,integer-divide-by-zero", "-fno-exceptions", "-fno-rtti",
      "-fvisibility=hidden", fmt::format("-Wframe-larger-than={}", frame_limit),
      // Without the sanitizers' own libraries.
      "-fPIC", "-shared", "-nodefaultlibs", "-o", output, input, "-lm", "-lc", "-lgcc"};
  return arguments;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) fail_on_file("write", path);
}

/// A frame too large for a fiber's stack. Only a warning, because GCC and clang spell that it be an error differently.
constexpr std::string_view frame_warning = "[-Wframe-larger-than";

/// The compiler's first complaint, or all that it said; with the line of the kernel text that it is about.
std::string first_error(const std::string& output, std::span<const Source> sources) {
  const size_t mark = std::min({output.find(" error: "), output.find("Error: "), output.find(": undefined "),
                                output.find(": relocation "), output.find(frame_warning)});
  if (mark == std::string::npos) return output.empty() ? "no message" : output.substr(0, 2000);
  const size_t begin = output.rfind('\n', mark) + 1;
  const std::string message = output.substr(begin, output.find('\n', mark) - begin);
  const long source = source_of_name(message.substr(0, message.find(':')));
  if (source < 0 || static_cast<size_t>(source) >= sources.size()) return message;
  const int line = std::atoi(message.c_str() + message.find(':') + 1);
  return fmt::format("{}\n  {}", message, line_of_text(sources[static_cast<size_t>(source)].text, line));
}

void run_compiler(const std::vector<std::string>& arguments, const std::string& output, std::span<const Source> sources,
                  std::chrono::milliseconds timeout) {
  const ProcessResult result = run_process(arguments, timeout);
  if (result.timed_out)
    throw Error(ErrorCode::limit, fmt::format("cudasim: {} has not compiled {} kernel texts within {} ms", arguments[0],
                                              sources.size(), timeout.count()));
  // A host that reaps all children hides the status; a compiler that fails leaves no output.
  const bool failed = result.status.value_or(0) != 0 || access(output.c_str(), R_OK) != 0;
  if (failed || result.output.find(frame_warning) != std::string::npos)
    throw Error(ErrorCode::internal, fmt::format("cudasim: {} refuses a kernel text: {}", arguments[0],
                                                 first_error(result.output, sources)));
}

}  // namespace

std::string host_compiler() {
  const char* wanted = std::getenv("FUSEVAL_CXX");
  if (wanted && *wanted) {
    std::string found = find_executable(wanted);
    if (!found.empty()) return found;
    throw Error(ErrorCode::unsupported, fmt::format("cudasim: FUSEVAL_CXX names \"{}\", which cannot be run", wanted));
  }
  for (const char* name : {"c++", "g++", "clang++"})
    if (std::string found = find_executable(name); !found.empty()) return found;
  throw Error(
      ErrorCode::unsupported,
      "cudasim: the simulator needs a C++ compiler at run time: none of c++, g++ and clang++ is in the PATH, and "
      "FUSEVAL_CXX is not set");
}

namespace {

std::string chosen_compiler(const CompileOptions& options) {
  std::string compiler = options.compiler.empty() ? host_compiler() : find_executable(options.compiler);
  if (compiler.empty())
    throw Error(ErrorCode::unsupported, fmt::format("cudasim: the compiler \"{}\" cannot be run", options.compiler));
  return compiler;
}

/// The shared object's path, in the folder.
std::string build_in(const PrivateFolder& folder, std::span<const Source> sources, const CompileOptions& options) {
  for (const Source& source : sources)
    for (const std::string& kernel : source.kernels)
      if (!is_name(kernel))
        throw Error(ErrorCode::internal, fmt::format("cudasim: \"{}\" is no kernel's name", kernel));
  const std::string compiler = chosen_compiler(options);
  write_file(folder.text(), translation_unit(sources));
  std::string output = folder.object();
  run_compiler(command(compiler, folder.text(), output), output, sources, options.timeout);
  return output;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) fail_on_file("read", path);
  return bytes;
}

std::shared_ptr<const LoadedModule> load_file(const std::string& path, std::span<const Source> sources) {
  return std::make_shared<LoadedModule>(path, std::vector<Source>(sources.begin(), sources.end()));
}

}  // namespace

Module Module::compile(std::span<const Source> sources, const CompileOptions& options) {
  const PrivateFolder folder;
  Module module;
  module.loaded_ = load_file(build_in(folder, sources, options), sources);
  return module;
}

std::string Module::build(std::span<const Source> sources, const CompileOptions& options) {
  const PrivateFolder folder;
  return read_file(build_in(folder, sources, options));
}

Module Module::load(std::span<const Source> sources, const std::string& object) {
  const PrivateFolder folder;
  write_file(folder.object(), object);
  Module module;
  module.loaded_ = load_file(folder.object(), sources);
  return module;
}

std::string Module::build_key(std::span<const Source> sources, const CompileOptions& options) {
  return fmt::format("{}\n{}", fmt::join(command(chosen_compiler(options), "", ""), " "), translation_unit(sources));
}

Function Module::function(size_t source, std::string_view kernel) const {
  size_t row = 0;
  const auto& sources = loaded_->sources();
  for (size_t index = 0; index < sources.size(); ++index)
    for (const std::string& name : sources[index].kernels) {
      if (index == source && name == kernel) return {loaded_, loaded_->kernels() + row, source, name};
      ++row;
    }
  throw Error(ErrorCode::internal, fmt::format("cudasim: text {} has no kernel \"{}\"", source, kernel));
}

}  // namespace fuseval::runtime::cudasim
