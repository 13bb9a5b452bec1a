// Right kernels give right results, whatever the order of threads and blocks.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "kernels.hpp"
#include "support.hpp"

namespace {

std::vector<double> whole_numbers(size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

constexpr uint64_t seeds = 8;

}  // namespace

TEST_CASE("an elementwise kernel") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(elementwise_text, "elementwise");
  cudasim::Simulator device;
  std::vector<float> x(1000);
  std::iota(x.begin(), x.end(), -500.0f);
  const DeviceArray<float> from(device, x);
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const DeviceArray<float> to(device, x.size());
    device.launch(function, 4, 256, 0, std::vector<uint64_t>{from.address(), to.address(), x.size()}, {.seed = seed});
    const std::vector<float> y = to.values();
    for (size_t i = 0; i < x.size(); ++i) CHECK(y[i] == 2 * x[i] + 1);
  }
}

TEST_CASE("a block of 512 threads reduces in shared memory") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(tree_text, "tree");
  cudasim::Simulator device;
  const DeviceArray<double> x(device, whole_numbers(3072));
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const DeviceArray<double> partials(device, size_t{3});
    device.launch(function, 3, 512, 0, std::vector<uint64_t>{x.address(), partials.address()}, {.seed = seed});
    CHECK(partials.values() == std::vector<double>{1024 * 1025 / 2, 1024 * 3073 / 2, 1024 * 5121 / 2});
  }
}

TEST_CASE("the block that is done last adds the others' parts") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(last_block_text, "last_block");
  cudasim::Simulator device;
  const DeviceArray<double> x(device, whole_numbers(1000));
  const DeviceArray<double> partials(device, size_t{8});
  const DeviceArray<unsigned> counter(device, std::vector<unsigned>{0});
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const DeviceArray<double> result(device, size_t{1});
    const std::vector<uint64_t> words{x.address(), partials.address(), counter.address(), result.address(), 1000};
    device.launch(function, 8, 128, 0, words, {.seed = seed});
    CHECK(result.values() == std::vector<double>{500500});
    CHECK(counter.values() == std::vector<unsigned>{0});
  }
}

TEST_CASE("shuffles move what CUDA says") {
  NEEDS_COMPILER();
  const std::string text = R"(struct Arguments { int* y; };
extern "C" __global__ void shuffles(const Arguments arguments) {
  const int t = threadIdx.x;
  int* y = arguments.y + t * 6;
  y[0] = __shfl_down_sync(0xffffffff, t, 5);
  y[1] = __shfl_up_sync(0xffffffff, t, 5);
  y[2] = __shfl_xor_sync(0xffffffff, t, 9);
  y[3] = __shfl_sync(0xffffffff, t, 33);
  y[4] = static_cast<int>(__shfl_down_sync(0xffffffff, static_cast<long long>(t) << 40, 3, 8) >> 40);
  y[5] = t < 16 ? static_cast<int>(__shfl_xor_sync(0x0000ffff, t * 1.5, 1)) : -1;
}
)";
  const cudasim::Function function = compile(text, "shuffles");
  cudasim::Simulator device;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const DeviceArray<int> y(device, size_t{64 * 6});
    device.launch(function, 1, 64, 0, std::vector<uint64_t>{y.address()}, {.seed = seed});
    const std::vector<int> values = y.values();
    for (int t = 0; t < 64; ++t) {
      const int lane = t % 32;
      const int first = t - lane;
      CHECK(values[t * 6] == (lane + 5 < 32 ? t + 5 : t));
      CHECK(values[t * 6 + 1] == (lane >= 5 ? t - 5 : t));
      CHECK(values[t * 6 + 2] == first + (lane ^ 9));
      CHECK(values[t * 6 + 3] == first + 1);
      CHECK(values[t * 6 + 4] == (lane % 8 + 3 < 8 ? t + 3 : t));
      CHECK(values[t * 6 + 5] == (t < 16 ? static_cast<int>((t ^ 1) * 1.5) : -1));
    }
  }
}

TEST_CASE("a seed is an order of blocks and threads") {
  NEEDS_COMPILER();
  const std::string text = R"(struct Arguments { unsigned* counter; unsigned* order; };
extern "C" __global__ void tickets(const Arguments arguments) {
  const unsigned ticket = atomicAdd(arguments.counter, 1);
  arguments.order[blockIdx.x * blockDim.x + threadIdx.x] = ticket;
}
)";
  const cudasim::Function function = compile(text, "tickets");
  cudasim::Simulator device;
  const auto order = [&](uint64_t seed) {
    const DeviceArray<unsigned> counter(device, std::vector<unsigned>{0});
    const DeviceArray<unsigned> tickets(device, size_t{160});
    device.launch(function, 5, 32, 0, std::vector<uint64_t>{counter.address(), tickets.address()}, {.seed = seed});
    return tickets.values();
  };
  std::vector<unsigned> ascending(160);
  std::iota(ascending.begin(), ascending.end(), 0u);
  CHECK(order(0) == ascending);
  CHECK(order(1) == std::vector<unsigned>(ascending.rbegin(), ascending.rend()));
  std::set<std::vector<unsigned>> different;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::vector<unsigned> tickets = order(seed);
    CHECK(order(seed) == tickets);
    different.insert(tickets);
    std::sort(tickets.begin(), tickets.end());
    CHECK(tickets == ascending);
  }
  CHECK(different.size() == 50);
}

TEST_CASE("arithmetic is IEEE's, and nothing is contracted") {
  NEEDS_COMPILER();
  const std::string text = R"(struct Arguments { const float* x; float* y; };
extern "C" __global__ void arithmetic(const Arguments arguments) {
  const float a = arguments.x[0], b = arguments.x[1], c = arguments.x[2], tiny = arguments.x[3];
  arguments.y[0] = a * b + c;
  arguments.y[1] = __fmaf_rn(a, b, c);
  arguments.y[2] = __fsqrt_rn(b) / a;
  arguments.y[3] = tiny / 2;
  arguments.y[4] = rintf(2.5f) + floorf(-1.5f);
  arguments.y[5] = __uint_as_float(__float_as_uint(a) ^ 0x80000000u);
  arguments.y[6] = static_cast<float>(__umulhi(0x80000000u, 6u) + __popc(255u) + __popcll(1ull << 40));
  arguments.y[7] = static_cast<float>(__umul64hi(1ull << 63, 10));
}
)";
  const cudasim::Function function = compile(text, "arithmetic");
  const float a = 1.1f, b = 1.3f, c = -1.43f, tiny = 1.5e-38f;
  cudasim::Simulator device;
  const DeviceArray<float> x(device, std::vector<float>{a, b, c, tiny});
  const DeviceArray<float> y(device, size_t{8});
  device.launch(function, 1, 1, 0, std::vector<uint64_t>{x.address(), y.address()});
  const std::vector<float> expected{a * b + c, std::fma(a, b, c), std::sqrt(b) / a, tiny / 2, 0, -a, 12, 5};
  CHECK(expected[0] != expected[1]);
  CHECK(y.values() == expected);
}
