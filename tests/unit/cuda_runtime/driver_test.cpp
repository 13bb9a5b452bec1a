// Why there is no GPU, said clearly; devices' properties; fork.
#include "runtime/cuda/driver.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cuda/describe.hpp"
#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/module.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::cuda;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string reason_with(const char* library) {
  setenv("FUSEVAL_LIBCUDA", library, 1);
  const DriverFound found = Driver::find();
  unsetenv("FUSEVAL_LIBCUDA");
  CHECK(!found.driver);
  return found.reason;
}

}  // namespace

TEST_CASE("a driver that cannot be loaded, or is none") {
  const std::string missing = reason_with("/nonexistent/libcuda.so");
  CHECK(contains(missing, "no driver: FUSEVAL_LIBCUDA=/nonexistent/libcuda.so cannot be loaded: "));
  CHECK(contains(reason_with("libm.so.6"), "libm.so.6 is something else"));
}

TEST_CASE("no libcuda: the sentence says where it was looked for") {
  const DriverFound found = Driver::find();
  if (found.driver || !contains(found.reason, "was not found")) return;  // a machine with a driver
  CHECK(contains(found.reason, "no driver: libcuda.so.1 was not found (looked in "));
  CHECK(contains(found.reason, "the system's library path"));
  CHECK(contains(found.reason, "FUSEVAL_LIBCUDA may name it"));
}

TEST_CASE("a driver that is too old, has no device, or does not start") {
  {
    const FakeGpu gpu({.seed = 1, .devices = 1, .version = 11010});
    CHECK(contains(Driver::find().reason, "driver too old: "));
    CHECK(contains(Driver::find().reason, " is of CUDA 11.1, 11.2 is the oldest that serves"));
  }
  {
    const FakeGpu gpu({.seed = 1, .devices = 0});
    setenv("CUDA_VISIBLE_DEVICES", "7", 1);
    CHECK(Driver::find().reason == "no device: CUDA_VISIBLE_DEVICES is \"7\"");
    unsetenv("CUDA_VISIBLE_DEVICES");
    CHECK(Driver::find().reason == "no device: the driver finds none");
  }
  const FakeGpu gpu;
  for (const auto& [code, words] : {std::pair{Result::no_device, "no device: "},
                                    {Result::stub_library, "this is the toolkit's stub and no driver"},
                                    {Result::system_driver_mismatch, "restart the machine"},
                                    {Result::unknown, "/dev/nvidia"}}) {
    gpu->fail_function("cuInit", code);
    CHECK(contains(Driver::find().reason, words));
  }
  gpu->fail_function("", Result::success);
  CHECK(Driver::find().driver);
}

TEST_CASE("a device says what it is") {
  const FakeGpu gpu({.seed = 1, .devices = 1, .version = 12040});
  const auto device = gpu.device();
  CHECK(device->driver().version_text() == "12.4");
  const DeviceProperties& properties = device->properties();
  CHECK(properties.name == "Fake GPU");
  CHECK(properties.arch() == 90);
  CHECK(properties.multiprocessors == 8);
  CHECK(properties.warp_size == 32);
  CHECK(properties.threads_per_block == 1024);
  CHECK(properties.memory_bytes == size_t{64} << 20);
  CHECK(properties.shared_bytes_per_block_optin == 200 * 1024);
  CHECK(properties.has_pools);
}

TEST_CASE("the machine in words") {
  const FakeGpu gpu({.seed = 1, .devices = 2, .version = 12040});
  const std::string text = describe();
  CHECK(contains(text, std::string("cuda driver: CUDA 12.4, ") + FUSEVAL_FAKE_DRIVER + "\n"));
  CHECK(contains(text, "\ncuda device 1: Fake GPU, sm_90, 8 multiprocessors, 0.1 GiB\n"));
  CHECK(contains(text, "\ncuda compiler: "));
  CHECK(gpu->calls_of("cuDevicePrimaryCtxRetain") == 0);
  EnvironmentVariables variables;
  variables.set("FUSEVAL_LIBNVRTC", "/nonexistent/libnvrtc.so");
  CHECK(
      contains(describe(), "cuda compiler: none: NVRTC is missing: FUSEVAL_LIBNVRTC=/nonexistent/libnvrtc.so cannot"));
  variables.set("FUSEVAL_LIBNVRTC", "libm.so.6");
  CHECK(contains(describe(), "cuda compiler: none: NVRTC is too old: "));
  gpu->fail_function("cuDeviceGetName", Result::unknown);
  CHECK(contains(describe(), "cuda device 0: reading the properties of CUDA device 0: CUDA_ERROR_UNKNOWN"));
}

