// Times that an interpreter cannot resolve: a call of a compiled program, and the way from a new text to its first
// result; and the reading of a table, if one is named. Prints one JSON object: lists of samples in seconds, which
// run.py summarises. Arguments: batches, and the table's path.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <fuseval/fuseval.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
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

/// Three arrays of n elements, each `shift` bytes after a cache line's begin. A page less a line apart: where the
/// output lies a little after an input modulo 4096, processors take each load for a read of the latest stores, and
/// wait.
template <class T>
class Arrays {
 public:
  Arrays(int64_t n, size_t shift)
      : count_(n),
        apart_((static_cast<size_t>(n) * sizeof(T) + 128 + 4095) / 4096 * 4096 - 64),
        memory_(3 * apart_ + 4096),
        start_(memory_.data() + (4096 - reinterpret_cast<uintptr_t>(memory_.data()) % 4096) % 4096 + shift) {
    std::fill_n(array(0), n, T(1.5));
    std::fill_n(array(1), n, T(0.25));
  }
  T* array(size_t k) const { return reinterpret_cast<T*>(start_ + k * apart_); }
  fv_view view(size_t k) const {
    return {array(k), sizeof(T) == 4 ? FV_FLOAT32 : FV_FLOAT64, 1, &count_, nullptr, FV_DEVICE_CPU, 0, 0};
  }
  const fv_view* inputs() const { return inputs_; }
  const fv_view* output() const { return &output_; }

 private:
  int64_t count_;
  size_t apart_;
  std::vector<char> memory_;
  char* start_;
  fv_view inputs_[2] = {view(0), view(1)}, output_ = view(2);
};

const char* const names[] = {"a", "b"};

template <class T>
fv_program* compile(const std::string& text, const Arrays<T>& arrays) {
  fv_program* program = nullptr;
  fv_error* error = nullptr;
  check(fv_compile(nullptr, text.data(), text.size(), names, arrays.inputs(), 2, &program, &error), error);
  return program;
}

template <class T>
void run(const fv_program* program, const Arrays<T>& arrays) {
  fv_error* error = nullptr;
  check(fv_run(program, arrays.inputs(), 2, arrays.output(), 1, nullptr, nullptr, &error), error);
}

/// Seconds a call, one sample a batch.
template <class F>
std::vector<double> batches_of(int batches, F&& call) {
  const int per_batch = 5000;
  std::vector<double> samples;
  for (int batch = 0; batch <= batches; ++batch) {
    const auto begin = Clock::now();
    for (int k = 0; k < per_batch; ++k) call();
    if (batch > 0) samples.push_back(since(begin) / per_batch);  // the first one warms up
  }
  return samples;
}

template <class T>
std::vector<double> calls(const std::string& text, int64_t n, int batches, size_t shift = 0) {
  const Arrays<T> arrays(n, shift);
  fv_program* program = compile(text, arrays);
  auto samples = batches_of(batches, [&] { run(program, arrays); });
  fv_program_release(program);
  return samples;
}

/// The same call by the C++ header, of 10 elements: into an output of the caller's, or with a result that it owns.
std::vector<double> calls_into(int batches) {
  const std::vector<double> a(10, 1.5), b(10, 0.25);
  std::vector<double> out(10);
  const fuseval::Program program = fuseval::compile("2*a + 3*b", {{"a", a}, {"b", b}});
  return batches_of(batches, [&] { program.into(out)(a, b); });
}

std::vector<double> calls_with_results(int batches) {
  const std::vector<double> a(10, 1.5), b(10, 0.25);
  const fuseval::Program program = fuseval::compile("2*a + 3*b", {{"a", a}, {"b", b}});
  return batches_of(batches, [&] {
    if (program(a, b).data<double>()[9] != 3.75) std::abort();
  });
}

/// Seconds to read a file, all columns.
std::vector<double> readings(const char* path, int count) {
  std::vector<double> samples;
  for (int k = 0; k <= count; ++k) {
    const auto begin = Clock::now();
    const fuseval::DataFile file(path);
    if (k > 0) samples.push_back(since(begin));  // the first one warms up
  }
  return samples;
}

template <class T>
[[gnu::noinline]] void linear(T* c, const T* a, const T* b, int64_t n) {
  for (int64_t k = 0; k < n; ++k) c[k] = 2 * a[k] + 3 * b[k];
}

template <class T>
[[gnu::noinline]] void square(T* c, const T* a, const T* b, int64_t n) {
  for (int64_t k = 0; k < n; ++k) c[k] = a[k] * a[k] + b[k] * b[k] + 2 * a[k] * b[k];
}

/// The same for a bare C++ loop: what the machine needs for the arithmetic and the cache lines alone.
template <class T>
std::vector<double> bare_calls(void (*loop)(T*, const T*, const T*, int64_t), int64_t n, int batches) {
  const Arrays<T> arrays(n, 0);
  return batches_of(batches, [&] { loop(arrays.array(2), arrays.array(0), arrays.array(1), n); });
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
  Arrays<double> arrays(8, 0);
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
  const auto report = [](const char* name, const std::vector<double>& samples) {
    fmt::print("\"{}\": [{:.4e}], ", name, fmt::join(samples, ", "));
  };
  const char* const squares = "a**2 + b**2 + 2*a*b";
  fmt::print("{{");
  report("linear_single", calls<float>("2*a + 3*b", 1000, batches));
  report("linear_single_bare", bare_calls<float>(linear, 1000, batches));
  report("square_single", calls<float>(squares, 1000, batches));
  report("square_single_bare", bare_calls<float>(square, 1000, batches));
  report("linear_double", calls<double>("2*a + 3*b", 1000, batches));
  report("linear_double_bare", bare_calls<double>(linear, 1000, batches));
  report("square_double", calls<double>(squares, 1000, batches));
  report("square_double_bare", bare_calls<double>(square, 1000, batches));
  report("linear_shifted", calls<double>("2*a + 3*b", 1000, batches, 16));
  report("linear_10", calls<double>("2*a + 3*b", 10, batches));
  report("linear_10_into", calls_into(batches));
  report("linear_10_owned", calls_with_results(batches));
  if (argc > 2) report("table", readings(argv[2], batches / 4 + 1));
  const int64_t before = kernels_compiled();
  report("texts", first_results(5 * batches));
  // Fewer kernels than texts would mean that some text was answered from the cache.
  fmt::print("\"kernels\": {}}}\n", kernels_compiled() - before);
}
