// :time and :bench
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "tools/counted.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"

namespace fuseval::tools {
namespace {

using Clock = std::chrono::steady_clock;

double elapsed_seconds(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Four digits and a unit: "12.34 ms".
std::string duration_text(double seconds) {
  constexpr std::pair<double, const char*> units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}};
  const auto* unit = std::find_if(std::begin(units), std::end(units) - 1, [&](auto& u) { return seconds >= u.first; });
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %s", seconds / unit->first, unit->second);
  return text;
}

/// One evaluation, and where its time went.
std::string timed_line(Workspace& workspace, const Passage& passage) {
  const fv_counters before = workspace.session().counters();
  const auto start = Clock::now();
  const Value value = workspace.evaluate(passage);
  const double total = elapsed_seconds(start);
  const fv_counters after = workspace.session().counters();
  const double front = after.front_seconds - before.front_seconds;
  const double compile = after.compile_seconds - before.compile_seconds;
  return duration_text(total) + ": front " + duration_text(front) + ", compile " + duration_text(compile) + ", run " +
         duration_text(std::max(total - front - compile, 0.0));
}

/// What a run reads and writes at least, once each, and how many elements it is about.
struct Work {
  int64_t bytes = 0;
  int64_t elements = 1;

  void add(const View& view) {
    bytes += byte_count(view);
    elements = std::max(elements, element_count(view));
  }
};

/// Seconds of one run, smallest first.
std::vector<double> sample(const Program& program, const std::vector<View>& inputs, const RunOptions& options) {
  constexpr double enough = 1.0, worth_a_sample = 20e-6;
  const auto timed = [&](int64_t runs) {
    const auto start = Clock::now();
    for (int64_t k = 0; k < runs; ++k) program.run(inputs, options);
    return elapsed_seconds(start) / static_cast<double>(runs);
  };
  const double warm = timed(1);
  const auto runs = static_cast<int64_t>(std::max(worth_a_sample / std::max(warm, 1e-9), 1.0));
  std::vector<double> seconds;
  const auto start = Clock::now();
  do seconds.push_back(timed(runs));
  while (elapsed_seconds(start) < enough || seconds.size() < 3);
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

struct Measured {
  std::vector<double> seconds;
  Work work;
};

Measured measure(const Workspace& workspace, const std::string& text) {
  const Bindings bindings = workspace.bindings_for(text);
  const Program program = workspace.session().compile(text, bindings);
  const RunOptions options = workspace.run_options();
  Measured measured;
  std::vector<View> inputs;
  for (const Binding& binding : bindings.list()) {
    inputs.push_back(binding.view());
    measured.work.add(binding.view());
  }
  const Result result = program.run(inputs, options);
  for (size_t k = 0; k < result.count(); ++k) measured.work.add(result[k].view());
  measured.seconds = sample(program, inputs, options);
  return measured;
}

}  // namespace

void run_time(Workspace& workspace, const Passage& arguments) {
  if (arguments.is_empty()) throw ReplError(":time takes an expression");
  if (workspace.find(arguments.text())) throw ReplError("a name alone is not evaluated: there is nothing to measure");
  const std::string first = timed_line(workspace, arguments);
  const std::string again = timed_line(workspace, arguments);
  std::printf("first %s\nagain %s\n", first.c_str(), again.c_str());
}

void run_bench(Workspace& workspace, const Passage& arguments) {
  if (arguments.is_empty()) throw ReplError(":bench takes an expression");
  const Measured measured = about(arguments, [&] { return measure(workspace, arguments.in_place()); });
  const double median = measured.seconds[measured.seconds.size() / 2];
  const double nanoseconds = median * 1e9 / static_cast<double>(measured.work.elements);
  const double gigabytes = static_cast<double>(measured.work.bytes) * 1e-9 / median;
  std::printf("median %s, min %s of %s; %.4g ns/element of %lld, %.3g GB/s\n", duration_text(median).c_str(),
              duration_text(measured.seconds.front()).c_str(), counted(measured.seconds.size(), "sample").c_str(),
              nanoseconds, static_cast<long long>(measured.work.elements), gigabytes);
}

}  // namespace fuseval::tools
