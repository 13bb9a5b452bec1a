#include "batch.hpp"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "../temporary_folder.hpp"

namespace fuseval::test {
namespace {

// Texts in one file. Two files are compiled at a time.
constexpr size_t texts_in_file = 120;

bool has_barriers(const std::string& text) {
  const size_t nest = text.find("// the nest");
  return text.find("__syncthreads", nest) != std::string::npos || text.find("shuffle(", nest) != std::string::npos;
}

std::string file_of(const std::vector<codegen::CudaKernel>& texts, size_t first, size_t last,
                    const std::function<std::string(std::string)>& mutate) {
  std::string file = "#include \"" FUSEVAL_SHIM "\"\n";
  for (size_t t = first; t < last; ++t) {
    const codegen::CudaKernel& kernel = texts[t];
    file += fmt::format("namespace text{} {{\n{}}}\n", t, mutate(kernel.text));
    for (size_t k = 0; k < kernel.entries.size(); ++k)
      file += fmt::format(
          "extern \"C\" __attribute__((visibility(\"default\"))) int run{0}_{1}(unsigned grid, unsigned block, const "
          "void* words) {{\n"
          "  return sim::launch(grid, block, {2}, [&] {{ text{0}::{3}({4}(const text{0}::Arguments*)words); }});\n}}\n",
          t, k, has_barriers(kernel.text), kernel.entries[k].name, kernel.words_in_memory ? "" : "*");
  }
  return file;
}

}  // namespace

NestArguments::NestArguments(const NestBuilder& builder) {
  const LoopNest& nest = builder.nest;
  const std::vector<char*> buffers = builder.buffers();
  for (const Operand& operand : nest.operands) {
    pointers_.push_back(operand.kind == OperandKind::index ? nullptr : buffers[operand.buffer] + operand.offset);
    offsets_.push_back(operand.offset);
    strides_.insert(strides_.end(), operand.strides.begin(), operand.strides.end());
  }
  for (const Axis& axis : nest.axes) extents_.push_back(axis.extent);
  for (const Constant& constant : nest.constants) constants_.push_back(constant.bits);
}
codegen::KernelArguments NestArguments::get() const {
  return {pointers_.data(), strides_.data(), extents_.data(), constants_.data(), offsets_.data()};
}

void Batch::add(std::unique_ptr<NestBuilder> builder, std::string what) {
  verify(builder->nest);
  cases_.push_back({std::move(builder), std::move(what)});
}

// The variant that the arguments allow, and for some structures one that always works.
void Batch::collect() {
  for (size_t c = 0; c < cases_.size(); ++c) {
    const LoopNest& nest = cases_[c].builder->nest;
    const NestArguments arguments(*cases_[c].builder);
    const codegen::CudaVariant best = cuda_variant(nest, arguments.get());
    std::vector<codegen::CudaVariant> variants = {best};
    const size_t extra = std::hash<std::string>()(serialise_structure(nest)) % 3;
    if (extra == 0) variants.push_back({best.vectors, true, best.short_rows});
    if (extra == 1 && (best.vectors || best.short_rows)) variants.push_back({false, best.wide, false});
    for (const codegen::CudaVariant& variant : variants) {
      const std::string key =
          serialise(variant) + serialise_structure(nest);
      const auto [place, is_new] = known_.try_emplace(key, texts_.size());
      if (is_new)
        texts_.push_back(codegen::cuda_kernel(nest, {.name = fmt::format("k{}", texts_.size()), .variant = variant}));
      runs_.push_back({c, place->second});
    }
  }
}

void Batch::compile() {
  const TemporaryFolder folder;
  functions_.resize(texts_.size());
  std::vector<std::string> libraries;
  std::string commands = "true";
  for (size_t first = 0; first < texts_.size(); first += texts_in_file) {
    const std::string path = fmt::format("{}/texts{}", folder.path(""), libraries.size());
    std::ofstream(path + ".cpp") << file_of(texts_, first, std::min(texts_.size(), first + texts_in_file), mutate);
    // Each in the background, two at a time.
    commands += fmt::format("\n" FUSEVAL_HOST_COMPILER
                            " -std=c++17 -O1 -w -mfma -ffp-contract=off -fno-fast-math -shared -fPIC -o {0}.so {0}.cpp "
                            "2>{0}.log &{1}",
                            path, libraries.size() % 2 == 1 ? "\nwait" : "");
    libraries.push_back(path);
  }
  REQUIRE(std::system((commands + "\nwait").c_str()) == 0);
  for (size_t t = 0; t < texts_.size(); ++t) {
    const std::string& path = libraries[t / texts_in_file];
    void* library = dlopen((path + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      std::ifstream log(path + ".log");
      FAIL(std::string(std::istreambuf_iterator<char>(log), {}).substr(0, 4000), texts_[t].text);
    }
    for (size_t k = 0; k < texts_[t].entries.size(); ++k) {
      functions_[t].push_back(reinterpret_cast<Function>(dlsym(library, fmt::format("run{}_{}", t, k).c_str())));
      REQUIRE(static_cast<bool>(functions_[t].back()));
    }
  }
}

std::string Batch::execute(const Run& run) {
  NestBuilder& builder = *cases_[run.the_case].builder;
  const codegen::CudaKernel& kernel = texts_[run.text];
  const std::string expected = run_interpreted(builder);
  builder.clear_outputs();
  const NestArguments arguments(builder);
  const int64_t bytes = cuda_scratch_bytes(kernel, arguments.get().extents);
  GuardedBytes scratch(static_cast<size_t>(bytes), true);
  for (const codegen::CudaLaunch& launch : cuda_launches(kernel, arguments.get(), scratch.data()))
    if (!functions_[run.text][launch.entry](launch.grid, launch.block, launch.words.data())) return "a deadlock";
  return builder.outputs() == expected ? "" : "other bits";
}

void Batch::check_combine(int64_t outputs, int64_t states) {
  if (texts_.empty()) {
    collect();
    compile();
  }
  NestBuilder& builder = *cases_[0].builder;
  const codegen::CudaKernel& kernel = texts_[0];
  const bool in_lanes = builder.nest.order == ReductionOrder::lanes;
  const NestArguments arguments(builder);
  codegen::KernelArguments given = arguments.get();
  const int64_t extents[] = {outputs, states * kernel.block * (in_lanes ? 8 : 1) - 1};
  given.extents = extents;
  std::vector<double> scratch(static_cast<size_t>(cuda_scratch_bytes(kernel, extents)) / sizeof(double));
  const std::vector<codegen::CudaLaunch> launches =
      cuda_launches(kernel, given, reinterpret_cast<char*>(scratch.data()));
  REQUIRE(launches.size() > 1);
  std::mt19937_64 random(static_cast<uint64_t>(states));
  std::vector<std::vector<double>> levels(static_cast<size_t>(outputs));
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t k = 0; k < states; ++k) {
      const double x = std::ldexp(static_cast<double>(static_cast<int64_t>(random())), static_cast<int>(random() % 20));
      scratch[static_cast<size_t>(in_lanes ? o * states + k : k * outputs + o)] = x;
      levels[static_cast<size_t>(o)].push_back(x);
    }
  for (size_t k = 1; k < launches.size(); ++k)
    REQUIRE(functions_[0][launches[k].entry](launches[k].grid, launches[k].block, launches[k].words.data()));
  for (int64_t o = 0; o < outputs; ++o) {
    std::vector<double>& level = levels[static_cast<size_t>(o)];
    while (level.size() > 1) {
      for (size_t k = 0; k < level.size() / 2; ++k) level[k] = level[2 * k] + level[2 * k + 1];
      if (level.size() % 2 != 0) level[level.size() / 2] = level.back();
      level.resize((level.size() + 1) / 2);
    }
    double result;
    std::memcpy(&result, given.pointers[1] + o * given.strides[2], sizeof(double));
    CHECK(result == level[0]);
  }
}

size_t Batch::run() {
  collect();
  compile();
  for (const Run& row : runs_) {
    const std::string failure = execute(row);
    if (failure.empty()) continue;
    const codegen::CudaKernel& kernel = texts_[row.text];
    FAIL(failure, " in ", cases_[row.the_case].what, " vectors ", kernel.variant.vectors, " wide ", kernel.variant.wide,
         " short ", kernel.variant.short_rows, "\n", print(cases_[row.the_case].builder->nest), kernel.text);
  }
  return runs_.size();
}

bool Batch::any_fails() {
  collect();
  compile();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int crash : {SIGSEGV, SIGBUS, SIGFPE}) std::signal(crash, SIG_DFL);
    bool right = true;
    for (const Run& row : runs_) right = right && execute(row).empty();
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status != 0;
}

}  // namespace fuseval::test
