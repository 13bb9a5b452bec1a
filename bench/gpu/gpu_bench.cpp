// What device="cuda" reaches, against a device-to-device copy of the same run. Prints a JSON object a line:
// {"kind": "bandwidth" | "latency" | "compile" | "streaming", …}; report.py makes the record of docs/gpu.md of them.
// Arguments: bytes of the largest arrays, rounds, a device ("cuda").
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <fuseval/fuseval.hpp>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Shape = std::vector<std::int64_t>;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Settings {
  std::int64_t bytes;  ///< of an array
  int rounds;
  const char* device;
};

/// Seconds that a call's work takes on the device, many of them in its queue.
double seconds_of(const fuseval::Session& session, const Settings& settings, const std::function<void()>& call) {
  call();
  session.synchronize(settings.device);
  for (int count = 1;; count *= 4) {
    const auto begin = Clock::now();
    for (int k = 0; k < count; ++k) call();
    session.synchronize(settings.device);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (seconds > 0.02 || count > 4096) return seconds / count;
  }
}

/// A program over arrays a and b on the device into another there.
struct Case {
  const char* text;
  fuseval::DType dtype;
  Shape shape;   ///< of a and b
  Shape result;  ///< of the result
  double moved;  ///< arrays of that shape that are read and written
};

std::vector<Case> cases(std::int64_t bytes) {
  const auto f64 = fuseval::DType::float64, f32 = fuseval::DType::float32;
  std::vector<Case> all;
  for (const auto dtype : {f64, f32}) {
    const std::int64_t n = bytes / (dtype == f64 ? 8 : 4), columns = 4096, rows = n / columns;
    const Shape flat = {n}, plane = {rows, columns};
    all.push_back({"2*a + 3*b", dtype, flat, flat, 3});
    all.push_back({"a**2 + b**2 + 2*a*b", dtype, flat, flat, 3});
    all.push_back({"sin(a)**2 + cos(b)**2", dtype, flat, flat, 3});
    all.push_back({"a[1:-1, 1:-1]*-4 + a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]",
                   dtype,
                   plane,
                   {rows - 2, columns - 2},
                   2});
    all.push_back({"sum(a)", dtype, flat, {}, 1});
    all.push_back({"sum(a*b)", dtype, flat, {}, 2});
    all.push_back({"mean(a)", dtype, flat, {}, 1});
    all.push_back({"var(a)", dtype, flat, {}, 1});
    all.push_back({"sum(a, axis=0)", dtype, plane, {columns}, 1});
    all.push_back({"sum(a, axis=1)", dtype, plane, {rows}, 1});
    all.push_back({"sum(a*b, axis=0)", dtype, plane, {columns}, 2});
    all.push_back({"var(a, axis=0)", dtype, plane, {columns}, 1});
    all.push_back({"var(a, axis=1)", dtype, plane, {rows}, 1});
    all.push_back({"argmax(a)", dtype, flat, {}, 1});
    all.push_back({"a - mean(a, axis=1, keepdims=True)", dtype, plane, plane, 2});
    all.push_back(
        {"exp(a - max(a, axis=1, keepdims=True)) / "
         "sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, keepdims=True)",
         dtype, plane, plane, 2});
  }
  for (const auto dtype : {f64, f32}) {
    std::int64_t side = 64;  // of a square, for the transposed operand
    while (4 * side * side * (dtype == f64 ? 8 : 4) <= bytes) side *= 2;
    all.push_back({"a + b.T", dtype, {side, side}, {side, side}, 3});
  }
  return all;
}

class Arrays {
 public:
  Arrays(const fuseval::Session& session, const Settings& settings, const Case& one)
      : a(session.empty(one.shape, one.dtype, settings.device)),
        b(session.empty(one.shape, one.dtype, settings.device)) {
    fuseval::RunOptions options;
    options.device = settings.device;
    fill(session, options, a, 0.5);
    fill(session, options, b, 0.25);
  }
  fuseval::Array a, b;

