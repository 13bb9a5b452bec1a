#include "tools/commands.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "fuseval/fuseval.hpp"
#include "tools/json_text.hpp"
#include "tools/numpy_text.hpp"
#include "tools/operand.hpp"
#include "tools/progress.hpp"

namespace fuseval::tools {
namespace {

using Clock = std::chrono::steady_clock;

struct Seconds {
  double load = 0;
  double compile = 0;
  double run = 0;
};

/// Seconds since the last call, or since it was made.
class Stopwatch {
 public:
  double lap() {
    const Clock::time_point now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  Clock::time_point last_ = Clock::now();
};

std::vector<Operand> load_operands(const std::vector<std::string>& arguments) {
  std::vector<Operand> operands;
  for (const std::string& argument : arguments) {
    const BusyNotice notice("reading " + argument);
    operands.push_back(parse_operand(argument));
    for (size_t k = 0; k + 1 < operands.size(); ++k)
      if (operands[k].name == operands.back().name)
        throw UsageError("argument '" + argument + "': '" + operands[k].name + "' is bound twice");
  }
  return operands;
}

Bindings bindings_of(const std::vector<Operand>& operands) {
  Bindings bindings;
  for (const Operand& operand : operands) bindings.add(operand.name, operand.view);
  return bindings;
}

Session session_for(const Arguments& arguments) {
  if (arguments.threads == 0) return Session::shared();
  SessionOptions options;
  options.threads = arguments.threads;
  return Session(options);
}

std::vector<Array> arrays_of(const Result& result) {
  std::vector<Array> arrays;
  for (size_t k = 0; k < result.count(); ++k) arrays.push_back(result[k]);
  return arrays;
}

// --out-dtype casts as astype does.
RunOptions run_options(const Arguments& arguments) {
  RunOptions options;
  if (!arguments.device.empty()) options.device = arguments.device.c_str();
  if (!arguments.out_dtype.empty()) {
    options.result_dtype = arguments.out_dtype.c_str();
    options.casting = Casting::unsafe;
  }
  return options;
}

Result evaluate(const Session& session, const Arguments& arguments, const std::vector<Operand>& operands) {
  ProgressBar bar;
  RunOptions options = run_options(arguments);
  options.progress = bar.callback();
  return session.evaluate(arguments.text, bindings_of(operands), options);
}

void write_files(const std::vector<Array>& arrays, const std::vector<std::string>& files) {
  if (files.empty()) return;
  if (files.size() != arrays.size())
    throw UsageError("-o: the expression has " + std::to_string(arrays.size()) + " results, but " +
                     std::to_string(files.size()) + " files are named");
  for (size_t k = 0; k < files.size(); ++k) {
    const BusyNotice notice("writing " + files[k]);
    save(files[k], arrays[k]);
  }
}

void draw(const std::vector<Array>& arrays, const Arguments& arguments) {
  if (arguments.plot_file.empty()) return;
  std::vector<View> views;
  for (const Array& array : arrays) views.push_back(array.view());
  PictureOptions options = arguments.picture;
  options.labels = result_labels(arguments.text, arrays.size());
  if (options.title.empty()) options.title = arguments.text;
  if (arguments.plot_file == "-")
    print_picture(stdout, views, options);
  else
    write_picture(arguments.plot_file, views, options);
}

void print_json(const std::vector<Array>& arrays, const Arguments& arguments, const Seconds& seconds,
                const std::string& plan) {
  using nlohmann::ordered_json;
  std::fputs("{\"results\":[", stdout);
  for (size_t k = 0; k < arrays.size(); ++k) {
    if (k > 0) std::fputs(",", stdout);
    if (arguments.out_files.empty())
      write_json_array(stdout, arrays[k]);
    else
      std::fputs(
          json_text(
              {{"dtype", name_of(arrays[k].dtype())}, {"shape", arrays[k].shape()}, {"file", arguments.out_files[k]}})
              .c_str(),
          stdout);
  }
  ordered_json rest{{"seconds", {{"load", seconds.load}, {"compile", seconds.compile}, {"run", seconds.run}}}};
  if (arguments.explain) rest["plan"] = plan;
  std::printf("],%s\n", json_text(rest).c_str() + 1);  // the document's own bracket is open already
}

void print_text(const std::vector<Array>& arrays, const Arguments& arguments, const Seconds& seconds,
                const std::string& plan) {
  if (arguments.explain) std::fputs(plan.c_str(), stderr);
  if (arguments.out_files.empty() && arguments.plot_file.empty())
    for (const Array& array : arrays) std::printf("%s\n", numpy_text(array.view().raw()).c_str());
  if (arguments.time)
    std::fprintf(stderr, "load %.6f s, compile %.6f s, run %.6f s\n", seconds.load, seconds.compile, seconds.run);
}

}  // namespace

void run_eval(const Arguments& arguments) {
  if (!arguments.plot_file.empty() && arguments.plot_file != "-")
    check_picture_file(arguments.plot_file, arguments.picture);
  Seconds seconds;
  Stopwatch stopwatch;
  const std::vector<Operand> operands = load_operands(arguments.bindings);
  seconds.load = stopwatch.lap();
  const Session session = session_for(arguments);
  const Result result = evaluate(session, arguments, operands);
  const fv_counters counters = session.counters();
  seconds.compile = counters.front_seconds + counters.compile_seconds;
  seconds.run = stopwatch.lap() - seconds.compile;
  const std::vector<Array> arrays = arrays_of(result);

  write_files(arrays, arguments.out_files);
  draw(arrays, arguments);
  const std::string plan = arguments.explain ? session.explain(arguments.text, bindings_of(operands)) : "";
  arguments.json ? print_json(arrays, arguments, seconds, plan) : print_text(arrays, arguments, seconds, plan);
}

void run_explain(const Arguments& arguments) {
  const std::vector<Operand> operands = load_operands(arguments.bindings);
  const std::string text =
      session_for(arguments).explain(arguments.text, bindings_of(operands), arguments.stage.c_str());
  std::fputs(text.c_str(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
}

void run_info() { std::fputs(info().c_str(), stdout); }

}  // namespace fuseval::tools
