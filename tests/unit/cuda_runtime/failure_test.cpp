// Every driver call fails in turn; devices are lost; memory runs out.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/module.hpp"
#include "runtime/cuda/stream.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::cuda;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr size_t count = 64;
constexpr size_t bytes = count * sizeof(uint64_t);

/// Uses everything that the runtime calls. `calls_of_work`: calls made when the last synchronisation returned, but for
/// what follows it (the host's context made current again), which nobody can be told of.
std::vector<uint64_t> pipeline(const FakeGpu& gpu, const std::shared_ptr<Device>& device, uint64_t& calls_of_work) {
  std::vector<uint64_t> result(count);  // before the streams, which wait for their copies when they go
  const PinnedBuffer pinned(device, bytes);
  const auto one = Stream::create(device), two = Stream::create(device);
  const auto module = Module::load(device, fake::cubin(90, {"scale"}), "scale");
  auto* values = reinterpret_cast<uint64_t*>(pinned.data());
  std::iota(values, values + count, 1);
  DeviceBuffer in(one, bytes), out(one, bytes), copy(two, bytes);
  one->fill(out.view(), 0);
  one->copy_to_device(in.view(), values);
  const auto function = module->function("scale", "a * 3");
  const uint64_t words[] = {out.pointer(), in.pointer(), count, 3};
  launch(*function, 1, 64, 64 * 1024, words, *one);
  two->wait_for(*one);
  out.also_used_on(two);
  two->copy_on_device(copy.view(), out.view());
  two->copy_to_host(result.data(), copy.view());
  Event event(device);
  event.record(*two);
  event.synchronize();
  device->memory_info();
  device->trim();
  device->synchronize();
  calls_of_work = gpu->calls() - 1;
  return result;
}

std::vector<uint64_t> expected() {
  std::vector<uint64_t> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = 3 * (i + 1);
  return values;
}

struct Outcome {
  Error error{ErrorCode::none, ""};
  std::vector<uint64_t> result;
  uint64_t calls = 0;
};

/// The pipeline with its k-th call failing by `code`; a run after it that works, or says that the device is lost; and a
/// device that is opened anew, which works.
Outcome run_with_failure(const FakeGpu& gpu, uint64_t k, Result code) {
  Outcome outcome;
  uint64_t ignored = 0;
  {
    const auto device = gpu.device();
    gpu->fail_call(k, code);
    outcome.error = thrown([&] { outcome.result = pipeline(gpu, device, ignored); });
    outcome.calls = gpu->calls();
    gpu->fail_call(0, code);
    Error after = thrown([&] { device->synchronize(); });  // may tell of a release that failed after the work
    std::vector<uint64_t> result;
    after = thrown([&] { result = pipeline(gpu, device, ignored); });
    CHECK((result == expected()) == (after.code() == ErrorCode::none));
    CHECK(device->lost().has_value() == (after.code() == ErrorCode::device));
    if (device->lost()) CHECK(contains(after.message(), "was lost and comes back with a new process; "));
    if (!device->lost()) CHECK(after.message() == "no error");
  }
  {
    const auto device = gpu.device();
    CHECK(pipeline(gpu, device, ignored) == expected());
  }
  CHECK(gpu->leaks() == "");
  return outcome;
}

}  // namespace

TEST_CASE("every call failed in turn is an error, with no leak, and the next call works or says why not") {
  for (const bool pools : {true, false}) {
    FakeGpu gpu({.seed = 3, .devices = 1, .version = 13000, .major = 9, .minor = 0, .pools = pools});
    gpu->add_kernel("scale", scale_kernel);
    uint64_t calls_of_work = 0;
    uint64_t calls_in_all = 0;
    {
      const auto device = gpu.device();
      gpu->fail_call(0, Result::success);
      CHECK(pipeline(gpu, device, calls_of_work) == expected());
      calls_in_all = gpu->calls();
    }
    REQUIRE(calls_of_work > 60);
    REQUIRE(calls_in_all > calls_of_work + 10);
    for (const Result code : {Result::unknown, Result::out_of_memory, Result::illegal_address, Result::launch_failed})
      for (uint64_t k = 1; k <= calls_in_all; ++k) {
        CAPTURE(k);
        CAPTURE(static_cast<int>(code));
        const Outcome outcome = run_with_failure(gpu, k, code);
        if (outcome.error.code() == ErrorCode::none) {
          // Only what came after the work, or an allocation that was tried again, may pass without an error.
          CHECK((k > calls_of_work || code == Result::out_of_memory));
          CHECK(outcome.result == expected());
        } else {
          CHECK(outcome.error.code() == (code == Result::out_of_memory ? ErrorCode::memory : ErrorCode::device));
        }
      }
  }
}

