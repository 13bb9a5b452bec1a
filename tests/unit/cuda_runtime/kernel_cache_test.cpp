// Kernels compiled once, loaded once, kept on disk; and what the driver refuses.
#include "runtime/cuda/kernel_cache.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "runtime/cuda/device_buffer.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime;
using namespace fuseval::runtime::cuda;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Stands for NVRTC: "sm_90" gives the fake's cubin for 90, "compute_80" its PTX, of CUDA `version`.
Compiler stand_in(std::vector<int> archs, std::vector<std::string>* targets = nullptr, int version = 13000) {
  return {"stand-in", std::move(archs), [targets, version](const KernelSource& source, const std::string& target) {
            if (targets != nullptr) targets->push_back(target);
            if (source.text == "wrong") throw Error(ErrorCode::internal, "did not compile");
            return target.starts_with("sm_") ? fake::cubin(std::stoi(target.substr(3)), {source.text})
                                             : fake::ptx(version, {source.text});
          }};
}

KernelSource source_of(const std::string& text) { return {text, {"--option"}, text}; }

fake::Settings sm(int major, int minor, int version = 13000) {
  return {.seed = 1, .devices = 1, .version = version, .major = major, .minor = minor};
}

}  // namespace

TEST_CASE("targets: the device's own, else PTX of the newest below, else none") {
  const std::vector<int> known = {75, 80, 90, 100};
  CHECK(targets_for(90, known) == std::vector<std::string>{"sm_90", "compute_90"});
  CHECK(targets_for(89, known) == std::vector<std::string>{"compute_80"});
  CHECK(targets_for(121, known) == std::vector<std::string>{"compute_100"});
  CHECK(targets_for(70, known).empty());
}

TEST_CASE("a module is compiled once, then found in memory, then on disk") {
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  const FakeGpu gpu(sm(9, 0));
  const auto device = gpu.device();
  {
    KernelCache cache(device, stand_in({80, 90}), disk);
    const auto module = cache.get(source_of("k"));
    CHECK(cache.get(source_of("k")) == module);
    CHECK(cache.get(source_of("other")) != module);
    for (const std::vector<std::string>& options : {std::vector<std::string>{"--opti", "on"}, {"--other"}, {}})
      CHECK(cache.get({"k", options, "k"}) != module);
    CHECK(cache.get({"k", {"--option"}, "another name"}) == module);
    CHECK(cache.counters().compiled == 5);
    CHECK(cache.counters().memory_hits == 2);
    CHECK(cache.size() == 5);
    cache.clear();
    CHECK(cache.size() == 0);
    CHECK(cache.get(source_of("k")) != module);
    CHECK(cache.counters().disk_hits == 1);
  }
  KernelCache next(device, stand_in({80, 90}), disk);
  CHECK(next.get(source_of("k"))->function("k", "a"));
  CHECK(next.counters().compiled == 0);
  Compiler newer = stand_in({80, 90});
  newer.version = "stand-in 2";
  KernelCache other(device, newer, disk);
  other.get(source_of("k"));
  CHECK(other.counters().compiled == 1);
}

TEST_CASE("devices of two architectures share a folder, not an entry") {
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  for (const bool is_warm : {false, true})
    for (const int major : {8, 9}) {
      const FakeGpu gpu(sm(major, 0));
      KernelCache cache(gpu.device(), stand_in({80, 90}), disk);
      CHECK(cache.get(source_of("k")));
      CHECK(cache.counters().compiled == (is_warm ? 0 : 1));
    }
}

TEST_CASE("kernels lie in the user's cache folder") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("FUSEVAL_CACHE_DIR", folder.path("own"));
  CHECK(kernels_on_disk()->folder() == folder.path("own/cuda"));
  CHECK(kernels_on_disk()->is_usable());
  variables.set("FUSEVAL_CACHE_DIR", "");
  CHECK(kernels_on_disk() == nullptr);
}

