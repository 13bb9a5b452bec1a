// Right kernels give right results, whatever the order of threads and blocks.
#include <numeric>

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
