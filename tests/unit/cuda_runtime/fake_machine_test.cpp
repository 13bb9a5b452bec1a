// Kernels' own texts on the fake machine: NVRTC, the kernel cache, the driver, streams, and what the simulator has to
// say.
#include <doctest/doctest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/kernel_cache.hpp"
#include "runtime/cudasim/module.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime;
using namespace fuseval::runtime::cuda;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Texts need a C++ compiler. Without one a test case says so and ends.
bool have_compiler() {
  const Error missing = thrown([] { cudasim::host_compiler(); });
  if (missing.code() != ErrorCode::none) MESSAGE("skipped: ", missing.message());
  return missing.code() == ErrorCode::none;
}
#define NEEDS_COMPILER() \
  if (!have_compiler()) return

const std::vector<std::string> options = {"--fmad=false", "--std=c++17"};

/// 2 * a + 3 * b of doubles, as codegen/cuda writes it.
KernelSource linear() {
  std::ifstream file(FUSEVAL_GOLDEN_FOLDER "/cuda_linear.txt");
  return {{std::istreambuf_iterator<char>(file), {}}, options, "linear"};
}

/// n sums of pairs, through shared memory, in blocks of 32.
const KernelSource handmade{
    "struct Arguments { double* out; const double* in; unsigned long long n; };\n"
    "extern \"C\" __global__ void __launch_bounds__(32) pairs(const __grid_constant__ Arguments arguments) {\n"
    "  __shared__ double staged[32];\n"
    "  const unsigned long long i = blockIdx.x * 32ull + threadIdx.x;\n"
    "  if (i < arguments.n) staged[threadIdx.x] = arguments.in[i];\n"
    "  __syncthreads();\n"
    "  if (i < arguments.n) arguments.out[i] = staged[threadIdx.x] + staged[threadIdx.x ^ 1];\n"
    "}\n"
    "// extern \"C\" __global__ void not_there(const __grid_constant__ Arguments arguments) {\n"
    "extern \"C\" __global__ void race(const __grid_constant__ Arguments arguments) {\n"
    "  __shared__ double staged[32];\n"
    "  staged[threadIdx.x] = 1.0;\n"
    "  arguments.out[threadIdx.x] = staged[threadIdx.x ^ 1];\n"
    "}\n",
    options, "handmade"};

std::vector<double> ramp(size_t count, double begin) {
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = begin + static_cast<double>(i) / 3;
  return values;
}

fake::Settings seeded(uint64_t seed, int major = 9, int minor = 0) {
  return {.seed = seed, .devices = 1, .version = 13000, .major = major, .minor = minor};
}

/// A device of the fake machine, with NVRTC and a cache of kernels.
struct Machine {
  explicit Machine(std::shared_ptr<const DiskCache> disk = nullptr)
      : device(open()), stream(Stream::create(device)), kernels(device, compiler(), std::move(disk)) {}

  static std::shared_ptr<Device> open() {
    const DriverFound found = Driver::find();
    if (!found.driver) throw Error(ErrorCode::device, found.reason);
    return Device::open(found.driver, 0);
  }
  Compiler compiler() const {
    const NvrtcFound found = Nvrtc::find(device->driver().version());
    if (!found.nvrtc) throw Error(ErrorCode::unsupported, found.reason);
    return compiler_of(found.nvrtc);
  }
  std::shared_ptr<Function> function(const KernelSource& source, const std::string& kernel) {
    return kernels.get(source)->function(kernel, "2 * a + 3 * b");
  }

  std::shared_ptr<Device> device;
  std::shared_ptr<Stream> stream;
  KernelCache kernels;
};

constexpr size_t count = 5000;  // two blocks of 2048 elements, and one that is not full
constexpr size_t bytes = count * sizeof(double);