TEST_CASE("without a disk, and with one that cannot be written, kernels are compiled") {
  const FakeGpu gpu(sm(9, 0));
  const auto device = gpu.device();
  for (const auto& disk : {std::shared_ptr<const DiskCache>(), std::make_shared<const DiskCache>("/proc/none")}) {
    KernelCache cache(device, stand_in({90}), disk);
    CHECK(cache.get(source_of("k")));
    CHECK(cache.counters().compiled == 1);
  }
}

TEST_CASE("threads that ask for one module get one") {
  const FakeGpu gpu(sm(9, 0));
  KernelCache cache(gpu.device(), stand_in({90}), nullptr);
  std::vector<std::shared_ptr<Module>> modules(4);
  std::vector<std::thread> threads;
  for (auto& module : modules) threads.emplace_back([&] { module = cache.get(source_of("k")); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& module : modules) CHECK((module && module == modules[0]));
  CHECK(cache.counters().compiled == 1);
}

TEST_CASE("evicted modules are unloaded when nobody uses them") {
  const FakeGpu gpu(sm(9, 0));
  KernelCache cache(gpu.device(), stand_in({90}), nullptr, 2);
  const auto held = cache.get(source_of("a"));
  for (const char* text : {"b", "c", "d"}) cache.get(source_of(text));
  CHECK(cache.size() == 2);
  CHECK(gpu->calls_of("cuModuleUnload") == 1);  // b; a is held
}

TEST_CASE("unused modules are dropped when asked, those in use stay") {
  const FakeGpu gpu(sm(9, 0));
  KernelCache cache(gpu.device(), stand_in({90}), nullptr);
  const auto held = cache.get(source_of("a"));
  for (const char* text : {"b", "c"}) cache.get(source_of(text));
  cache.drop_unused();
  CHECK(cache.size() == 1);
  CHECK(gpu->calls_of("cuModuleUnload") == 2);
  CHECK(cache.get(source_of("a")) == held);
  CHECK(cache.get(source_of("b")));
  CHECK(cache.counters().compiled == 4);
}

TEST_CASE("an error of the compiler is thrown to all who ask, and not kept") {
  const FakeGpu gpu(sm(9, 0));
  std::vector<std::string> targets;
  KernelCache cache(gpu.device(), stand_in({90}, &targets), nullptr);
  for (int repeat = 0; repeat < 2; ++repeat)
    CHECK(thrown([&] { cache.get(source_of("wrong")); }).message() == "did not compile");
  CHECK(targets.size() == 2);
  CHECK(cache.size() == 0);
}

TEST_CASE("an image on disk that the driver refuses is compiled anew and replaced") {
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  {  // the key says sm_90 of the stand-in; on a device of the same arch, whose driver takes PTX in its place
    const FakeGpu gpu(sm(9, 0));
    Compiler other = stand_in({90});
    other.compile = [](const KernelSource&, const std::string&) { return fake::ptx(13000, {"k"}); };
    KernelCache(gpu.device(), other, disk).get(source_of("k"));
  }
  for (const bool replaced : {false, true}) {  // a driver that is too old for that PTX
    const FakeGpu gpu(sm(9, 0, 12020));
    KernelCache cache(gpu.device(), stand_in({90}), disk);
    CHECK(cache.get(source_of("k")));
    CHECK(cache.counters().compiled == (replaced ? 0 : 1));
    CHECK(cache.counters().disk_hits == (replaced ? 1 : 0));
  }
}

TEST_CASE("a newer device gets PTX; a cubin that the driver refuses is followed by PTX, and remembered") {
  std::vector<std::string> targets;
  {
    const FakeGpu gpu(sm(12, 9));
    KernelCache cache(gpu.device(), stand_in({80, 120}, &targets), nullptr);
    CHECK(cache.get(source_of("k")));
    CHECK(targets == std::vector<std::string>{"compute_120"});
  }
  targets.clear();
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  const FakeGpu gpu(sm(9, 0));
  Compiler compiler = stand_in({90}, &targets);
  compiler.compile = [&](const KernelSource& source, const std::string& target) {  // cubins that this driver refuses
    targets.push_back(target);
    return target == "sm_90" ? fake::cubin(86, {source.text}) : fake::ptx(13000, {source.text});
  };
  KernelCache cache(gpu.device(), compiler, disk);
  CHECK(cache.get(source_of("k")));
  CHECK(cache.get(source_of("other")));
  CHECK(targets == std::vector<std::string>{"sm_90", "compute_90", "compute_90"});
  const auto is_entry = [](const auto& file) { return file.path().extension() == ".entry"; };
  CHECK(std::count_if(std::filesystem::directory_iterator(folder.path("cuda")), {}, is_entry) == 2);  // the PTX
}

TEST_CASE("nothing that the driver takes: what to do is said") {
  {
    const FakeGpu gpu(sm(9, 0, 12020));
    Compiler compiler = stand_in({90});
    compiler.compile = [](const KernelSource& source, const std::string& target) {
      return target == "sm_90" ? fake::cubin(86, {source.text}) : fake::ptx(13000, {source.text});
    };
    KernelCache cache(gpu.device(), compiler, nullptr);
    const Error error = thrown([&] { cache.get(source_of("k")); });
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(contains(error.message(),
                   "CUDA device 0 (Fake GPU, sm_90) takes nothing that stand-in makes: sm_90: "
                   "CUDA_ERROR_NO_BINARY_FOR_GPU"));
    CHECK(contains(error.message(), "compute_90: CUDA_ERROR_UNSUPPORTED_PTX_VERSION"));
    CHECK(
        contains(error.message(), "Its driver is of CUDA 12.2: update it, or name an NVRTC of that version or older"));
  }
  const FakeGpu gpu(sm(7, 0));
  KernelCache cache(gpu.device(), stand_in({75, 80}), nullptr);
  const Error error = thrown([&] { cache.get(source_of("k")); });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(contains(error.message(), "(Fake GPU, sm_70) is too old for stand-in, which compiles for sm_75 and later"));
}

TEST_CASE("the real NVRTC's cubin goes from disk to a launch") {
  const NvrtcFound found = Nvrtc::find(0);
  if (!found.nvrtc) {
    MESSAGE("skipped: " << found.reason);
    return;
  }
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  const FakeGpu gpu(sm(9, 0));
  gpu->add_kernel("scale", scale_kernel);
  const auto device = gpu.device();
  const KernelSource source{
      R"(struct Arguments { unsigned long long* out; const unsigned long long* in; unsigned long long n, factor; };
extern "C" __global__ void scale(const __grid_constant__ Arguments arguments) {
  const unsigned long long i = blockIdx.x * 256ull + threadIdx.x;
  if (i < arguments.n) arguments.out[i] = arguments.in[i] * arguments.factor;
})",
      {"--std=c++17"},
      "scale"};
  for (int process = 0; process < 2; ++process) {
    KernelCache cache(device, compiler_of(found.nvrtc), disk);
    const auto function = cache.get(source)->function("scale", "a * k");
    CHECK(cache.counters().compiled == (process == 0 ? 1 : 0));
    const std::vector<uint64_t> in = {1, 2, 3};
    std::vector<uint64_t> out(3);
    const auto stream = Stream::create(device);
    const DeviceBuffer a(stream, 24), b(stream, 24);
    stream->copy_to_device(a.view(), in.data());
    const uint64_t words[] = {b.pointer(), a.pointer(), 3, 10};
    launch(*function, 1, 256, 0, words, *stream);
    stream->copy_to_host(out.data(), b.view());
    stream->synchronize();
    CHECK(out == std::vector<uint64_t>{10, 20, 30});
  }
}
