// Planted faults are found, with the kernel, block, thread and line.
#include <numeric>

#include "kernels.hpp"
#include "support.hpp"

namespace {

constexpr uint64_t seeds = 8;

/// A kernel `faulty` whose body starts on line 3 of its text; words: x, y.
std::string faulty(const std::string& body) {
  return "struct Arguments { int* x; int* y; };\n"
         "extern \"C\" __global__ void faulty(const __grid_constant__ Arguments arguments) {\n" +
         body + "\n}\n";
}

struct Fixture {
  cudasim::Simulator device;
  DeviceArray<int> x{device, std::vector<int>(64, 7)};
  DeviceArray<int> y{device, size_t{64}};

  std::string launch(const cudasim::Function& function, unsigned grid, unsigned block, uint64_t seed,
                     unsigned shared_bytes = 0) {
    const std::vector<uint64_t> words{x.address(), y.address()};
    return message_of(
        [&] { device.launch(function, grid, block, shared_bytes, words, {.seed = seed, .step_limit = 100000}); });
  }
};

/// Every seed finds the fault, and its message has all the parts.
void check_found(const std::string& body, const std::vector<std::string>& parts, unsigned grid = 2, unsigned block = 32,
                 unsigned shared_bytes = 0) {
  const cudasim::Function function = compile(faulty(body), "faulty");
  Fixture fixture;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const std::string message = fixture.launch(function, grid, block, seed, shared_bytes);
    CAPTURE(seed);
    CAPTURE(message);
    for (const std::string& part : parts) CHECK(message.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("out of bounds") {
  NEEDS_COMPILER();
  check_found(
      "const int i = blockIdx.x * 32 + threadIdx.x;\n  arguments.y[i + 1] = i;",
      {"cudasim: kernel faulty, block 1, thread 31 writes 4 bytes 0 bytes after the end of an allocation of 256 bytes",
       "in line 4:\n  arguments.y[i + 1] = i;"});
  check_found(
      "const int i = blockIdx.x * 32 + threadIdx.x;\n  arguments.y[i] =\n    arguments.x[i - 2];",
      {"block 0, thread", "reads 4 bytes", "bytes before the begin of an allocation of 256 bytes", "in line 5:"});
  check_found("*reinterpret_cast<long long*>(reinterpret_cast<char*>(arguments.y) + 252) = threadIdx.x;",
              {"not aligned", "line 3"});
  check_found("struct __align__(4) Pair { int a, b; }; reinterpret_cast<Pair*>(arguments.y + 63)[0] = Pair{1, 2};",
              {"line 3"}, 1, 1);
  check_found("int* p = nullptr;\n  asm(\"\" : \"+r\"(p));\n  arguments.y[threadIdx.x] = *p;",
              {"reads 4 bytes at 0x0, which is not in the device's memory", "line 5"});
  check_found("int mine = 1;\n  int* p = &mine;\n  asm(\"\" : \"+r\"(p));\n  arguments.y[threadIdx.x] = p[1 << 16];",
              {"which is not in the device's memory", "line 6"});
}

TEST_CASE("arrays of a known length") {
  NEEDS_COMPILER();
  check_found("__shared__ int s[32];\n  s[threadIdx.x + 1] = 1;",
              {"thread 31 indexes an array outside its bounds", "line 4"});
  check_found("static const int table[4] = {1, 2, 3, 4};\n  arguments.y[threadIdx.x] = table[threadIdx.x];",
              {"indexes an array outside its bounds", "line 4"}, 1);
}

TEST_CASE("dynamic shared memory") {
  NEEDS_COMPILER();
  const std::string body =
      "extern __shared__ __align__(16) int s[];\n  s[threadIdx.x] = threadIdx.x;\n  __syncthreads();\n"
      "  arguments.y[threadIdx.x] = s[31 - threadIdx.x];";
  const cudasim::Function function = compile(faulty(body), "faulty");
  Fixture fixture;
  CHECK(fixture.launch(function, 2, 32, 0, 128) ==
        "cudasim: kernel faulty, block 1, thread 0 writes 4 bytes of device memory that block 0 (thread 0) has written "
        "in "
        "this launch, with no __threadfence() and atomic operation between, in line 6:\n"
        "  arguments.y[threadIdx.x] = s[31 - threadIdx.x];");
  CHECK(fixture.launch(function, 1, 32, 3, 128) == "");
  CHECK(fixture.y.values()[5] == 26);
  check_found(body, {"thread 31 writes 4 bytes", "line 4"}, 1, 32, 124);
}

TEST_CASE("what nobody has written") {
  NEEDS_COMPILER();
  check_found(
      "__shared__ int s[64];\n  s[threadIdx.x] = 1;\n  __syncthreads();\n  arguments.y[threadIdx.x] = s[threadIdx.x + "
      "1];",
      {"thread 31 reads 4 bytes of shared memory that no thread of its block has written", "line 6"}, 1);
  check_found("arguments.x[threadIdx.x] = arguments.y[threadIdx.x];",
              {"of device memory that nothing has written", "line 3"});
  check_found("atomicAdd(reinterpret_cast<unsigned*>(arguments.y), 1u);",
              {"atomic operation on device memory that nothing has written", "line 3"});
}

TEST_CASE("a structure that is copied whole may have padding") {
  NEEDS_COMPILER();
  const std::string types = "struct State { unsigned char flag; long long number; };\n";
  const std::string body =
      "State* const states = reinterpret_cast<State*>(arguments.y);\n"
      "  if (threadIdx.x == 0) {\n    states[0].flag = 1;\n    states[0].number = 2;\n  }\n  __syncthreads();\n"
      "  if (threadIdx.x == 1) {\n    State own = states[PLACE];\n    asm volatile(\"\" : \"+m\"(own));\n"
      "    states[2] = own;\n  }";
  const auto message = [&](const std::string& place) {
    Fixture fixture;
    return fixture.launch(compile(types + faulty(replaced(body, "PLACE", place)), "faulty"), 1, 32, 0);
  };
  CHECK(message("0") == "");
  CHECK(message("1").find("of device memory that nothing has written") != std::string::npos);
}

TEST_CASE("shared memory is poisoned before every block") {
  NEEDS_COMPILER();
  // Bytes that the checks do not see: copied in assembly.
  const std::string body =
      "__shared__ int s[32];\n  int seen = 0;\n  asm volatile(\"movl (%1), %0\" : \"=r\"(seen) : \"r\"(s + "
      "threadIdx.x));\n"
      "  arguments.y[blockIdx.x * 32 + threadIdx.x] = seen;\n  s[threadIdx.x] = 5;";
  const cudasim::Function function = compile(faulty(body), "faulty");
  Fixture fixture;
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(fixture.launch(function, 2, 32, 0) == "");
    for (const int value : fixture.y.values()) CHECK(value == static_cast<int>(cudasim::poison));
  }
}

TEST_CASE("use after free, twice free, foreign copies") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(elementwise_text, "elementwise");
  cudasim::Simulator device;
  const DeviceArray<float> y(device, size_t{10});
  const uint64_t x = device.allocate(40);
  device.free(x);
  const std::string message = message_of([&] {
    device.launch(function, 1, 32, 0, std::vector<uint64_t>{x, y.address(), 10});
  });
  CHECK(message ==
        "cudasim: kernel elementwise, block 0, thread 0 reads 4 bytes in an allocation of 40 bytes that has been "
        "freed, in "
        "line 5:\n  arguments.y[i] = __fmaf_rn(2.0f, arguments.x[i], 1.0f);");
  CHECK(message_of([&] { device.free(x); }) ==
        "cudasim: freed what is no allocation of the device, or was freed before");
  CHECK(message_of([&] { device.copy_in(x, &x, 8); }) ==
        "cudasim: a copy of 8 bytes begins in an allocation of 40 bytes that has been freed");
  std::vector<char> bytes(41);
  CHECK(message_of([&] { device.copy_out(bytes.data(), y.address(), 41); }) ==
        "cudasim: a copy of 41 bytes leaves an allocation of 40");
}

TEST_CASE("barriers that do not meet") {
  NEEDS_COMPILER();
  check_found(
      "if (threadIdx.x < 16)\n    __syncthreads();\n  else\n    __syncthreads();",
      {"threads do not all meet at one __syncthreads(): threads 0 to 15 waiting at __syncthreads() in line 4, threads "
       "16 to 31 waiting at __syncthreads() in line 6"});
  check_found("if (threadIdx.x == 9) return;\n  __syncthreads();",
              {"threads 0 to 8 waiting at __syncthreads() in line 4, thread 9 ended, threads 10 to 31 waiting"});
  check_found("if (threadIdx.x < 32)\n    __syncthreads();\n  else\n    __syncwarp();",
              {"do not all meet", "threads 0 to 31 waiting at __syncthreads() in line 4, threads 32 to 63 ended"}, 1,
              64);
  check_found("if (threadIdx.x == 3)\n    __syncthreads();\n  else\n    __syncwarp();",
              {"can never go on: threads 0 to 2 waiting at __syncwarp() in line 6, thread 3 waiting at __syncthreads() "
               "in line 4"});
}

TEST_CASE("shuffles") {
  NEEDS_COMPILER();
  check_found("if (threadIdx.x == 9) return;\n  arguments.y[threadIdx.x] = __shfl_down_sync(0xffffffff, 1, 1);",
              {"thread 8 reads lane 9 by __shfl_down_sync(), which has ended or does not exist, in line 4"});
  check_found("arguments.y[threadIdx.x] = __shfl_xor_sync(0xffffffff, 1, 16);",
              {"reads lane 1", "has ended or does not exist, in line 3"}, 1, 16);
  check_found("if (threadIdx.x < 8) arguments.y[threadIdx.x] = __shfl_sync(0xff, 1, 8);",
              {"reads lane 8 by __shfl_sync(), which is not in the mask, in line 3"});
  check_found("__shfl_sync(0xff, 1, 0);", {"is not in the mask of its own __shfl_sync()", "line 3"});
  check_found("__shfl_sync(0xffffffff, 1, 0, 12);", {"shuffles among 12 lanes: not a power of two", "line 3"});
}

TEST_CASE("races in shared memory") {
  NEEDS_COMPILER();
  // A missing barrier: the value is read before or after it is written.
  check_found(
      "__shared__ int s[32];\n  s[threadIdx.x] = threadIdx.x;\n  s[31 - threadIdx.x] = 1;\n  arguments.y[threadIdx.x] "
      "= s[threadIdx.x];",
      {"of shared memory that thread", "accesses as well, with no barrier between", "line "});
  // Read by many, then written by one.
  check_found(
      "__shared__ int s[1];\n  if (threadIdx.x == 0) s[0] = 1;\n  __syncthreads();\n  const int v = s[0];\n  "
      "arguments.y[threadIdx.x] = v;\n"
      "  if (threadIdx.x == 5) s[0] = v + 1;",
      {"with no barrier between"}, 1, 64);
  // A barrier of the warp puts nothing in order between warps, nor does a shuffle within one.
  check_found(
      "__shared__ int s[64];\n  s[threadIdx.x] = threadIdx.x;\n  __syncwarp();\n  s[threadIdx.x ^ 32] = 1;\n  "
      "__syncthreads();\n  arguments.y[threadIdx.x] = s[threadIdx.x];",
      {"with no barrier between, in line "}, 1, 64);
  check_found(
      "__shared__ int s[32];\n  s[threadIdx.x] = threadIdx.x;\n  __shfl_sync(0xffffffff, 1, 0);\n  s[threadIdx.x ^ 1] "
      "= 1;\n  __syncthreads();\n  arguments.y[threadIdx.x] = s[threadIdx.x];",
      {"with no barrier between", "line 6"}, 1);
}

TEST_CASE("no race where barriers are") {
  NEEDS_COMPILER();
  const std::string body =
      "__shared__ int s[64];\n  __shared__ signed char bytes[64];\n  const int t = threadIdx.x;\n"
      "  s[t] = t; bytes[t] = static_cast<signed char>(t);\n  __syncwarp();\n  int v = s[t ^ 1];\n  __syncwarp();\n"
      "  s[t ^ 1] = v + 1;\n  __syncthreads();\n  v = s[t ^ 32] + bytes[t ^ 33];\n  __syncthreads();\n  s[63 - t] = "
      "v;\n"
      "  arguments.y[63 - t] = s[63 - t];";
  const cudasim::Function function = compile(faulty(body), "faulty");
  Fixture fixture;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CHECK(fixture.launch(function, 1, 64, seed) == "");
    for (int t = 0; t < 64; ++t) CHECK(fixture.y.values()[63 - t] == (t ^ 32) + 1 + (t ^ 33));
  }
}