TEST_CASE("a device that forbids contexts") {
  const FakeGpu gpu({.seed = 1,
                     .devices = 1,
                     .version = 13000,
                     .major = 9,
                     .minor = 0,
                     .pools = true,
                     .memory = 1 << 20,
                     .prohibited = true});
  CHECK(contains(thrown([&] { gpu.device(); }).message(), "prohibited"));
}

TEST_CASE("a forked child gets an error, touches no driver, and ends in peace") {
  const FakeGpu gpu;
  const auto device = gpu.device();
  auto stream = Stream::create(device);
  auto buffer = std::make_unique<DeviceBuffer>(stream, 64);
  stream->synchronize();
  const uint64_t calls = gpu->calls();
  const pid_t child = fork();
  if (child == 0) {
    const Error error = thrown([&] { stream->synchronize(); });
    const Error opening = thrown([&] { Device::open(device->driver().shared_from_this(), 0); });
    buffer.reset();
    stream.reset();
    const bool good = error.code() == ErrorCode::device && contains(error.message(), "forked child") &&
                      opening.code() == ErrorCode::device && gpu->calls() == calls;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  stream->synchronize();
}

TEST_CASE("kernels: loading, looking up, launching wrongly") {
  const FakeGpu gpu;
  const auto device = gpu.device();
  const auto stream = Stream::create(device);
  CHECK(contains(thrown([&] { Module::load(device, fake::cubin(80, {"k"}), "a + b"); }).message(),
                 "loading a + b: CUDA_ERROR_NO_BINARY_FOR_GPU (the fake driver's words): the fake's "
                 "linker does not take it"));
  std::string reason;
  CHECK(Module::load_if_fit(device, fake::ptx(13010, {"k"}), "a", reason) == nullptr);
  CHECK(contains(reason, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"));
  CHECK(Module::load_if_fit(device, fake::ptx(13000, {"k"}), "a", reason) != nullptr);
  const auto module = Module::load(device, fake::cubin(90, {"k"}), "a + b");
  CHECK(thrown([&] { module->function("other", "a"); }).message() == "there is no kernel \"other\"");
  const auto kernel = module->function("k", "a");
  Function& function = *kernel;
  CHECK(function.registers() == 32);
  CHECK(function.local_bytes() == 0);
  CHECK(function.threads_per_block() == 1024);
  const auto refused = [&](unsigned grid, unsigned block, size_t words) {
    const std::vector<uint64_t> values(words);
    return thrown([&] { launch(function, grid, block, 0, values, *stream); }).code() == ErrorCode::internal;
  };
  CHECK(refused(0, 32, 1));
  CHECK(refused(1u << 31, 32, 1));
  CHECK(refused(1, 0, 1));
  CHECK(refused(1, 1025, 1));
  CHECK(refused(1, 32, 501));
}

TEST_CASE("dynamic shared memory beyond 48 KiB is asked for, once") {
  const FakeGpu gpu;
  unsigned seen = 0;
  gpu->add_kernel("k", [&](const fake::Launch& launch) { seen = launch.shared_bytes; });
  const auto device = gpu.device();
  const auto stream = Stream::create(device);
  const auto module = Module::load(device, fake::cubin(90, {"k"}), "a");
  const auto kernel = module->function("k", "a");
  for (int repeat = 0; repeat < 2; ++repeat) launch(*kernel, 1, 32, 100 * 1024, {}, *stream);
  stream->synchronize();
  CHECK(seen == 100 * 1024);
  CHECK(gpu->calls_of("cuFuncSetAttribute") == 1);
  const Error error = thrown([&] { launch(*kernel, 1, 32, 300 * 1024, {}, *stream); });
  CHECK(error.code() == ErrorCode::device);
}