 private:
  // By rows, so that no program needs more than arange along an axis.
  static void fill(const fuseval::Session& session, const fuseval::RunOptions& options, const fuseval::Array& array,
                   double offset) {
    const std::int64_t columns = array.shape().back();
    fuseval::RunOptions casting = options;
    casting.casting = fuseval::Casting::unsafe;
    session.evaluate(fmt::format("(arange({}) % 1000)*0.001 + k", columns), {{"k", offset}},
                     fuseval::into(array.view()), casting);
  }
};

bool uses_b(const fuseval::Session& session, const char* text) {
  const auto free = session.free_names(text);
  return std::any_of(free.begin(), free.end(), [](const fuseval::FreeName& one) { return one.name == "b"; });
}

void bandwidth(const fuseval::Session& session, const Settings& settings, const Case& one) {
  const Arrays arrays(session, settings, one);
  const auto dtype = std::string(one.text).rfind("argmax", 0) == 0 ? fuseval::DType::int64 : one.dtype;
  const fuseval::Array result = session.empty(one.result, dtype, settings.device);
  const fuseval::Bindings all = {{"a", arrays.a}, {"b", arrays.b}};
  const bool takes_two = uses_b(session, one.text);
  const auto program = takes_two ? session.compile(one.text, all) : session.compile(one.text, {{"a", arrays.a}});
  const auto run = [&] {
    if (takes_two)
      program.run(all, fuseval::into(result.view()));
    else
      program.run({{"a", arrays.a}}, fuseval::into(result.view()));
  };
  const fuseval::View from = arrays.a.view(), to = arrays.b.view();
  std::vector<double> seconds, copies;
  for (int round = 0; round < settings.rounds; ++round) {
    copies.push_back(seconds_of(session, settings, [&] { session.copy(from, to); }));
    seconds.push_back(seconds_of(session, settings, run));
  }
  const double array_bytes = static_cast<double>(arrays.a.size()) * fv_dtype_size(static_cast<int>(one.dtype));
  const double copied = 2 * array_bytes / median(copies), moved = one.moved * array_bytes / median(seconds);
  fmt::print(
      R"({{"kind": "bandwidth", "text": "{}", "dtype": "{}", "bytes": {:.0f}, "seconds": {:.9f}, "gbs": {:.6g}, "copy_gbs": {:.6g}}})"
      "\n",
      one.text, fuseval::name_of(one.dtype), one.moved * array_bytes, median(seconds), moved / 1e9, copied / 1e9);
  std::fflush(stdout);
}

/// How long the caller is busy with a call that only puts work into the queue.
void latency(const fuseval::Session& session, const Settings& settings) {
  const fuseval::Array a = session.to_device(std::vector<double>(1000, 1.5), settings.device),
                       b = session.to_device(std::vector<double>(1000, 0.25), settings.device),
                       out = session.to_device(std::vector<double>(1000, 0.0), settings.device);
  for (const char* text : {"2*a + 3*b", "a**2 + b**2 + 2*a*b"}) {
    const auto program = session.compile(text, {{"a", a}, {"b", b}});
    const fuseval::View views[] = {a.view(), b.view(), out.view()};
    const fv_view inputs[] = {views[0].raw(), views[1].raw()}, output = views[2].raw();
    std::vector<double> busy;
    for (int round = 0; round < 20 * settings.rounds; ++round) {
      session.synchronize(settings.device);
      constexpr int count = 200;  // the driver's own queue holds about a thousand
      const auto begin = Clock::now();
      for (int k = 0; k < count; ++k)
        if (fv_run(program.handle(), inputs, 2, &output, 1, nullptr, nullptr, nullptr) != FV_OK) std::exit(1);
      busy.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / count);
    }
    fmt::print(R"({{"kind": "latency", "text": "{}", "seconds": {:.9f}}})"
               "\n",
               text, median(busy));
  }
}

