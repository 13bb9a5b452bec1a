// The states of reductions: identities change nothing, accumulate is merge with one more element, leaves skip absent
// rows.
#include <doctest/doctest.h>

#include <limits>

#include "codegen/scalar/reduction.hpp"
#include "scalar_samples.hpp"

namespace fuseval::codegen::test {
namespace {

using State = ReductionState<HostEmitter>;

constexpr Reduction all_reductions[] = {Reduction::sum,    Reduction::prod,   Reduction::min,
                                        Reduction::max,    Reduction::all,    Reduction::any,
                                        Reduction::argmin, Reduction::argmax, Reduction::moment2};

std::vector<DType> dtypes_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::all:
    case Reduction::any:
      return {DType::bool_};
    case Reduction::moment2:
      return {DType::float32, DType::float64};
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
    case Reduction::argmin:
    case Reduction::argmax:
      break;
  }
  return {computed_dtypes.begin(), computed_dtypes.end()};
}

bool same_states(Reduction reduction, const State& a, const State& b) {
  for (int k = 0; k < component_count(reduction); ++k)
    if (!same(a[k], b[k])) return false;
  return true;
}
State element(Reduction reduction, HostValue value, int64_t place, HostEmitter& e) {
  return element_state<HostEmitter>(reduction, value, e.integer(DType::int64, place), e);
}
State joined(Reduction reduction, const State& left, const State& right, HostEmitter& e) {
  return merge<HostEmitter>(reduction, left, right, e);
}

/// Calls f(reduction, dtype, value) for every special value of every dtype that the reduction takes.
template <class F>
void for_all_values(F&& f) {
  for (Reduction reduction : all_reductions)
    for (DType dtype : dtypes_of(reduction))
      for (HostValue value : special_values(dtype)) f(reduction, dtype, value);
}

TEST_CASE("states have the dtypes that they are described by") {
  HostEmitter e;
  for_all_values([&](Reduction reduction, DType dtype, HostValue value) {
    const State one = element(reduction, value, 3, e), none = identity(reduction, dtype, e);
    for (int k = 0; k < component_count(reduction); ++k) {
      CHECK(one[k].dtype == component_dtype(reduction, dtype, k));
      CHECK(none[k].dtype == component_dtype(reduction, dtype, k));
    }
    CHECK(reduction_result<HostEmitter>(reduction, one).dtype == result_dtype(reduction, dtype));
  });
}

TEST_CASE("the identity changes nothing on either side") {
  HostEmitter e;
  for_all_values([&](Reduction reduction, DType dtype, HostValue value) {
    const State one = element(reduction, value, 5, e), none = identity(reduction, dtype, e);
    CAPTURE(name_of(reduction));
    CAPTURE(show(value));
    CHECK(same_states(reduction, joined(reduction, none, one, e), one));
    CHECK(same_states(reduction, joined(reduction, one, none, e), one));
    CHECK(same_states(reduction, joined(reduction, none, none, e), none));
  });
}

TEST_CASE("argmin and argmax do not depend on the order of merging") {
  HostEmitter e;
  for (Reduction reduction : {Reduction::argmin, Reduction::argmax})
    for (HostValue a : special_values(DType::float32))
      for (HostValue b : special_values(DType::float32)) {
        const State first = element(reduction, a, 1, e), second = element(reduction, b, 2, e);
        CHECK(joined(reduction, first, second, e) == joined(reduction, second, first, e));
      }
}

TEST_CASE("a leaf of moments skips absent rows, whatever they hold") {
  std::mt19937_64 random(sample_seed);
  MESSAGE("seed " << sample_seed);
  HostEmitter e;
  for (DType dtype : {DType::float32, DType::float64})
    for (int round = 0; round < 200; ++round) {
      std::vector<HostValue> rows, present, kept;
      for (int row = 0; row < moment_leaf_rows; ++row) {
        const bool here = random() % 3 != 0;
        const HostValue number = e.real(dtype, static_cast<double>(random() % 1000) * 0.37);
        present.push_back(host_value(DType::bool_, here));
        rows.push_back(here ? number : e.real(dtype, std::numeric_limits<double>::quiet_NaN()));
        if (here) kept.push_back(number);
      }
      const State masked = moment_leaf<HostEmitter>(rows, present, e);
      CHECK(masked == moment_leaf<HostEmitter>(kept, {}, e));
    }
  const std::vector<HostValue> rows(16, e.real(DType::float64, 3)), absent(16, host_value(DType::bool_, false));
  CHECK(moment_leaf<HostEmitter>(rows, absent, e) == identity(Reduction::moment2, DType::float64, e));
}

}  // namespace
}  // namespace fuseval::codegen::test