TEST_CASE("races in device memory") {
  NEEDS_COMPILER();
  check_found("arguments.y[threadIdx.x] = 1;\n  arguments.x[threadIdx.x] = arguments.y[threadIdx.x ^ 1];",
              {"device memory that", "line 4"}, 1);
  check_found("arguments.y[0] = 1;", {"device memory that thread", "has written, with no barrier between, in line 3"});
  check_found("if (threadIdx.x == 0) arguments.y[blockIdx.x / 2] = 1;", {"in line 3", "has written in this launch"}, 4);
}

TEST_CASE("a missing fence before the last block reads") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(replaced(last_block_text, "__threadfence();", ""), "last_block");
  cudasim::Simulator device;
  const DeviceArray<double> x(device, std::vector<double>(1000, 1));
  const DeviceArray<double> partials(device, size_t{8});
  const DeviceArray<double> result(device, size_t{1});
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const DeviceArray<unsigned> counter(device, std::vector<unsigned>{0});
    const std::vector<uint64_t> words{x.address(), partials.address(), counter.address(), result.address(), 1000};
    const std::string message = message_of([&] { device.launch(function, 8, 128, 0, words, {.seed = seed}); });
    CHECK(message.find("with no __threadfence() and atomic operation between, in line 26:") != std::string::npos);
  }
}

