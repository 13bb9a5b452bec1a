// Operations that are more than an instruction or two (the elementary functions, division and its kin, steps between
// floats), over many points: code for AVX2 and for AVX-512 gives the bits of the host emitter. The points are those
// that tests/numerics judges against MPFR: uniform in bit patterns, where the function does something, and hard ones.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

#include "harness.hpp"
#include "tests/numerics/samples.hpp"

namespace fuseval::test {
namespace {

constexpr int least_cost = 3;
constexpr int64_t least_points = 200'000;

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

template <class T>
std::vector<numerics::Point<T>> points_of(const OpInfo& op, uint64_t seed) {
  const std::string function = op.op == Op::power ? "pow" : std::string(op.name);
  numerics::Sampler<T> random(seed);
  auto points = numerics::known_hard<T>(function);
  const auto count = static_cast<size_t>(least_points) * setting("FUSEVAL_SAMPLES", 1);
  while (points.size() < count) {
    points.push_back({random.bits(), random.bits()});
    // A function of one argument leaves the second one to chance.
    for (int k = 0; k < 2; ++k)
      points.push_back(op.arity == 1 ? numerics::Point<T>{numerics::interesting(function, random), T{}}
                                     : numerics::interesting_pair(function, random));
  }
  return points;
}

template <class T>
void load(NestBuilder& builder, std::vector<uint32_t>& arguments, const std::vector<numerics::Point<T>>& points,
          DType dtype, int arity) {
  for (int k = 0; k < arity; ++k) {
    arguments.push_back(builder.load(dtype, {1}));
    char* memory = builder.memory(arguments.back());
    for (size_t n = 0; n < points.size(); ++n) {
      const T value = k == 0 ? points[n].x : points[n].y;
      std::memcpy(memory + n * sizeof(T), &value, sizeof(T));
    }
  }
}

// "x = 0x1.8p+3, y = …: 3ff0… and not 3ff1…" of the first point whose results differ; "" when none do.
template <class T>
std::string first_difference(const std::vector<numerics::Point<T>>& points, const std::string& expected,
                             const std::string& got) {
  const size_t size = expected.size() / points.size();
  for (size_t n = 0; n < points.size(); ++n) {
    if (expected.compare(n * size, size, got, n * size, size) == 0) continue;
    uint64_t bits[2] = {0, 0};
    std::memcpy(&bits[0], got.data() + n * size, size);
    std::memcpy(&bits[1], expected.data() + n * size, size);
    char text[160];
    std::snprintf(text, sizeof text, "x = %a, y = %a: %llx and not %llx", static_cast<double>(points[n].x),
                  static_cast<double>(points[n].y), static_cast<unsigned long long>(bits[0]),
                  static_cast<unsigned long long>(bits[1]));
    return text;
  }
  return "";
}

std::vector<RunOptions> targets() {
  std::vector<RunOptions> result(has_avx512() ? 2 : 1);
  result[0].target.cpu = "x86-64-v3";
  if (result.size() > 1) result[1].target.vector_bits = 512;
  return result;
}

template <class T>
void check(const OpInfo& op, DType dtype, uint64_t seed) {
  const auto points = points_of<T>(op, seed);
  REQUIRE(static_cast<int64_t>(points.size()) >= least_points);
  NestBuilder builder({static_cast<int64_t>(points.size())});
  std::vector<uint32_t> arguments;
  load(builder, arguments, points, dtype, op.arity);
  builder.store(builder.op(op.op, arguments), {1});
  const std::string expected = run_interpreted(builder);
  for (const RunOptions& options : targets()) {
    INFO(std::string(op.name), " ", std::string(name_of(dtype)), " ", options.target.cpu, " seed ", seed);
    CHECK(first_difference(points, expected, run_compiled(builder, options)) == "");
  }
}

bool takes_floats(const OpInfo& op) {
  return op.op != Op::ldexp && op.domain != Domain::integer && op.domain != Domain::integer_or_bool &&
         op.domain != Domain::truth;
}

}  // namespace

TEST_CASE("functions of floats give the host's bits in AVX2 and in AVX-512") {
  const uint64_t seed = setting("FUSEVAL_SEED", 20261121);
  int functions = 0;
  for (const OpInfo& op : all_ops()) {
    if (!takes_floats(op) || op.cost < least_cost) continue;
    check<float>(op, DType::float32, seed);
    check<double>(op, DType::float64, seed);
    ++functions;
  }
  CHECK(functions == 22);
}

}  // namespace fuseval::test