/// Uploads on one stream, computes on another.
std::vector<double> compute(Machine& machine) {
  const std::vector<double> a = ramp(count, 0.1), b = ramp(count, -70);
  std::vector<double> result(count);
  const auto upload = Stream::create(machine.device);
  const auto function = machine.function(linear(), "kernel");
  try {
    DeviceBuffer in_a(upload, bytes), in_b(upload, bytes), out(machine.stream, bytes);
    upload->copy_to_device(in_a.view(), a.data());
    upload->copy_to_device(in_b.view(), b.data());
    machine.stream->wait_for(*upload);
    in_a.also_used_on(machine.stream);
    in_b.also_used_on(machine.stream);
    const uint64_t words[] = {
        in_a.pointer(), in_b.pointer(), out.pointer(), std::bit_cast<uint64_t>(2.0), std::bit_cast<uint64_t>(3.0),
        count};
    launch(*function, (count + 2047) / 2048, 256, 0, words, *machine.stream);
    machine.stream->copy_to_host(result.data(), out.view());
    machine.stream->synchronize();
  } catch (...) {
    upload->settle();
    machine.stream->settle();
    throw;
  }
  return result;
}

std::vector<double> expected() {
  const std::vector<double> a = ramp(count, 0.1), b = ramp(count, -70);
  std::vector<double> result(count);
  for (size_t i = 0; i < count; ++i) result[i] = 2.0 * a[i] + 3.0 * b[i];
  return result;
}

/// The same path with few threads, for tests that go it many hundred times.
std::vector<double> sums_of_pairs(Machine& machine) {
  const std::vector<double> values = ramp(128, 1);
  std::vector<double> result(128);
  const auto upload = Stream::create(machine.device);
  const auto function = machine.function(handmade, "pairs");
  try {
    DeviceBuffer in(upload, 1024), out(machine.stream, 1024);
    upload->copy_to_device(in.view(), values.data());
    machine.stream->wait_for(*upload);
    in.also_used_on(machine.stream);
    const uint64_t words[] = {out.pointer(), in.pointer(), 128};
    launch(*function, 4, 32, 0, words, *machine.stream);
    machine.stream->copy_to_host(result.data(), out.view());
    machine.stream->synchronize();
  } catch (...) {
    upload->settle();
    machine.stream->settle();
    throw;
  }
  return result;
}

std::vector<double> expected_sums() {
  const std::vector<double> values = ramp(128, 1);
  std::vector<double> result(128);
  for (size_t i = 0; i < 128; ++i) result[i] = values[i] + values[i ^ 1];
  return result;
}

/// Launches pairs over n elements of buffers of 128, of which `written` have been written, and gives what comes of it;
/// `before`: after the upload.
Error faulty(uint64_t n, size_t written, const std::string& kernel = "pairs",
             const std::function<void(DeviceBuffer& in)>& before = {}) {
  Machine machine;
  const std::vector<double> values = ramp(128, 1);
  DeviceBuffer in(machine.stream, 128 * 8), out(machine.stream, 128 * 8);
  const uint64_t words[] = {out.pointer(), in.pointer(), n};
  const Error error = thrown([&] {
    machine.stream->copy_to_device(in.view().part(0, written * 8), values.data());
    if (before) before(in);
    launch(*machine.function(handmade, kernel), 5, 32, 0, words, *machine.stream);
    machine.stream->synchronize();
  });
  CHECK(machine.device->lost().has_value() == (error.code() == ErrorCode::device));
  return error;
}

}  // namespace

TEST_CASE("a kernel's own text goes the whole way: NVRTC, cubin, driver, streams, bits") {
  NEEDS_COMPILER();
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const FakeGpu gpu(seeded(seed));
    const FakeNvrtc nvrtc;
    Machine machine;
    CHECK(compute(machine) == expected());
    CHECK(compute(machine) == expected());
    CHECK(machine.kernels.counters().compiled == 1);
    CHECK(nvrtc->compilations() == 1);
    CHECK(gpu->launches() == 2);
  }
}

TEST_CASE("threads share a device, its kernels and a stream") {
  NEEDS_COMPILER();
  const FakeGpu gpu;
  const FakeNvrtc nvrtc;
  Machine machine;
  std::vector<std::vector<double>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = compute(machine); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == expected());
  CHECK(nvrtc->compilations() == 1);
  CHECK(gpu->launches() == 4);
}

TEST_CASE("the same by PTX, for a device that NVRTC does not know") {
  NEEDS_COMPILER();
  const FakeGpu gpu(seeded(1, 9, 9));
  const FakeNvrtc nvrtc;
  Machine machine;
  CHECK(compute(machine) == expected());
}

