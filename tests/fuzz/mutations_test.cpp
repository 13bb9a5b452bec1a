// Texts at random end in a plan or in a diagnostic whose place lies in them. Ten seconds, or FUSEVAL_FUZZ_SECONDS; the
// seed is printed, and FUSEVAL_FUZZ_SEED repeats it. A shorter run has a fresh seed: that of FUSEVAL_FRESH_SEED, which
// ./dev test sets, or a random one.
#include "mutations.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <random>

#include "front_end.hpp"
#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::fuzz;

namespace {

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* wish = std::getenv(name);
  return wish == nullptr ? otherwise : std::strtoull(wish, nullptr, 10);
}

// Valid programs over frontend::testing::standard_inputs, and some that the parser alone takes.
std::vector<std::string> programs() {
  std::vector<std::string> texts = {
      "a + b*i**2 - u//3 % 7",
      "where(a > 0, sqrt(a), -a).sum(axis=(0, -1), keepdims=True)",
      "t[:, ::-1, 1:] + t[0, :, :1] - 4*a[..., None, 0]",
      "x if not 0 < a <= 1e-3 and m or q else 0x1F",
      "(i & ~u | m ^ 3) << 2 >> k",
      "a - mean(a, axis=1, keepdims=True), var(a, ddof=1), a.T",
      "exp(-(a - b)**2 / (2*x)).reshape(3, 2).T[::-1].sum(axis=0)",
      "select([m, a > 1], [a, b], default=nan)",
      "clip(a, 0, None) + nan_to_num(a, nan=1.0) + round(a, 2)",
      "broadcast_to(b[None], (4, 3)) @ b",
      "arange(2, 20, k) // linspace(0, 1, 6)",
      "max(a, axis=0, initial=0.5, where=m), argmin(a, axis=1), ptp(i)",
      "np.transpose(t, (2, 0, 1)).swapaxes(0, -1).squeeze(axis=1)",
      "full_like(a, 7, dtype=int32) + eye(2, 3) + tri(2, 3, -1)",
      "any(m) + all(z > 0) - count_nonzero(u, axis=0) * a.size ** 0.5",
      "divmod(i, 4), dot(b, I), float32(a).astype('int16')",
      "i ** u[0] + a ** -1 + b ** k",
      "a/10**40 + (i < 2**4000 - 7**900) * (2**2048 // 3**500 % 1_000) - 0xffffffffffffffffffffff / 5e-324",
      "full(2, -(1 << 70) >> 65 & 99 ^ ~8, dtype=int8) + clip(i, -10**30, 10**30)[:10**20]",
      "\n  # note\n  a, \\\n b.T.real, np.sin(s)\n",
      "for i in range(10):\n\ta[i] += 1\n\tif i: break\nreturn a",
      "'str\\x41\\n' r\"raw\" '''three\nlines'''",
      "((((((((((-(-(-(2**2**2**a))))))))))))",
  };
  for (const std::string_view function : frontend::function_names())
    for (const char* arguments : {"(a)", "(a, b)", "(i, axis=0)", "(a, 1, 2)", "(m, a, u)", "((2, 3))"})
      texts.push_back(std::string(function) + arguments);
  return texts;
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& input : frontend::testing::standard_inputs())
    for (int k = 0; k < 8; ++k) result.push_back(input.name);
  for (const std::string_view name : frontend::function_names()) result.emplace_back(name);
  return result;
}

struct Tally {
  uint64_t texts = 0, planned = 0, bound = 0;
};

// So low that texts of a line reach them, in every stage that counts.
constexpr frontend::Limits tight = {.text_bytes = 60, .depth = 4, .nodes = 25, .operands = 2};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

using Source = std::string (Mutator::*)();

/// `time`: of the processor, so that as many texts come about on a busy machine.
Tally run(Source source, uint64_t seed, std::chrono::duration<double> time) {
  const auto inputs = frontend::testing::standard_inputs();
  const double end = processor_seconds() + time.count();
  Mutator mutator(seed, programs(), names());
  Watchdog watchdog;
  Tally tally;
  for (int faults = 0; faults < 10 && processor_seconds() < end; ++tally.texts) {
    const std::string text = (mutator.*source)();
    watchdog.watch(text);
    const Answer answer = answer_to(text, inputs, tally.texts % 4 == 0 ? tight : frontend::Limits{});
    tally.planned += answer.stage == Stage::planned;
    tally.bound += answer.stage != Stage::rejected_by_parser;
    if (answer.fault.empty()) continue;
    ++faults;
    CAPTURE(tally.texts);
    CAPTURE(text);
    FAIL_CHECK(answer.fault);
  }
  MESSAGE("seed ", seed, ": ", tally.texts, " texts, ", tally.bound, " parsed, ", tally.planned, " planned");
  return tally;
}

}  // namespace

TEST_CASE("the programs to begin with are programs") {
  const auto inputs = frontend::testing::standard_inputs();
  size_t planned = 0;
  for (const std::string& text : programs()) {
    CAPTURE(text);
    const Answer answer = answer_to(text, inputs);
    CHECK(answer.fault == "");
    planned += answer.stage == Stage::planned;
  }
  CHECK(planned > 150);
}

TEST_CASE("texts mutated by a fresh seed end in a plan or in a diagnostic") {
  const uint64_t seed = setting("FUSEVAL_FRESH_SEED", std::random_device{}());
  for (const Source source : {&Mutator::tokens, &Mutator::bytes, &Mutator::noise})
    CHECK(run(source, seed, std::chrono::milliseconds(500)).texts > 0);
}

TEST_CASE("mutated texts end in a plan or in a diagnostic") {
  const uint64_t seed = setting("FUSEVAL_FUZZ_SEED", 20261121);
  const std::chrono::duration<double> third(static_cast<double>(setting("FUSEVAL_FUZZ_SECONDS", 10)) / 3);
  const Tally tokens = run(&Mutator::tokens, seed, third);
  CHECK(tokens.planned > tokens.texts / 20);  // the later stages see texts too
  CHECK(tokens.planned < tokens.texts / 2);
  const Tally bytes = run(&Mutator::bytes, seed, third);
  CHECK(bytes.planned > bytes.texts / 50);
  const Tally noise = run(&Mutator::noise, seed, third);
  CHECK(noise.texts > 0);
}
