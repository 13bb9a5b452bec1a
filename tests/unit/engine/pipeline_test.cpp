// The passes: `explain` shows those that a specialisation has run, and the code that is printed is the code that runs.
#include "engine/plan/pipeline.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "codegen/llvm/kernel.hpp"
#include "engine/call/explain.hpp"
#include "engine/call/line_changes.hpp"
#include "engine/call/run.hpp"
#include "engine/plan/session.hpp"
#include "runtime/cache_sizes.hpp"

using namespace fuseval::engine;

namespace {

/// A program of one float64 vector, on one thread.
struct Trial {
  explicit Trial(const char* text)
      : runtime(std::make_shared<Runtime>(one_thread(), fuseval::codegen::TargetOptions{})),
        program(runtime, text, {{"a", fuseval::DType::float64, 1, false}}) {}

  static SessionOptions one_thread() {
    SessionOptions options;
    options.threads = 1;
    return options;
  }
  fv_view view(double* data, const int64_t& count) const {
    return {data, FV_FLOAT64, 1, &count, nullptr, FV_DEVICE_CPU, 0, 0};
  }
  std::string stage(const char* name, int64_t count) const {
    static double nothing;  // only the shape is looked at
    const fv_view input = view(&nothing, count);
    return explain(program, &input, 1, name);
  }
  std::shared_ptr<const Specialisation> made(int64_t count) const {
    static double nothing;
    const fv_view input = view(&nothing, count);
    return program.specialise(&input, nullptr, 0, {}, {});
  }

  std::shared_ptr<Runtime> runtime;
  Program program;
};

/// Large enough for non-temporal stores.
int64_t large_count() { return std::max<int64_t>(16 << 20, fuseval::runtime::cache_sizes().last_level) / 8 + 1; }

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  REQUIRE(pclose(pipe) == 0);
  return text;
}

/// The instructions that objdump lists, without padding, without addresses and without what a linker fills in:
/// "mnemonic operands".
std::vector<std::string> instructions_of(const std::string& listing) {
  std::vector<std::string> found;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    const size_t tab = line.find(":\t");
    if (tab == std::string::npos) continue;
    std::string text = line.substr(line.find_last_of('\t') + 1);
    text = text.substr(0, text.find_first_of("#<"));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (text.find("nop") != std::string::npos || text == "xchg   %ax,%ax")
      continue;  // padding, which each assembler chooses for itself
    if (const size_t address = text.find("(%rip)"); address != std::string::npos) {
      const size_t begin = text.find_last_of(" ,{", address) + 1;
      text.replace(begin, address - begin, "");
    }
    if (text[0] == 'j' || text.starts_with("call")) text = text.substr(0, text.find(' '));  // relative targets
    found.push_back(text);
  }
  return found;
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("fuseval-asm-{}", getpid());
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("printed assembly is the code that runs") {
  for (const bool is_large : {false, true}) {
    const Trial trial("2*a + sin(a)");
    const int64_t count = is_large ? large_count() : 1000;
    const std::string text = trial.stage("asm", count);
    CHECK((text.find("vmovnt") != std::string::npos) == is_large);
    const auto made = trial.made(count);
    REQUIRE(made->kernels().size() == 1);
    const Folder folder;
    write(folder.path / "a.s", text.substr(text.find('\n')));  // without "; kernel 0"
    output_of(fmt::format("cd {} && as a.s -o a.o", folder.path.string()));
    const std::vector<std::string> printed = instructions_of(
        output_of(fmt::format("objdump -d --no-show-raw-insn -j .text {}", (folder.path / "a.o").string())));
    REQUIRE(printed.size() > 20);
    const auto& code = *made->kernels()[0].code;
    write(folder.path / "ran", {reinterpret_cast<const char*>(code.elementwise), static_cast<size_t>(code.code_bytes)});
    const std::vector<std::string> ran = instructions_of(output_of(
        fmt::format("objdump -D --no-show-raw-insn -b binary -m i386:x86-64 {}", (folder.path / "ran").string())));
    REQUIRE(ran.size() >= printed.size());
    for (size_t k = 0; k < printed.size(); ++k) {
      CAPTURE(k);
      REQUIRE(printed[k] == ran[k]);
    }
  }
}

TEST_CASE("explain shows every pass by its name, as a specialisation leaves it") {
  const Trial trial("a - mean(a*2*1)");
  std::string all;
  for (const Pass& pass : passes()) {
    if (!pass.is_for(ResultRule{})) continue;
    CAPTURE(std::string(pass.name));
    const std::string text = trial.stage(std::string(pass.name).c_str(), 100);
    CHECK(text.size() > 20);
    all += text;
  }
  CHECK(trial.stage("graph", 100) == trial.stage("simplify", 100));
  CHECK(trial.stage("loops", 100) == trial.stage("collapse", 100));
  const auto made = trial.made(100);
  std::string nests;
  for (size_t k = 0; k < made->plan().kernels.size(); ++k)
    nests += fmt::format("; kernel {}\n{}\n", k, print(made->plan().kernels[k]));
  CHECK(trial.stage("collapse", 100) == nests);
  CHECK(trial.stage("chain", 100).ends_with(print_chains(made->plan())));
  CHECK(trial.stage("plan", 100) == print(made->plan()));
  CHECK(trial.stage("fuse", 100).find("reduces") != std::string::npos);
  CHECK(trial.stage("place", 100) ==
        "buffer 0: input 0 ('a')\nbuffer 1: result 0\nbuffer 2: temporary memory, from byte 0 on\n");
  CHECK(trial.stage("place", large_count()).find("kernel 1: non-temporal stores") != std::string::npos);
}

TEST_CASE("a trace has the lines that each pass changes") {
  const Trial trial("a*1 - (-(-a))");
  const std::string text = trial.stage("trace", 100);
  size_t at = 0;
  for (const Pass& pass : passes()) {
    if (!pass.is_for(ResultRule{})) continue;
    at = text.find(fmt::format("---- {}: ", pass.name), at);
    CHECK(at != std::string::npos);
  }
  const size_t results = text.find("---- results"), simplify = text.find("---- simplify"),
               fuse = text.find("---- fuse");
  CHECK(text.substr(results, simplify - results).find("(no change)\n") != std::string::npos);
  CHECK(text.substr(simplify, fuse - simplify).find("\n- %") != std::string::npos);
}

TEST_CASE("a text is parsed once, whether its names are given or not") {
  const Session session(Trial::one_thread());
  const int64_t count = 1;
  double element = 1;
  const fv_view input{&element, FV_FLOAT64, 1, &count, nullptr, FV_DEVICE_CPU, 0, 0};
  const char* const name = "a";
  const auto& parsed_texts = session.runtime()->counters.texts_parsed;
  session.compile("a + 1", &name, &input, 1);
  CHECK(parsed_texts == 1);
  session.compile("a + 2", nullptr, &input, 1);
  CHECK(parsed_texts == 2);
  session.hints("a + 3", nullptr, &input, 1);
  CHECK(parsed_texts == 3);
}

TEST_CASE("changed lines") {
  CHECK(line_changes("a\nb\nc\n", "a\nb\nc\n") == "(no change)\n");
  CHECK(line_changes("a\nb\nc\n", "a\nx\nc\n") == "- b\n+ x\n");
  CHECK(line_changes("a\nb\nc\nd\n", "b\nc\ne\nd\n") == "- a\n+ e\n");
  CHECK(line_changes("", "a\n") == "+ a\n");
  CHECK(line_changes("a\na\n", "") == "- a\n- a\n");
}