TEST_CASE("a driver older than NVRTC refuses its PTX") {
  const FakeGpu gpu({.seed = 1, .devices = 1, .version = 12090, .major = 9, .minor = 9});
  const FakeNvrtc nvrtc;
  Machine machine;
  CHECK(contains(thrown([&] { compute(machine); }).message(), "compute_90: CUDA_ERROR_UNSUPPORTED_PTX_VERSION"));
}

TEST_CASE("an access out of bounds by one element is an illegal address and loses the device") {
  NEEDS_COMPILER();
  FakeGpu gpu;
  const FakeNvrtc nvrtc;
  CHECK(faulty(128, 128).code() == ErrorCode::none);
  CHECK(gpu->violations() == "");
  gpu.expects_violations = true;
  const Error error = faulty(129, 128);
  CHECK(contains(error.message(), "CUDA device 0 was lost: "));
  CHECK(contains(error.message(), "CUDA_ERROR_ILLEGAL_ADDRESS"));
  CHECK(contains(error.message(), "kernel \"pairs\" of \"2 * a + 3 * b\""));
  CHECK(
      contains(gpu->violations(),
               "cudasim: kernel pairs, block 4, thread 0 reads 8 bytes 0 bytes after the end of an allocation of 1024 "
               "bytes, in line 5:   if (i < arguments.n) staged[threadIdx.x] = arguments.in[i];\n"));
}

TEST_CASE("a use of freed memory") {
  NEEDS_COMPILER();
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    FakeGpu gpu(seeded(seed));
    const FakeNvrtc nvrtc;
    gpu.expects_violations = true;
    const Error error = faulty(128, 128, "pairs", [](DeviceBuffer& in) { in = DeviceBuffer(); });
    CHECK(contains(error.message(), "CUDA_ERROR_ILLEGAL_ADDRESS"));
    CHECK(contains(gpu->violations(), "reads 8 bytes in an allocation of 1024 bytes that has been freed"));
  }
}

TEST_CASE("a read of memory that nothing has written, and a race: illegal instructions") {
  NEEDS_COMPILER();
  FakeGpu gpu;
  const FakeNvrtc nvrtc;
  gpu.expects_violations = true;
  CHECK(contains(faulty(128, 127).message(), "CUDA_ERROR_ILLEGAL_INSTRUCTION"));
  CHECK(contains(gpu->violations(), "reads 8 bytes of device memory that nothing has written, in line 5"));
  CHECK(contains(faulty(128, 128, "race").message(), "CUDA_ERROR_ILLEGAL_INSTRUCTION"));
  CHECK(contains(gpu->violations(), "cudasim: kernel race, block "));
}

TEST_CASE(
    "fills and copies on the device count as written, the latter if their source does; so does all after a test's "
    "function") {
  NEEDS_COMPILER();
  FakeGpu gpu;
  const FakeNvrtc nvrtc;
  const auto with = [&](const std::function<void(DeviceBuffer&)>& what) { return faulty(128, 0, "pairs", what); };
  CHECK(with([](DeviceBuffer& in) { in.stream()->fill(in.view(), 0); }).code() == ErrorCode::none);
  CHECK(with([&](DeviceBuffer& in) {
          const DeviceBuffer other(in.stream(), 1024);
          in.stream()->fill(other.view(), 1);
          in.stream()->copy_on_device(in.view(), other.view());
        }).code() == ErrorCode::none);
  gpu->add_kernel("function", [](const fake::Launch&) {});
  CHECK(with([&](DeviceBuffer& in) {
          const auto module =
              Module::load(in.stream()->device().shared_from_this(), fake::cubin(90, {"function"}), "f");
          launch(*module->function("function", "f"), 1, 32, 0, {}, *in.stream());
        }).code() == ErrorCode::none);
  CHECK(gpu->violations() == "");
  gpu.expects_violations = true;
  CHECK(with([&](DeviceBuffer& in) {
          const DeviceBuffer other(in.stream(), 1024);
          in.stream()->copy_on_device(in.view(), other.view());
        }).code() == ErrorCode::device);
  CHECK(contains(gpu->violations(), "that nothing has written"));
}

