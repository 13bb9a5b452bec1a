// The same on a real GPU, where there is one: what the fake driver cannot know.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <optional>

#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/kernel_cache.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime;
using namespace fuseval::runtime::cuda;

namespace {

const KernelSource source{R"(struct Arguments { double* out; const double* in; unsigned long long n; };
extern "C" __global__ void __launch_bounds__(256) twice(const __grid_constant__ Arguments arguments) {
  extern __shared__ double staged[];
  const unsigned long long i = blockIdx.x * 256ull + threadIdx.x;
  if (i < arguments.n) staged[threadIdx.x] = arguments.in[i];
  __syncthreads();
  if (i < arguments.n) arguments.out[i] = staged[threadIdx.x] * 2.0;
}
extern "C" __global__ void fault(const __grid_constant__ Arguments arguments) { arguments.out[0] = 1.0; }
)",
                          {"--std=c++17"},
                          "twice"};

struct Gpu {
  std::shared_ptr<Device> device;
  std::shared_ptr<const Nvrtc> nvrtc;
};

/// nullopt where there is none, which is said.
std::optional<Gpu> gpu() {
  const DriverFound driver = Driver::find();
  const NvrtcFound nvrtc = Nvrtc::find(driver.driver ? driver.driver->version() : 0);
  if (driver.driver && nvrtc.nvrtc) return Gpu{Device::open(driver.driver, 0), nvrtc.nvrtc};
  MESSAGE("skipped: " << (driver.driver ? nvrtc.reason : driver.reason));
  return std::nullopt;
}

}  // namespace

TEST_CASE("real GPU: compile, upload, launch, download on two streams") {
  const auto here = gpu();
  if (!here) return;
  const auto& device = here->device;
  const TemporaryFolder folder;
  const auto disk = std::make_shared<const DiskCache>(folder.path("cuda"));
  { KernelCache(device, compiler_of(here->nvrtc), disk).get(source); }
  KernelCache cache(device, compiler_of(here->nvrtc), disk);
  const auto function = cache.get(source)->function("twice", "a * 2");
  CHECK(cache.counters().disk_hits == 1);
  CHECK(function->registers() > 0);
  CHECK(function->local_bytes() == 0);
  constexpr size_t count = 1'000'003;
  PinnedBuffer in(device, count * 8);
  auto* values = reinterpret_cast<double*>(in.data());
  std::iota(values, values + count, 0.5);
  std::vector<double> out(count);
  const auto upload = Stream::create(device), compute = Stream::create(device);
  for (int repeat = 0; repeat < 3; ++repeat) {
    DeviceBuffer a(upload, count * 8), b(compute, count * 8);
    upload->copy_to_device(a.view(), in.data());
    compute->wait_for(*upload);
    a.also_used_on(compute);
    const uint64_t words[] = {b.pointer(), a.pointer(), count};
    launch(*function, (count + 255) / 256, 256, 64 * 1024, words, *compute);
    compute->copy_to_host(out.data(), b.view());
    compute->synchronize();
  }
  bool good = true;
  for (size_t i = 0; i < count; ++i) good = good && out[i] == 2 * (static_cast<double>(i) + 0.5);
  CHECK(good);
}

TEST_CASE("real GPU: PTX, events, the pool, and memory that runs out") {
  const auto here = gpu();
  if (!here) return;
  const auto& device = here->device;
  const std::string target = targets_for(device->properties().arch(), here->nvrtc->archs()).back();
  const std::string ptx = here->nvrtc->compile(source.text, "twice", target, source.options).image;
  CHECK(Module::load(device, ptx, "PTX")->function("twice", "a"));
  CHECK(thrown([&] { Module::load(device, "no image", "text"); }).code() == ErrorCode::device);
  const auto stream = Stream::create(device);
  Event begin(device, Event::Timing::on), end(device, Event::Timing::on);
  begin.record(*stream);
  {
    const DeviceBuffer buffer(stream, 64 << 20);
    CHECK(buffer.pointer() % 256 == 0);
    stream->fill(buffer.view(), 7);
  }
  end.record(*stream);
  end.synchronize();
  CHECK(Event::elapsed_milliseconds(begin, end) > 0);
  const size_t before = device->memory_info().free;
  device->trim();
  CHECK(device->memory_info().free >= before + (64 << 20));
  const Error error = thrown([&] { DeviceBuffer(stream, size_t{1} << 42); });
  CHECK(error.code() == ErrorCode::memory);
  CHECK(error.message().find("4398046511104 bytes wanted") != std::string::npos);
  stream->synchronize();
}

TEST_CASE("real GPU: a fault loses the device, in a process of its own") {
  if (getenv("FUSEVAL_TEST_FAULT") == nullptr) {
    if (!Driver::find().driver) return;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string command = fmt::format("FUSEVAL_TEST_FAULT=1 '{}' -tc='real GPU: a fault*' >/dev/null", self);
    CHECK(std::system(command.c_str()) == 0);
    return;
  }
  const auto here = gpu();
  REQUIRE(here);
  KernelCache cache(here->device, compiler_of(here->nvrtc), nullptr);
  const auto function = cache.get(source)->function("fault", "a[i]");
  const auto stream = Stream::create(here->device);
  const DeviceBuffer buffer(stream, 64);
  const uint64_t words[] = {8, 8, 1};
  const Error error = thrown([&] {
    launch(*function, 1, 1, 0, words, *stream);
    stream->synchronize();
  });
  CHECK(error.code() == ErrorCode::device);
  CHECK(error.message().find("CUDA_ERROR_ILLEGAL_ADDRESS") != std::string::npos);
  CHECK(error.message().find("kernel \"fault\" of \"a[i]\"") != std::string::npos);
  CHECK(here->device->lost());
  CHECK(thrown([&] { Stream::create(here->device); }).code() == ErrorCode::device);
}
