// Times that an interpreter cannot resolve: a call of a compiled program, and the way from a new text to its first
// result. Prints one JSON object: lists of samples in seconds, which run.py summarises.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <fuseval/fuseval.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void check(fv_status status, fv_error* error) {
  if (status == FV_OK) return;
  fmt::print(stderr, "{}\n{}\n", fv_error_message(error), fv_error_caret(error));
  std::exit(1);
}

/// n doubles that start `shift` bytes after a cache line's begin.
class Buffer {
 public:
  Buffer(int64_t n, double value, size_t shift)
      : memory_(n + 16), data_(reinterpret_cast<double*>((address(memory_.data()) + 63) / 64 * 64 + shift)) {
    std::fill_n(data_, n, value);
  }
  double* data() const { return data_; }

 private:
  static uintptr_t address(const double* p) { return reinterpret_cast<uintptr_t>(p); }
  std::vector<double> memory_;
  double* data_;
};

struct Arrays {
  Arrays(int64_t n, size_t shift) : count(n), a(n, 1.5, shift), b(n, 0.25, shift), c(n, 0, shift) {
    inputs[0] = view_of(a);
    inputs[1] = view_of(b);
    output = view_of(c);
  }
  fv_view view_of(const Buffer& buffer) const {
    return {buffer.data(), FV_FLOAT64, 1, &count, nullptr, FV_DEVICE_CPU, 0, 0};
  }
  int64_t count;
  Buffer a, b, c;
  fv_view inputs[2], output;
};

const char* const names[] = {"a", "b"};

fv_program* compile(const std::string& text, const Arrays& arrays) {
  fv_program* program = nullptr;
  fv_error* error = nullptr;
  check(fv_compile(nullptr, text.data(), text.size(), names, arrays.inputs, 2, &program, &error), error);
  return program;
}

void run(const fv_program* program, const Arrays& arrays) {
  fv_error* error = nullptr;
  check(fv_run(program, arrays.inputs, 2, &arrays.output, 1, nullptr, nullptr, &error), error);
}

/// Seconds a call, one sample a batch.
std::vector<double> calls(const std::string& text, int64_t n, int batches, size_t shift = 0) {
  Arrays arrays(n, shift);
  fv_program* program = compile(text, arrays);
  const int per_batch = 5000;
  for (int k = 0; k < per_batch; ++k) run(program, arrays);
  std::vector<double> samples;
  for (int batch = 0; batch < batches; ++batch) {
    const auto begin = Clock::now();
    for (int k = 0; k < per_batch; ++k) run(program, arrays);
    samples.push_back(since(begin) / per_batch);
  }
  fv_program_release(program);
  return samples;
}

[[gnu::noinline]] void linear(double* c, const double* a, const double* b, int64_t n) {
  for (int64_t k = 0; k < n; ++k) c[k] = 2 * a[k] + 3 * b[k];
}

/// The same for the bare C++ loop: what the machine needs for the arithmetic and the cache lines alone.
std::vector<double> bare_calls(int64_t n, int batches) {
  Arrays arrays(n, 0);
  const int per_batch = 5000;
  std::vector<double> samples;
  for (int batch = 0; batch < batches; ++batch) {
    const auto begin = Clock::now();
    for (int k = 0; k < per_batch; ++k) linear(arrays.c.data(), arrays.a.data(), arrays.b.data(), n);
    samples.push_back(since(begin) / per_batch);
  }
  return samples;
}

/// A text of ten operations whose structure no other has: the cache keys on structure, not on names or constants.
std::string ten_operations(std::mt19937& random) {
  const char* const signs[] = {" + ", " - ", "*", "/"};
  std::string text = "a";
  for (int k = 0; k < 10; ++k) {
    text = "(" + text + signs[random() % 4] + names[random() % 2] + ")";
  }
  return text;
}

/// Seconds from a new text to its first result over eight elements, LLVM warm.
std::vector<double> first_results(int count) {
  Arrays arrays(8, 0);
  std::mt19937 random(1);
  std::vector<double> samples;
  for (int k = 0; k < count + 5; ++k) {
    const std::string text = ten_operations(random);
    const auto begin = Clock::now();
    fv_program* program = compile(text, arrays);
    run(program, arrays);
    if (k >= 5) samples.push_back(since(begin));
    fv_program_release(program);
  }
  return samples;
}

int64_t kernels_compiled() {
  fv_counters counters{};
  counters.struct_size = sizeof counters;
  fv_error* error = nullptr;
  check(fv_session_counters(nullptr, &counters, &error), error);
  return counters.kernels_compiled;
}

}  // namespace

int main(int argc, char** argv) {
  const int batches = argc > 1 ? std::atoi(argv[1]) : 40;
  const auto linear_samples = calls("2*a + 3*b", 1000, batches);
  const auto square = calls("a**2 + b**2 + 2*a*b", 1000, batches);
  const auto shifted = calls("2*a + 3*b", 1000, batches, 16);
  const auto bare = bare_calls(1000, batches);
  const auto small = calls("2*a + 3*b", 10, batches);
  const int64_t before = kernels_compiled();
  const auto texts = first_results(5 * batches);
  // Fewer kernels than texts would mean that some text was answered from the cache.
  fmt::print(R"({{"linear_1000": [{:.4e}], "square_1000": [{:.4e}], "bare_1000": [{:.4e}], "linear_10": [{:.4e}],)"
             R"( "shifted_1000": [{:.4e}], "texts": [{:.4e}], "kernels": {}}})"
             "\n",
             fmt::join(linear_samples, ", "), fmt::join(square, ", "), fmt::join(bare, ", "), fmt::join(small, ", "),
             fmt::join(shifted, ", "), fmt::join(texts, ", "), kernels_compiled() - before);
}
