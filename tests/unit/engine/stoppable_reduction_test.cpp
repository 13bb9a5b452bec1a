// A reduction that can be stopped, with and without memory for the partial results of its pieces.
#include "engine/cpu/stoppable_reduction.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

using namespace fuseval;
using namespace fuseval::engine;

namespace {

using Ranges = std::vector<std::pair<int64_t, int64_t>>;
using namespace std::chrono_literals;

constexpr int64_t elements = 1000;
Ranges reduced;  ///< what the kernel below was given, in order

/// Its state is the sum of the indices of a range.
void add_indices(const codegen::KernelArguments*, const int64_t*, const int64_t*, int64_t first, int64_t last,
                 char* states, char*) {
  reduced.emplace_back(first, last);
  auto& sum = *reinterpret_cast<int64_t*>(states);
  sum = 0;
  for (int64_t k = first; k < last; ++k) sum += k;
  std::this_thread::sleep_for(25ms);  // longer than the interval between two reports of progress
}

void add_states(char* left, const char* right, int64_t count) {
  REQUIRE(count == 1);
  *reinterpret_cast<int64_t*>(left) += *reinterpret_cast<const int64_t*>(right);
}

/// Of pieces of 128 elements.
PreparedKernel kernel_with(int64_t state_bytes) {
  auto code = std::make_shared<codegen::Kernel>();
  code->reduce = add_indices;
  code->combine = add_states;
  code->state_bytes = state_bytes;
  PreparedKernel kernel;
  kernel.code = std::move(code);
  kernel.granule = 16;
  kernel.element_nanoseconds = kernel.dearest_nanoseconds = 1000;
  return kernel;
}

int keep_fraction(void* user, double fraction) {
  *static_cast<double*>(user) = fraction;
  return 0;
}

struct Outcome {
  int64_t sum = -1;
  double fraction = 0;
  Ranges ranges;
};

Outcome reduce_all(int64_t state_bytes, const CancelToken& token) {
  Outcome outcome;
  RunControl control(&token, {keep_fraction, &outcome.fraction});
  const PreparedKernel kernel = kernel_with(state_bytes);
  control.begin(elements * kernel.element_nanoseconds);
  reduced.clear();
  reduce_stoppably(kernel, nullptr, nullptr, nullptr, 0, elements, reinterpret_cast<char*>(&outcome.sum), nullptr,
                   control);
  outcome.ranges = reduced;
  return outcome;
}

constexpr int64_t total = elements * (elements - 1) / 2;

}  // namespace

TEST_CASE("a reduction that can be stopped runs in pieces") {
  const CancelToken token;
  const Outcome outcome = reduce_all(sizeof(int64_t), token);
  REQUIRE(outcome.ranges.size() == 8);
  CHECK(outcome.ranges[0] == std::pair<int64_t, int64_t>{0, 128});
  CHECK(outcome.ranges[7] == std::pair<int64_t, int64_t>{896, elements});
  CHECK(outcome.sum == total);
  CHECK(outcome.fraction == 1);
}

TEST_CASE("a reduction that can be stopped runs in one piece where there is no memory for partial results") {
  const CancelToken token;
  // More than the address space has, and more than a size can say.
  for (const int64_t state_bytes : {int64_t{1} << 50, int64_t{1} << 62}) {
    CAPTURE(state_bytes);
    const Outcome outcome = reduce_all(state_bytes, token);
    CHECK(outcome.ranges == Ranges{{0, elements}});
    CHECK(outcome.sum == total);
    CHECK(outcome.fraction == 1);
  }
}