TEST_CASE("a stream that does not wait for another is found in some order") {
  NEEDS_COMPILER();
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FakeGpu gpu(seeded(seed));
    const FakeNvrtc nvrtc;
    gpu.expects_violations = true;
    Machine machine;
    const std::vector<double> values = ramp(128, 1);
    const auto upload = Stream::create(machine.device);
    DeviceBuffer in(machine.stream, 1024), out(machine.stream, 1024);
    upload->wait_for(*machine.stream);
    const uint64_t words[] = {out.pointer(), in.pointer(), 128};
    const Error error = thrown([&] {
      upload->copy_to_device(in.view(), values.data());
      launch(*machine.function(handmade, "pairs"), 4, 32, 0, words, *machine.stream);
      machine.device->synchronize();
    });
    CHECK(contains(gpu->violations(), "that nothing has written") == (error.code() == ErrorCode::device));
    found += error.code() == ErrorCode::device;
  }
  CHECK(found > 0);
  CHECK(found < 20);
}

TEST_CASE("launches with other arguments, names and devices than the text has") {
  NEEDS_COMPILER();
  FakeGpu gpu({.seed = 1, .devices = 2});
  const FakeNvrtc nvrtc;
  gpu.expects_violations = true;
  Machine machine;
  const auto pairs = machine.function(handmade, "pairs");
  const uint64_t words[] = {0, 0};
  CHECK(contains(thrown([&] { launch(*pairs, 1, 32, 0, words, *machine.stream); }).message(),
                 "CUDA_ERROR_INVALID_VALUE"));
  CHECK(gpu->violations() == "kernel pairs is launched with 16 bytes of arguments and takes 24\n");
  CHECK(thrown([&] { machine.function(handmade, "not_there"); }).message() == "there is no kernel \"not_there\"");
  const auto other = gpu.device(1);
  const auto elsewhere = Stream::create(other);
  const DeviceBuffer foreign(elsewhere, 64);
  other->synchronize();
  const uint64_t there[] = {foreign.pointer(), foreign.pointer(), 1};
  launch(*pairs, 1, 32, 0, there, *machine.stream);
  CHECK(contains(thrown([&] { machine.stream->synchronize(); }).message(), "CUDA_ERROR_ILLEGAL_ADDRESS"));
  CHECK_FALSE(other->lost());
}

TEST_CASE("texts that NVRTC refuses: the message has the line and the words") {
  const FakeGpu gpu;
  const FakeNvrtc nvrtc;
  Machine machine;
  const auto message = [&](const std::string& text, const std::vector<std::string>& with = options) {
    const Error error = thrown([&] { machine.kernels.get({text, with, "nest_7"}); });
    CHECK(error.code() == ErrorCode::internal);
    return error.message();
  };
  const std::string begin = "NVRTC 13.0 did not compile nest_7 for sm_90: ";
  const std::string good = "extern \"C\" __global__ void k(A a) {\n";
  CHECK(message("a kernel") == begin + "this declaration has no storage class or type specifier (line 1)");
  CHECK(message("// " + good + "int x;") == begin + "this declaration has no storage class or type specifier (line 1)");
  CHECK(message(good + "  a.x[3 = 1;\n}\n") == begin + "expected a \"]\" (line 3)");
  CHECK(message(good + "\n\n") == begin + "expected a \"}\" (line 4)");
  CHECK(message(good + "}\n /* ( */ \n}") == begin + "expected a declaration (line 4)");
  CHECK(message("\n#error not this\n" + good + "}") == begin + "#error directive: not this (line 2)");
  CHECK(contains(message("#include <math.h>\n" + good + "}"), "could not open source file"));
  CHECK(contains(message(good + "}", {"--no-such-option"}), "unrecognized option --no-such-option found"));
  nvrtc->refuse_texts("out of patience");
  CHECK(message(handmade.text) == begin + "out of patience (line 1)");
  nvrtc->refuse_texts("");
  CHECK(contains(thrown([&] { machine.compiler().compile(handmade, "sm_20"); }).message(),
                 "NVRTC 13.0 does not compile for sm_20, only for sm_75, sm_80, "));
}

