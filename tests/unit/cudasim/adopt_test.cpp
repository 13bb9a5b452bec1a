// Memory that somebody else has allocated, and what the compiler made kept by somebody else.
#include "support.hpp"

namespace {

const std::string text =
    "struct Arguments { int* out; const int* in; unsigned long long n; };\n"
    "extern \"C\" __global__ void twice(const __grid_constant__ Arguments arguments) {\n"
    "  const unsigned long long i = blockIdx.x * 32ull + threadIdx.x;\n"
    "  if (i < arguments.n) arguments.out[i] = 2 * arguments.in[i];\n"
    "}\n";

struct Fixture {
  cudasim::Simulator device;
  std::vector<int> in = std::vector<int>(64, 21);
  std::vector<int> out = std::vector<int>(64);

  static uint64_t address(const std::vector<int>& values) { return reinterpret_cast<uint64_t>(values.data()); }

  /// The fault of a launch over n elements; "" if there is none.
  std::string launch(const cudasim::Function& function, uint64_t n, bool illegal_address = false) {
    const std::vector<uint64_t> words{address(out), address(in), n};
    try {
      device.launch(function, 3, 32, 0, words);
    } catch (const cudasim::KernelFault& fault) {
      CHECK(fault.code() == fuseval::ErrorCode::internal);
      CHECK(fault.illegal_address() == illegal_address);
      return fault.message();
    }
    return "";
  }
};

bool contains(const std::string& message, const std::string& part) { return message.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("adopted memory is the device's until it is forgotten, to the byte, and has words that nothing has written") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(text, "twice");
  Fixture fixture;
  auto& device = fixture.device;
  CHECK(contains(fixture.launch(function, 64, true), "which is not in the device's memory"));
  device.adopt(fixture.address(fixture.in), 256);
  device.adopt(fixture.address(fixture.out), 256);
  CHECK(contains(fixture.launch(function, 64), "reads 4 bytes of device memory that nothing has written"));
  device.mark_written(fixture.address(fixture.in), 256);
  CHECK(fixture.launch(function, 64) == "");
  CHECK(fixture.out == std::vector<int>(64, 42));
  const std::string beyond = fixture.launch(function, 65, true);
  CHECK(contains(beyond, "block 2, thread 0 reads 4 bytes 0 bytes after the end of an allocation of 256 bytes"));
  CHECK(contains(beyond, "in line 4:\n  if (i < arguments.n)"));
  device.forget(fixture.address(fixture.out));
  CHECK(contains(fixture.launch(function, 64, true), "in an allocation of 256 bytes that has been freed"));
  CHECK(fixture.out == std::vector<int>(64, 42));
  device.adopt(fixture.address(fixture.out), 256);
  CHECK(fixture.launch(function, 64) == "");
}

TEST_CASE("what is copied on the device is as written as its source") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(text, "twice");
  Fixture fixture;
  auto& device = fixture.device;
  const uint64_t in = fixture.address(fixture.in), out = fixture.address(fixture.out);
  device.adopt(in, 256);
  device.adopt(out, 256);
  device.mark_written(in, 256);
  device.mark_copied(in + 128, out, 128);
  CHECK(fixture.launch(function, 32) == "");
  CHECK(contains(fixture.launch(function, 33), "nothing has written"));
  device.mark_copied(in + 128, out + 1, 126);  // words 0 to 31 of out are written now
  CHECK(fixture.launch(function, 64) == "");
  device.mark_written(in, 256);
  device.forget(out);
  device.adopt(out, 256);
  device.mark_copied(in + 130, out + 2, 1);  // less than a word, which stays written
  CHECK(fixture.launch(function, 64) == "");
  device.forget(out);
  device.adopt(out, 256);
  device.mark_copied(in + 130, out + 2, 6);  // the rest of word 32, and word 33
  CHECK(fixture.launch(function, 33) == "");
  CHECK(contains(fixture.launch(function, 34), "nothing has written"));
}

TEST_CASE("adopting what overlaps, forgetting what is not there, marking what is elsewhere") {
  Fixture fixture;
  auto& device = fixture.device;
  const uint64_t in = fixture.address(fixture.in);
  device.adopt(in, 128);
  const uint64_t own = device.allocate(16);
  for (const uint64_t other : {in, in + 124, in + 4, own})
    CHECK(message_of([&] { device.adopt(other, 8); }) == "cudasim: cannot adopt what overlaps an allocation");
  device.adopt(in + 128, 8);
  CHECK(contains(message_of([&] { device.adopt(in + 201, 8); }), "cudasim: cannot adopt 8 bytes of memory at 0x"));
  CHECK(contains(message_of([&] { device.adopt(in + 200, 0); }), "cudasim: cannot adopt 0 bytes"));
  for (const uint64_t other : {in + 4, own})
    CHECK(message_of([&] { device.forget(other); }) == "cudasim: forgot what was not adopted, or was forgotten before");
  CHECK(contains(message_of([&] { device.free(in); }), "freed what is no allocation"));
  CHECK(contains(message_of([&] { device.mark_written(in + 120, 16); }), "leaves an allocation of 128"));
  CHECK(contains(message_of([&] { device.mark_copied(in, in + 140, 4); }), "begins "));
  device.forget(in);
  device.free(own);
}

TEST_CASE("races and arrays are faults that are no illegal address") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(
      "struct Arguments { int* out; const int* in; unsigned long long n; };\n"
      "extern \"C\" __global__ void race(const __grid_constant__ Arguments arguments) {\n"
      "  __shared__ int s[32];\n"
      "  s[threadIdx.x] = 1;\n"
      "  arguments.out[threadIdx.x] = s[threadIdx.x ^ 1];\n"
      "}\n",
      "race");
  Fixture fixture;
  fixture.device.adopt(fixture.address(fixture.out), 256);
  CHECK(!fixture.launch(function, 0).empty());
}

TEST_CASE("a built object is loaded with its sources, by whoever kept it") {
  NEEDS_COMPILER();
  const std::vector<cudasim::Source> sources{{text, {"twice"}}};
  const std::string object = cudasim::Module::build(sources);
  CHECK(object.substr(0, 4) == "\177ELF");
  const std::vector<cudasim::Source> others{{text + " ", {"twice"}}};
  const std::string key = cudasim::Module::build_key(sources);
  CHECK(key == cudasim::Module::build_key(sources));
  CHECK(key != cudasim::Module::build_key(others));
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto function = cudasim::Module::load(sources, object).function(0, "twice");
    Fixture fixture;
    fixture.device.adopt(fixture.address(fixture.in), 256);
    fixture.device.adopt(fixture.address(fixture.out), 256);
    fixture.device.mark_written(fixture.address(fixture.in), 256);
    CHECK(fixture.launch(function, 64) == "");
    CHECK(fixture.out == std::vector<int>(64, 42));
  }
  CHECK(contains(message_of([&] { cudasim::Module::load(sources, "no object"); }), "cannot load the compiled kernels"));
}
