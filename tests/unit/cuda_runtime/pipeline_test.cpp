// Whole pipelines on the fake driver, in random legal orders.
#include <doctest/doctest.h>

#include <numeric>
#include <thread>
#include <vector>

#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/module.hpp"
#include "runtime/cuda/stream.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::cuda;

namespace {

constexpr size_t count = 1000;
constexpr size_t bytes = count * sizeof(uint64_t);

std::vector<uint64_t> numbers() {
  std::vector<uint64_t> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

std::vector<uint64_t> times(uint64_t factor) {
  std::vector<uint64_t> values = numbers();
  for (uint64_t& value : values) value *= factor;
  return values;
}

void scale(Function& function, const DeviceBuffer& out, const DeviceBuffer& in, uint64_t factor, Stream& stream) {
  const uint64_t words[] = {out.pointer(), in.pointer(), count, factor};
  launch(function, 4, 256, 0, words, stream);
}

fake::Settings seeded(uint64_t seed) {
  fake::Settings settings;
  settings.seed = seed;
  return settings;
}

std::shared_ptr<Module> scale_module(const FakeGpu& gpu, const std::shared_ptr<Device>& device) {
  gpu->add_kernel("scale", scale_kernel);
  return Module::load(device, fake::cubin(90, {"scale"}), "scale");
}

}  // namespace

TEST_CASE("upload, launch, download; buffers are reused and freed in stream order") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const FakeGpu gpu(seeded(seed));
    const auto device = gpu.device();
    const auto stream = Stream::create(device);
    const auto module = scale_module(gpu, device);
    const auto function = module->function("scale", "a * k");
    const std::vector<uint64_t> input = numbers();
    std::vector<uint64_t> output(count);
    DeviceBuffer in(stream, bytes);
    stream->copy_to_device(in.view(), input.data());
    for (const uint64_t factor : {2, 3, 5}) {
      DeviceBuffer out(stream, bytes);
      scale(*function, out, in, factor, *stream);
      in = std::move(out);  // the old one is freed after the kernel that reads it
    }
    stream->copy_to_host(output.data(), in.view());
    stream->synchronize();
    CHECK(output == times(30));
    CHECK(stream->is_done());
  }
}

TEST_CASE("streams order their work by events") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const FakeGpu gpu(seeded(seed));
    const auto device = gpu.device();
    const auto upload = Stream::create(device), compute = Stream::create(device), download = Stream::create(device);
    const auto module = scale_module(gpu, device);
    const std::vector<uint64_t> input = numbers();
    std::vector<std::vector<uint64_t>> outputs(4, std::vector<uint64_t>(count));
    for (uint64_t part = 0; part < outputs.size(); ++part) {
      DeviceBuffer in(upload, bytes), out(compute, bytes);
      upload->copy_to_device(in.view(), input.data());
      compute->wait_for(*upload);
      in.also_used_on(compute);
      scale(*module->function("scale", "a * k"), out, in, part, *compute);
      download->wait_for(*compute);
      out.also_used_on(download);
      download->copy_to_host(outputs[part].data(), out.view());
    }
    download->synchronize();
    for (uint64_t part = 0; part < outputs.size(); ++part) CHECK(outputs[part] == times(part));
  }
}

TEST_CASE("without the events the fake finds an order in which it goes wrong") {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    FakeGpu gpu(seeded(seed));
    gpu.expects_violations = true;
    const auto device = gpu.device();
    const auto upload = Stream::create(device), compute = Stream::create(device);
    const auto module = scale_module(gpu, device);
    const std::vector<uint64_t> input = numbers();
    std::vector<uint64_t> output(count);
    const Error error = thrown([&] {
      DeviceBuffer in(upload, bytes), out(compute, bytes);
      device->synchronize();
      upload->copy_to_device(in.view(), input.data());
      scale(*module->function("scale", "a * k"), out, in, 2, *compute);
      compute->copy_to_host(output.data(), out.view());
      device->synchronize();
    });
    wrong += error.code() != ErrorCode::none || output != times(2);
  }
  CHECK(wrong > 0);
  CHECK(wrong < 40);
}

TEST_CASE("memory that another stream may not touch yet, or any more, is an illegal address") {
  int early = 0, late = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    FakeGpu gpu(seeded(seed));
    gpu.expects_violations = true;
    {
      const auto device = gpu.device();
      const auto one = Stream::create(device), two = Stream::create(device);
      const DeviceBuffer buffer(one, bytes);
      early += thrown([&] { two->fill(buffer.view(), 1), two->synchronize(); }).code() == ErrorCode::device;
    }
    {
      const auto device = gpu.device();
      const auto one = Stream::create(device), two = Stream::create(device);
      const auto error = thrown([&] {
        {
          const DeviceBuffer buffer(one, bytes);
          one->synchronize();
          two->fill(buffer.view(), 1);
        }
        device->synchronize();
      });
      late += error.code() == ErrorCode::device;
    }
  }
  CHECK((early > 0 && late > 0));
}

