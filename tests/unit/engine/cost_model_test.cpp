// The arithmetic of device="auto" with given rates: which of the two is estimated to be faster.
#include "engine/dispatch/cost_model.hpp"

#include <doctest/doctest.h>

#include "engine/dispatch/calibration.hpp"

using namespace fuseval::engine;

namespace {

/// Two cores beside a large GPU.
CpuRates cpu() {
  CpuRates rates;
  rates.one = {10e9, 4e9, 8e9};
  rates.all = {20e9, 8e9, 16e9};
  rates.cache_one = 40e9;
  rates.threads = 2;
  rates.cache_bytes = 16e6;
  return rates;
}
DeviceRates device(double carried_bytes) {
  DeviceRates rates;
  rates.speed = {3e12, 4e12, 8e12};
  rates.up = rates.down = carried_bytes;
  rates.up_pinned = rates.down_pinned = 2 * carried_bytes;
  rates.launch_seconds = 3e-6;
  rates.wait_seconds = 10e-6;
  return rates;
}
constexpr double fast = 12e9, slow = 0.2e9;

/// One kernel that reads and writes an array of float64.
Work work_of(double elements, double units) { return {{{16 * elements, units * elements, 0, 1}}}; }
TransferBytes both_ways(double elements) { return {8 * elements, 0, 8 * elements, 0, 2}; }

bool device_wins(const Work& work, const TransferBytes& transfers, const DeviceRates& rates, int threads = 2) {
  const double here = cpu_estimate(work, cpu(), threads).seconds,
               there = device_estimate(work, transfers, rates).seconds();
  return verdict(here, there, 0, here - there) == Verdict::device_is_faster;
}

}  // namespace

TEST_CASE("auto: cheap expressions of the host's data stay on the CPU, however large") {
  for (const double elements : {1.0, 1e3, 1e6, 1e8, 1e10}) {
    CAPTURE(elements);
    CHECK(!device_wins(work_of(elements, 3), both_ways(elements), device(fast)));
    CHECK(!device_wins(work_of(elements, 3), both_ways(elements), device(slow)));
  }
}

TEST_CASE("auto: a long chain of elementary functions goes to a fast GPU over fast PCIe, not over slow") {
  const double elements = 1e8, units = 20 * 12;
  CHECK(device_wins(work_of(elements, units), both_ways(elements), device(fast)));
  CHECK(!device_wins(work_of(elements, units), both_ways(elements), device(slow)));
  DeviceRates weak = device(fast);
  weak.speed.float64_units = 1e9;  // of a GPU for pictures
  CHECK(!device_wins(work_of(elements, units), both_ways(elements), weak));
  Work of_float32 = work_of(elements, 0);
  of_float32.kernels[0].other_units = units * elements;
  CHECK(device_wins(of_float32, both_ways(elements), weak));
}

TEST_CASE("auto: tiny arrays stay, whatever is done to them") {
  CHECK(!device_wins(work_of(100, 500), both_ways(100), device(fast)));
  CHECK(!device_wins(work_of(1, 1e4), both_ways(1), device(fast)));
}

TEST_CASE("auto: what is page-locked is carried faster") {
  const double elements = 1e7, units = 12;
  const TransferBytes locked{0, 8 * elements, 0, 8 * elements, 2};
  CHECK(!device_wins(work_of(elements, units), both_ways(elements), device(8e9)));
  CHECK(device_wins(work_of(elements, units), locked, device(8e9)));
}

TEST_CASE("auto: an integrated device is no special case: it carries as fast as it computes") {
  DeviceRates integrated = device(40e9);
  integrated.speed = {40e9, 50e9, 400e9};
  CHECK(!device_wins(work_of(1e7, 1), both_ways(1e7), integrated));
  CHECK(device_wins(work_of(1e7, 100), both_ways(1e7), integrated));
}

TEST_CASE("auto: a call with fewer threads waits longer for the CPU") {
  const double elements = 1e7, units = 16;
  const DeviceRates rates = device(6e9);
  CHECK(!device_wins(work_of(elements, units), both_ways(elements), rates, 2));
  CHECK(device_wins(work_of(elements, units), both_ways(elements), rates, 1));
}

TEST_CASE("auto: the parts of the estimates") {
  const Work work{{{1.6e9, 4e9, 0, 1}, {1.6e6, 0, 8e9, 2}}};
  CHECK(cpu_estimate(work, cpu(), 1).seconds == doctest::Approx(1 + 1));
  CHECK(cpu_estimate(work, cpu(), 2).seconds == doctest::Approx(0.5 + 0.5));
  CHECK(cpu_estimate({{{1.6e9, 0, 0, 1}}}, cpu(), 2).seconds == doctest::Approx(0.08));      // memory
  CHECK(cpu_estimate({{{8e6, 0, 0, 1}}}, cpu(), 2).seconds == doctest::Approx(8e6 / 80e9));  // caches
  const DeviceEstimate there = device_estimate(work, {6e9, 12e9, 3e9, 6e9, 2}, device(6e9));
  CHECK(there.up == doctest::Approx(2));
  CHECK(there.down == doctest::Approx(1));
  CHECK(there.launches == doctest::Approx(9e-6));
  CHECK(there.waits == doctest::Approx(20e-6));
  CHECK(there.kernels == doctest::Approx(1e-3 + 1e-3));
  CHECK(there.seconds() == doctest::Approx(3.002029));
}

TEST_CASE("auto: equal estimates are the CPU's; compiling is paid for by calls that would have gained as much") {
  CHECK(verdict(1, 1, 0, 0) == Verdict::cpu_is_faster);
  CHECK(verdict(1, 2, 0, 100) == Verdict::cpu_is_faster);
  CHECK(verdict(1, 0.5, 0, 0.5) == Verdict::device_is_faster);
  CHECK(verdict(1e-3, 0.5e-3, 0.06, 0.5e-3) == Verdict::gain_is_not_earned);
  CHECK(verdict(1e-3, 0.5e-3, 0.06, 120 * 0.5e-3) == Verdict::device_is_faster);
  CHECK(verdict(10, 1, 0.06, 9) == Verdict::device_is_faster);  // the first call earns it at once
}

TEST_CASE("rates as text: what is written is read, and nothing else") {
  const DeviceRates rates = device(fast);
  const std::string text = text_of(rates);
  REQUIRE(device_rates(text));
  CHECK(text_of(*device_rates(text)) == text);
  CHECK(device_rates(text)->up_pinned == 2 * fast);
  REQUIRE(cpu_rates(text_of(cpu())));
  CHECK(cpu_rates(text_of(cpu()))->all.float64_units == 8e9);
  CHECK(!cpu_rates(text));
  CHECK(!device_rates(text + "more 1\n"));
  for (size_t length = 0; length < text.size(); ++length) CHECK(!device_rates(text.substr(0, length)));
  for (const char* number : {"0", "-1", "nan", "inf", "1e999", "", "x", "1 "}) {
    CAPTURE(number);
    std::string wrong = text;
    const size_t begin = wrong.find("launch_seconds ") + 15;
    wrong.replace(begin, wrong.find('\n', begin) - begin, number);
    CHECK(!device_rates(wrong));
  }
}