TEST_CASE("a text that NVRTC takes and the simulator's compiler does not: loading fails with that compiler's words") {
  NEEDS_COMPILER();
  FakeGpu gpu;
  const FakeNvrtc nvrtc;
  gpu.expects_violations = true;
  Machine machine;
  const KernelSource wrong{
      "struct A { double* x; };\nextern \"C\" __global__ void k(const __grid_constant__ A a) {\n"
      "  a.x[0] = missing;\n}\n",
      options, "nest_7"};
  const Error error = thrown([&] { machine.kernels.get(wrong); });
  CHECK(error.code() == ErrorCode::device);
  CHECK(contains(error.message(), "loading nest_7: cudasim: "));
  CHECK(contains(error.message(), "text_0:3:"));
  CHECK(contains(gpu->violations(), "missing"));
  CHECK_FALSE(machine.device->lost());
  CHECK(compute(machine) == expected());
}

TEST_CASE("a cubin with a text is found on disk by the next session") {
  NEEDS_COMPILER();
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  const FakeNvrtc nvrtc;
  for (const bool first : {true, false}) {
    const FakeGpu gpu;
    Machine machine(disk);
    CHECK(compute(machine) == expected());
    CHECK(machine.kernels.counters().compiled == (first ? 1 : 0));
    CHECK(machine.kernels.counters().disk_hits == (first ? 0 : 1));
    CHECK(nvrtc->compilations() == 1);
  }
}

TEST_CASE("a real cubin on disk, and a kernel that nobody has: nothing to run") {
  FakeGpu gpu;
  const FakeNvrtc nvrtc;
  gpu.expects_violations = true;
  Machine machine;
  std::string reason;
  CHECK(Module::load_if_fit(machine.device, "\177ELF and so on", "a", reason) == nullptr);
  CHECK(contains(reason, "the fake runs what the fake NVRTC makes"));
  const auto module = Module::load(machine.device, fake::cubin(90, {"nobody"}), "a");
  launch(*module->function("nobody", "a"), 1, 32, 0, {}, *machine.stream);
  CHECK(contains(thrown([&] { machine.stream->synchronize(); }).message(), "CUDA_ERROR_LAUNCH_FAILED"));
  CHECK(gpu->violations() == "there is no text of kernel nobody, and no function of the test's\n");
}

TEST_CASE("every driver call of the whole path failed in turn is an error, with no leak, and the next session works") {
  NEEDS_COMPILER();
  const FakeGpu gpu(seeded(3));
  const FakeNvrtc nvrtc;
  const auto session = [&] {
    Machine machine;
    return sums_of_pairs(machine);
  };
  CHECK(session() == expected_sums());
  gpu->fail_call(0, Result::success);
  CHECK(session() == expected_sums());
  const uint64_t calls = gpu->calls();
  REQUIRE(calls > 60);
  uint64_t errors = 0;
  for (const Result code : {Result::unknown, Result::out_of_memory})
    for (uint64_t k = 1; k <= calls; ++k) {
      CAPTURE(k);
      CAPTURE(static_cast<int>(code));
      std::vector<double> result;
      gpu->fail_call(k, code);
      const Error error = thrown([&] { result = session(); });
      gpu->fail_call(0, Result::success);
      errors += error.code() != ErrorCode::none;
      if (error.code() == ErrorCode::none)
        CHECK(result == expected_sums());
      else
        CHECK((error.code() == ErrorCode::device || error.code() == ErrorCode::memory));
      CHECK(gpu->leaks() == "");
      CHECK(nvrtc->leaks() == "");
      CHECK(session() == expected_sums());
    }
  CHECK(errors > calls);  // releases are tried twice, allocations again; what comes after the work is nobody's error
}

TEST_CASE("every call of NVRTC failed in turn is an error or does not matter, and the next session works") {
  NEEDS_COMPILER();
  const FakeGpu gpu;
  const FakeNvrtc nvrtc;
  const auto session = [&] {
    Machine machine;
    return compute(machine);
  };
  nvrtc->fail_call(0, NvrtcResult::success);
  CHECK(session() == expected());
  const uint64_t calls = nvrtc->calls();
  CHECK(calls == 9);  // the version, the targets, a program, its log and its cubin
  int harmless = 0;
  for (const NvrtcResult code : {NvrtcResult::out_of_memory, NvrtcResult::internal_error})
    for (uint64_t k = 1; k <= calls; ++k) {
      CAPTURE(k);
      std::vector<double> result;
      nvrtc->fail_call(k, code);
      const Error error = thrown([&] { result = session(); });
      nvrtc->fail_call(0, NvrtcResult::success);
      CHECK((error.code() != ErrorCode::none || result == expected()));
      harmless += error.code() == ErrorCode::none;
      CHECK(nvrtc->leaks() == "");
      CHECK(session() == expected());
    }
  CHECK(harmless == 4);  // the log's size and the log, of a compilation that worked
}

