// Every reduction and dtype on the CUDA simulator has the CPU's bits, at sizes around every boundary of the canonical
// order and of the kernels: vectors, lanes, rows, blocks, and as many blocks as take a second launch.
#include <doctest/doctest.h>

#include <future>

#include "support.hpp"
#include "tests/unit/device_under_test.hpp"

using namespace engine_test;

namespace {

template <class T>
std::vector<T> numbers_of(std::size_t count, std::uint64_t salt) {
  if constexpr (std::is_floating_point_v<T>) {
    std::vector<T> numbers = near_one<T>(count, salt);  // products of many keep their bits
    const T special[] = {T(0), T(-0.0), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()};
    if (salt % 4 == 0 && count > 0) numbers[salt % count] = special[salt / 4 % 4];
    return numbers;
  } else {
    std::mt19937_64 random(seed + salt);
    std::vector<T> numbers;
    for (std::size_t k = 0; k < count; ++k) numbers.push_back(static_cast<T>(random() >> (random() % 64)));
    return numbers;
  }
}

/// A tuple of them is one program, whose kernels are compiled together.
std::string reductions(const std::string& axis, bool has_elements) {
  std::vector<const char*> names = {"sum", "prod", "any", "all", "count_nonzero", "mean", "var"};
  if (has_elements) names.insert(names.end(), {"min", "max"});
  if (has_elements && !contains(axis, "(")) names.insert(names.end(), {"argmin", "argmax"});
  std::string text;
  for (const char* name : names) text += std::string(name) + "(a, axis=" + axis + "), ";
  return text;
}

bool same_element(const fv_view& a, const fv_view& b, std::int64_t k) {
  const auto at = [k](const fv_view& view, auto zero) {
    std::memcpy(&zero, static_cast<const char*>(view.data) + k * static_cast<std::int64_t>(sizeof zero), sizeof zero);
    return zero;
  };
  if (a.dtype == FV_FLOAT64) return same_bits(at(a, 0.0), at(b, 0.0));
  if (a.dtype == FV_FLOAT32) return same_bits(at(a, 0.0F), at(b, 0.0F));
  const int size = fv_dtype_size(a.dtype);
  return std::memcmp(static_cast<const char*>(a.data) + k * size, static_cast<const char*>(b.data) + k * size,
                     static_cast<std::size_t>(size)) == 0;
}

/// "" or what differs.
std::string difference(const fuseval::Session& session, const std::string& text, const fuseval::View& array) {
  const fuseval::Result expected = session.evaluate(text, {{"a", array}});
  const fuseval::Result found = session.evaluate(text, {{"a", array}}, on_device_under_test());
  for (std::size_t r = 0; r < expected.count(); ++r) {
    const fv_view one = expected[r].view().raw(), other = found[r].view().raw();
    if (one.dtype != other.dtype || expected[r].shape() != found[r].shape()) return "another dtype or shape";
    for (std::int64_t k = 0; k < count_of(expected[r].shape()); ++k)
      if (!same_element(one, other, k))
        return "result " + std::to_string(r) + ", element " + std::to_string(k) + " of " + text;
  }
  return "";
}

struct Case {
  Shape shape;
  const char* axis;
  Layout layout;
};

std::vector<Case> cases(std::int64_t itemsize) {
  const std::int64_t lanes = 512 / itemsize, block = 64 * lanes;
  std::vector<Case> list;
  for (const std::int64_t n : {std::int64_t{0},
                               std::int64_t{1},
                               std::int64_t{2},
                               std::int64_t{15},
                               std::int64_t{16},
                               std::int64_t{17},
                               std::int64_t{31},
                               std::int64_t{32},
                               std::int64_t{33},
                               std::int64_t{63},
                               std::int64_t{64},
                               std::int64_t{65},
                               lanes - 1,
                               lanes,
                               lanes + 1,
                               16 * lanes - 1,
                               16 * lanes + 1,
                               block - 1,
                               block,
                               block + 1,
                               2 * block + lanes + 1,
                               8 * block,
                               8 * block + 1})
    list.push_back({{n}, "None", n % 2 == 0 ? Layout::contiguous : Layout::unaligned});
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{16}, std::int64_t{17}, std::int64_t{33}, lanes + 1, block + 1}) {
    list.push_back({{3, n}, "1", Layout::contiguous});
    list.push_back({{n, 5}, "0", Layout::contiguous});
    list.push_back({{n, 64}, "0", Layout::unaligned});
  }
  list.push_back({{7, 40, 9}, "1", Layout::transposed});
  list.push_back({{7, 40, 9}, "0", Layout::strided});
  list.push_back({{7, 40, 9}, "(0, 2)", Layout::negative});
  list.push_back({{7, 40, 9}, "2", Layout::broadcast});
  return list;
}

/// The differences of a dtype.
template <class T>
std::vector<std::string> differences(const fuseval::Session& session) {
  std::vector<std::string> found;
  std::uint64_t salt = 0;
  for (const Case& one : cases(sizeof(T))) {
    const std::int64_t count = count_of(one.shape);
    const auto draw = numbers_of<T>(static_cast<std::size_t>(count), ++salt);
    const Array<T> array(draw, one.shape, count == 0 ? Layout::contiguous : one.layout);
    const std::string wrong = difference(session, reductions(one.axis, count > 0), array.view());
    if (!wrong.empty()) found.push_back(wrong + ", " + name_of(one.layout) + ", " + std::to_string(count));
  }
  return found;
}

}  // namespace

// GCC's ThreadSanitizer takes minutes for that many fibers; device_test.cpp runs under it.
#if defined(__SANITIZE_THREAD__)
constexpr bool too_slow = true;
#else
constexpr bool too_slow = false;
#endif

// The dtypes take turns on threads of their own, so that the kernels of all are compiled together.
TEST_CASE("reductions have the CPU's bits on the simulator" * doctest::skip(too_slow)) {
  const fuseval::Session session{fuseval::SessionOptions{}};
  std::vector<std::future<std::vector<std::string>>> running;
  const auto start = [&]<class... T>() {
    (running.push_back(std::async(std::launch::async, [&] { return differences<T>(session); })), ...);
  };
  start.operator()<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                   std::uint32_t, std::uint64_t, float, double>();
  for (auto& one : running)
    for (const std::string& wrong : one.get()) FAIL_CHECK(wrong);
  CHECK(session.counters().kernels_compiled > 100);
}