TEST_CASE("every call of opening a device failed in turn is an error, and the next opening works") {
  const FakeGpu gpu;
  for (uint64_t k = 1;; ++k) {
    const auto driver = gpu.driver();
    gpu->fail_call(k, Result::unknown);
    std::shared_ptr<Device> device;
    const Error error = thrown([&] { device = Device::open(driver, 0); });
    const bool reached = gpu->calls() >= k;
    gpu->fail_call(0, Result::unknown);
    if (!reached) {
      CHECK(k > 15);
      break;
    }
    CAPTURE(k);
    // The last call of all makes the host's context current again: it is tried twice, and told of later.
    if (device) CHECK(thrown([&] { device->synchronize(); }).code() == ErrorCode::device);
    if (!device) CHECK(error.code() == ErrorCode::device);
    device.reset();
    CHECK(gpu->leaks() == "");
    CHECK_NOTHROW(gpu.device());
  }
}

TEST_CASE("every call of closing a device failed in turn leaks nothing") {
  const FakeGpu gpu;
  for (uint64_t k = 1; k <= 5;
       ++k) {  // the context looked up and made current, the pool, the host's context, the context
    CAPTURE(k);
    auto device = gpu.device();
    gpu->fail_call(k, Result::unknown);
    device.reset();
    CHECK(gpu->calls() >= k);
    gpu->fail_call(0, Result::unknown);
    CHECK(gpu->leaks() == "");
  }
}

TEST_CASE("a kernel's fault loses the device: the error names kernel and program, and stays") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    FakeGpu gpu({.seed = seed, .devices = 2});
    gpu.expects_violations = true;
    gpu->add_kernel("good", [](const fake::Launch&) {});
    gpu->add_kernel("bad", [](const fake::Launch& launch) { *reinterpret_cast<uint64_t*>(launch.words[0]) = 1; });
    const auto driver = gpu.driver();
    const auto device = Device::open(driver, 0), other = Device::open(driver, 1);
    const auto stream = Stream::create(device);
    const auto module = Module::load(device, fake::cubin(90, {"good", "bad"}), "two kernels");
    DeviceBuffer buffer(stream, 64);
    launch(*module->function("good", "sum(a[i])"), 1, 32, 0, {}, *stream);
    stream->synchronize();
    const uint64_t beyond[] = {buffer.pointer() + 4096};
    const Error error = thrown([&] {
      launch(*module->function("bad", "sum(a[i])"), 1, 32, 0, beyond, *stream);
      stream->synchronize();
    });
    CHECK(error.code() == ErrorCode::device);
    CHECK(contains(error.message(), "CUDA device 0 was lost: "));
    CHECK(contains(error.message(),
                   "CUDA_ERROR_ILLEGAL_ADDRESS (the fake driver's words); launched since the last "
                   "synchronisation: kernel \"bad\" of \"sum(a[i])\""));
    CHECK_FALSE(contains(error.message(), "\"good\""));
    REQUIRE(device->lost());
    const Error later = thrown([&] { Stream::create(device); });
    CHECK(contains(later.message(), "comes back with a new process"));
    CHECK(contains(later.message(), "kernel \"bad\""));
    const uint64_t calls = gpu->calls();
    buffer = DeviceBuffer();  // makes no call on what is gone
    CHECK(gpu->calls() == calls);
    const auto elsewhere = Stream::create(other);
    const DeviceBuffer fine(elsewhere, 64);
    elsewhere->synchronize();
    CHECK_FALSE(other->lost());
  }
}

TEST_CASE("an operation that fails on the device is reported by some later call") {
  for (uint64_t k = 1; k <= 10; ++k) {  // three allocations, a fill, three copies, a launch, two records
    const FakeGpu gpu({.seed = k});
    gpu->add_kernel("scale", scale_kernel);
    uint64_t ignored = 0;
    const auto device = gpu.device();
    gpu->fail_operation(k, Result::launch_failed);
    const Error error = thrown([&] { pipeline(gpu, device, ignored); });
    CHECK(error.code() == ErrorCode::device);
    CHECK(contains(error.message(), "CUDA_ERROR_LAUNCH_FAILED"));
    CHECK(device->lost());
  }
}