/// NVRTC for a kernel of ten operations and for reductions, and the same from the cache on disk.
void compiling(const Settings& settings) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("fuseval-bench-{}", getpid());
  setenv("FUSEVAL_CACHE_DIR", folder.c_str(), 1);
  const char* const texts[] = {"((a + b)*a - b)*(a - 2)/(b + 3)*(a*b + 1) - a*a",
                               "sum(a)",
                               "sum(a, axis=0)",
                               "sum(a.reshape(50, 20), axis=1)",
                               "var(a)",
                               "exp(a)*sin(b)"};
  for (const char* text : texts) {
    std::vector<double> seconds;
    for (int pass = 0; pass < 2; ++pass) {
      const fuseval::Session session{fuseval::SessionOptions{}};
      const fuseval::Array a = session.to_device(std::vector<double>(1000, 1.5), settings.device);
      const auto begin = session.counters().compile_seconds;
      uses_b(session, text) ? session.evaluate(text, {{"a", a}, {"b", a}}) : session.evaluate(text, {{"a", a}});
      seconds.push_back(session.counters().compile_seconds - begin);
    }
    fmt::print(R"({{"kind": "compile", "text": "{}", "seconds": {:.6f}, "from_disk": {:.6f}}})"
               "\n",
               text, seconds[0], seconds[1]);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  unsetenv("FUSEVAL_CACHE_DIR");
}

/// Arrays in the host's pinned memory through the device, against the copies alone.
void streaming(const fuseval::Session& session, const Settings& settings) {
  const std::int64_t n = settings.bytes / 8;
  const auto pinned = [&] { return session.empty({n}, fuseval::DType::float64, settings.device, true); };
  const fuseval::Array a = pinned(), b = pinned(), out = pinned();
  std::fill_n(static_cast<double*>(a.view().raw().data), n, 1.5);
  std::fill_n(static_cast<double*>(b.view().raw().data), n, 0.25);
  const fuseval::Array there = session.empty({n}, fuseval::DType::float64, settings.device);
  const fuseval::View host = a.view(), device = there.view(), target = out.view();
  fuseval::RunOptions options;
  options.device = settings.device;
  const auto once = [&](const std::function<void()>& call) {
    call();
    std::vector<double> seconds;
    for (int round = 0; round < settings.rounds; ++round) {
      const auto begin = Clock::now();
      call();
      seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return median(seconds);
  };
  const double bytes = static_cast<double>(n) * 8;
  const double up = once([&] { session.copy(host, device); }), down = once([&] { session.copy(device, target); });
  const double map = once([&] { session.evaluate("2*a + 1", {{"a", a}}, fuseval::into(target), options); });
  const double sum = once([&] { session.evaluate("sum(a*b)", {{"a", a}, {"b", b}}, options); });
  const auto print = [&](const char* text, double gigabytes) {
    fmt::print(R"x({{"kind": "streaming", "text": "{}", "gbs": {:.6g}, "up_gbs": {:.6g}, "down_gbs": {:.6g}}})x"
               "\n",
               text, gigabytes, bytes / up / 1e9, bytes / down / 1e9);
  };
  print("2*a + 1", bytes / map / 1e9);
  print("sum(a*b)", 2 * bytes / sum / 1e9);
}

}  // namespace

int main(int argc, char** argv) try {
  const Settings settings{argc > 1 ? std::atoll(argv[1]) : int64_t{1} << 30, argc > 2 ? std::atoi(argv[2]) : 7,
                          argc > 3 ? argv[3] : "cuda"};
  compiling(settings);
  const fuseval::Session session{fuseval::SessionOptions{}};
  latency(session, settings);
  for (const Case& one : cases(settings.bytes)) bandwidth(session, settings, one);
  streaming(session, settings);
  return 0;
} catch (const fuseval::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