// A program that knows nothing of the fakes.
TEST_CASE("child: computes, and does what FUSEVAL_TEST_CHILD says" * doctest::skip()) {
  const auto device = Device::open(Driver::find().driver, 0);
  const NvrtcFound found = Nvrtc::find(device->driver().version());
  KernelCache kernels(device, compiler_of(found.nvrtc), nullptr);
  const auto stream = Stream::create(device);
  const std::string what = getenv("FUSEVAL_TEST_CHILD");
  DeviceBuffer in(stream, 1024), out(stream, 1024);
  if (what != "fault") stream->fill(in.view(), 0);
  const auto function = kernels.get(handmade)->function("pairs", "a");
  const uint64_t words[] = {out.pointer(), in.pointer(), 128};
  launch(*function, 4, 32, 0, words, *stream);
  const Error error = thrown([&] { stream->synchronize(); });
  CHECK((error.code() == ErrorCode::device) == (what == "fault"));
  CHECK(device->properties().memory_bytes == 100'000'000);
  CHECK(device->properties().arch() == 86);
  static const auto* kept = what == "leak" ? new std::shared_ptr<Stream>(stream) : nullptr;
  CHECK((kept != nullptr) == (what == "leak"));
}

namespace {

/// The report of a process of its own.
std::string report_of_child(const std::string& what, const TemporaryFolder& folder, const std::string& compiler = "") {
  EnvironmentVariables variables;
  variables.set("FUSEVAL_LIBCUDA", FUSEVAL_FAKE_DRIVER);
  variables.set("FUSEVAL_LIBNVRTC", FUSEVAL_FAKE_NVRTC);
  variables.set("FUSEVAL_FAKE_MEMORY", "100000000");
  variables.set("FUSEVAL_FAKE_ARCH", "86");
  variables.set("FUSEVAL_FAKE_REPORT", folder.path("report"));
  variables.set("FUSEVAL_TEST_CHILD", what);
  if (!compiler.empty()) {
    variables.set("FUSEVAL_FAKE_CACHE", folder.path("cache"));
    variables.set("FUSEVAL_CXX", compiler);
  }
  std::filesystem::remove(folder.path("report"));
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  CHECK(std::system(("'" + self + "' --no-skip -tc='child: *' >/dev/null").c_str()) == 0);
  return folder.read("report");
}

}  // namespace

TEST_CASE("a program that knows nothing of the fakes: configured by the environment, reported at its end") {
  NEEDS_COMPILER();
  const TemporaryFolder folder;
  const std::string good = report_of_child("nothing", folder);
  CHECK(contains(good, " calls, 1 launches, 0 leaks, 0 violations\n"));
  CHECK(contains(good, "fake NVRTC: 1 compilations, 0 leaks, 0 violations\n"));
  const std::string leak = report_of_child("leak", folder);
  CHECK(contains(leak, "\nfake driver: leak: device 0 is retained 1 times\n"));
  CHECK(contains(leak, "\nfake driver: leak: 1 streams\n"));
  CHECK(contains(leak, " 1 launches, 3 leaks, 0 violations\n"));
  const std::string fault = report_of_child("fault", folder);
  CHECK(contains(fault, "0 leaks, 1 violations\nfake driver: violation: cudasim: kernel pairs, block "));
}

TEST_CASE("FUSEVAL_FAKE_CACHE keeps what the simulator's compiler made for other processes") {
  NEEDS_COMPILER();
  const TemporaryFolder folder;
  const std::string compiler =
      folder.write("compiler", "#!/bin/sh\necho run >>'" + folder.path("runs") + "'\nexec c++ \"$@\"\n");
  std::filesystem::permissions(compiler, std::filesystem::perms::owner_all);
  for (int repeat = 0; repeat < 3; ++repeat)
    CHECK(contains(report_of_child("nothing", folder, compiler), " 1 launches, 0 leaks, 0 violations\n"));
  CHECK(folder.read("runs") == "run\n");
}