TEST_CASE("out of memory: frees caches, waits for what is being freed, tries once more") {
  const FakeGpu gpu(
      {.seed = 1, .devices = 1, .version = 13000, .major = 9, .minor = 0, .pools = true, .memory = 1 << 20});
  const auto device = gpu.device(0, {.pool_keeps = UINT64_MAX});
  const auto stream = Stream::create(device);
  SUBCASE("memory that the pool keeps in pieces") {
    const auto third = [&] { return DeviceBuffer(stream, 300 << 10); };
    { const DeviceBuffer a = third(), b = third(), c = third(); }
    stream->synchronize();
    CHECK(device->memory_info().free < 200 << 10);
    gpu->occupy(0);
    const DeviceBuffer large(stream, 1000 << 10);
    CHECK(large.pointer() != 0);
  }
  SUBCASE("a cache of the caller's") {
    std::vector<DeviceBuffer> cache;
    cache.emplace_back(stream, 900 << 10);
    const auto token = device->on_memory_pressure([&] { cache.clear(); });
    const DeviceBuffer large(stream, 800 << 10);
    CHECK(cache.empty());
    CHECK(gpu->calls_of("cuMemPoolTrimTo") == 1);
  }
  SUBCASE("memory whose free is enqueued and has not run") {
    for (int repeat = 0; repeat < 20; ++repeat) const DeviceBuffer buffer(stream, 900 << 10);
    CHECK(gpu->calls_of("cuMemAllocFromPoolAsync") >= 20);
  }
  SUBCASE("in vain: bytes wanted, free and in all") {
    const DeviceBuffer half(stream, 512 << 10);
    int asked = 0;
    const auto token = device->on_memory_pressure([&] { ++asked; });
    const Error error = thrown([&] { DeviceBuffer(stream, 600 << 10); });
    CHECK(error.code() == ErrorCode::memory);
    CHECK(error.message() ==
          "allocating device memory: out of memory on CUDA device 0: 614400 bytes wanted, 524288 free of "
          "1048576");
    CHECK(asked == 1);
    const DeviceBuffer fits(stream, 400 << 10);
    CHECK(asked == 1);
  }
  SUBCASE("a registration ends with its token") {
    int asked = 0;
    device->on_memory_pressure([&] { ++asked; });
    CHECK(thrown([&] { DeviceBuffer(stream, 2 << 20); }).code() == ErrorCode::memory);
    CHECK(asked == 0);
  }
}

TEST_CASE("the pool keeps freed memory across synchronisations, as much as it is told") {
  for (const uint64_t keeps : {uint64_t{0}, UINT64_MAX}) {
    const FakeGpu gpu;
    const auto device = gpu.device(0, {.pool_keeps = keeps});
    const auto stream = Stream::create(device);
    const size_t before = device->memory_info().free;
    { const DeviceBuffer buffer(stream, 1 << 20); }
    stream->synchronize();
    CHECK((device->memory_info().free == before) == (keeps == 0));
    device->trim();
    CHECK(device->memory_info().free == before);
  }
}

TEST_CASE("memory that is to come from cuMemAlloc does, moved or not, and is found when the pool has to give way") {
  const FakeGpu gpu({.memory = 1 << 20});
  const auto device = gpu.device(0, {.pool_keeps = UINT64_MAX});
  const auto stream = Stream::create(device);
  { const DeviceBuffer kept(stream, 900 << 10); }
  {
    DeviceBuffer buffer(stream, 800 << 10, DeviceBuffer::Source::driver);
    DeviceBuffer moved(stream, 1 << 10);
    moved = std::move(buffer);
    CHECK(moved.pointer() % 256 == 0);
    stream->fill(moved.view(), 1);
  }
  CHECK(gpu->calls_of("cuMemAlloc_v2") == 2);  // once before the pool was trimmed
  CHECK(gpu->calls_of("cuMemFree_v2") == 1);
  CHECK(gpu->calls_of("cuMemFreeAsync") == 2);
}

TEST_CASE("without pools memory comes from cuMemAlloc, and freeing waits") {
  const FakeGpu gpu(
      {.seed = 1, .devices = 1, .version = 13000, .major = 9, .minor = 0, .pools = false, .memory = 1 << 20});
  const auto device = gpu.device();
  const auto stream = Stream::create(device);
  for (int repeat = 0; repeat < 5; ++repeat) {
    const DeviceBuffer buffer(stream, 900 << 10);
    stream->fill(buffer.view(), 1);
  }
  CHECK(gpu->calls_of("cuMemAlloc_v2") == 5);
  CHECK(gpu->calls_of("cuMemAllocFromPoolAsync") == 0);
  device->trim();
}