TEST_CASE("fill, copies on the device, parts of a buffer, events") {
  const FakeGpu gpu;
  const auto device = gpu.device();
  const auto stream = Stream::create(device);
  DeviceBuffer a(stream, 64), b(stream, 64);
  Event begin(device, Event::Timing::on), end(device, Event::Timing::on);
  begin.record(*stream);
  stream->fill(a.view(), 7);
  stream->fill(b.view(), 0);
  stream->copy_on_device(b.view().part(8, 16), a.view().part(0, 16));
  end.record(*stream);
  end.synchronize();
  CHECK(end.is_done());
  CHECK(Event::elapsed_milliseconds(begin, end) > 0);
  std::string bytes_back(64, 'x');
  stream->copy_to_host(bytes_back.data(), b.view());
  stream->synchronize();
  CHECK(bytes_back == std::string(8, '\0') + std::string(16, '\7') + std::string(40, '\0'));
  CHECK(thrown([&] { stream->copy_on_device(a.view(), b.view().part(0, 8)); }).code() == ErrorCode::internal);
  CHECK(thrown([&] { b.view().part(60, 5); }).code() == ErrorCode::internal);
}

TEST_CASE("empty buffers and copies touch nothing") {
  const FakeGpu gpu;
  const auto stream = Stream::create(gpu.device());
  const DeviceBuffer empty(stream, 0);
  CHECK(empty.pointer() == 0);
  stream->copy_to_device(empty.view(), nullptr);
  stream->copy_to_host(nullptr, empty.view());
  stream->synchronize();
  CHECK(gpu->calls_of("cuMemAllocFromPoolAsync") == 0);
  CHECK(gpu->calls_of("cuMemcpyHtoDAsync_v2") == 0);
}

TEST_CASE("a caller's stream is used and not closed") {
  const FakeGpu gpu;
  const auto device = gpu.device();
  const auto theirs = Stream::create(device);
  {
    const auto stream = Stream::borrow(device, theirs->handle());
    const auto legacy = Stream::borrow(device, nullptr);
    const DeviceBuffer buffer(stream, 8), other(legacy, 8);
    stream->fill(buffer.view(), 1);
    legacy->fill(other.view(), 1);
  }
  CHECK(gpu->calls_of("cuStreamDestroy_v2") == 0);
  theirs->synchronize();
}

TEST_CASE("pinned memory lives until copies that use it are done") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const FakeGpu gpu(seeded(seed));
    const auto device = gpu.device();
    const auto stream = Stream::create(device);
    const DeviceBuffer buffer(stream, 64);
    {
      const PinnedBuffer pinned(device, 64);
      std::fill_n(pinned.data(), 64, 'p');
      stream->copy_to_device(buffer.view(), pinned.data());
    }
    std::string back(64, ' ');
    stream->copy_to_host(back.data(), buffer.view());
    stream->synchronize();
    CHECK(back == std::string(64, 'p'));
  }
}

TEST_CASE("the host's own context is current again after every call") {
  const FakeGpu gpu({.seed = 1, .devices = 2});
  const auto ours = gpu.device(0), theirs = gpu.device(1);
  REQUIRE(theirs->api().ctx_push_current(theirs->context()) == Result::success);
  {
    const auto stream = Stream::create(ours);
    const DeviceBuffer buffer(stream, 8);
    stream->synchronize();
  }
  ContextHandle current = nullptr;
  REQUIRE(theirs->api().ctx_get_current(&current) == Result::success);
  CHECK(current == theirs->context());
  REQUIRE(theirs->api().ctx_pop_current(&current) == Result::success);
  REQUIRE(theirs->api().ctx_get_current(&current) == Result::success);
  CHECK(current == nullptr);
}

TEST_CASE("devices are apart: memory, streams, kernels") {
  const FakeGpu gpu({.seed = 1, .devices = 2});
  const auto driver = gpu.driver();
  CHECK(driver->device_count() == 2);
  const auto first = Device::open(driver, 0), second = Device::open(driver, 1);
  const auto one = Stream::create(first), two = Stream::create(second);
  const DeviceBuffer a(one, 1 << 20);
  CHECK(first->memory_info().free < second->memory_info().free);
  const auto module = scale_module(gpu, first);
  CHECK(thrown([&] { launch(*module->function("scale", "a * k"), 1, 32, 0, {}, *two); }).code() == ErrorCode::internal);
  const Error error = thrown([&] { Device::open(driver, 2); });
  CHECK(error.code() == ErrorCode::argument);
  CHECK(error.message() == "there is no CUDA device 2; the driver has 2, counted from 0");
}

TEST_CASE("threads share a device and a stream") {
  const FakeGpu gpu;
  const auto device = gpu.device();
  const auto shared = Stream::create(device);
  const auto module = scale_module(gpu, device);
  const std::vector<uint64_t> input = numbers();
  std::vector<std::vector<uint64_t>> outputs(4, std::vector<uint64_t>(count));
  std::vector<std::thread> threads;
  for (uint64_t part = 0; part < outputs.size(); ++part)
    threads.emplace_back([&, part] {
      const auto own = part % 2 == 0 ? shared : Stream::create(device);
      for (int repeat = 0; repeat < 10; ++repeat) {
        DeviceBuffer in(own, bytes), out(own, bytes);
        own->copy_to_device(in.view(), input.data());
        scale(*module->function("scale", "a * k"), out, in, part + 1, *own);
        own->copy_to_host(outputs[part].data(), out.view());
        own->synchronize();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (uint64_t part = 0; part < outputs.size(); ++part) CHECK(outputs[part] == times(part + 1));
}