TEST_CASE("what never ends, and other ends") {
  NEEDS_COMPILER();
  check_found("while (arguments.x[0] == 7) {}", {"thread", "limit of steps"});
  check_found("while (true) {}", {"thread", "has used up the limit of steps: does it end?, in line 3"});
  check_found("for (int i = 0; i < 10; i += threadIdx.x)\n    arguments.y[0] = i;", {"limit of steps"}, 1, 1);
  check_found("__trap();", {"runs into __trap(), in line 3"});
  check_found("arguments.y[threadIdx.x] = arguments.x[threadIdx.x] / (arguments.x[1] - 7);",
              {"divides by zero", "in line 3"});
}

TEST_CASE("a simulator goes on after a fault") {
  NEEDS_COMPILER();
  const cudasim::Function bad = compile(faulty("__shared__ int s[1];\n  if (threadIdx.x) __syncthreads();"), "faulty");
  const cudasim::Function good = compile(faulty("__syncthreads();\n  arguments.y[threadIdx.x] = 3;"), "faulty");
  Fixture fixture;
  for (int repeat = 0; repeat < 3; ++repeat) {
    CHECK(fixture.launch(bad, 1, 64, 2) != "");
    CHECK(fixture.launch(good, 1, 64, 2) == "");
    CHECK(fixture.y.values() == std::vector<int>(64, 3));
  }
}

TEST_CASE("launches that cannot be") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(elementwise_text, "elementwise");
  cudasim::Simulator device;
  const std::vector<uint64_t> words(3);
  CHECK(message_of([&] { device.launch(function, 0, 32, 0, words); }) ==
        "cudasim: cannot launch elementwise: a grid of 0 blocks");
  CHECK(message_of([&] { device.launch(function, 1, 1025, 0, words); }) ==
        "cudasim: cannot launch elementwise: a block of 1025 threads");
  CHECK(message_of([&] { device.launch(function, 1, 32, 1 << 20, words); }) ==
        "cudasim: cannot launch elementwise: 1048576 bytes of shared memory");
  CHECK(message_of([&] { device.launch(function, 1, 32, 0, std::vector<uint64_t>(2)); }) ==
        "cudasim: cannot launch elementwise: 2 words for a parameter of 24 bytes");
}
