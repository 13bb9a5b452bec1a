#include "tools/commands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "fuseval/fuseval.hpp"
#include "tools/diagnostics.hpp"
#include "tools/json_text.hpp"
#include "tools/numpy_text.hpp"
#include "tools/operand.hpp"
#include "tools/progress.hpp"
#include "tools/shown_elements.hpp"
#include "tools/stages.hpp"

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

std::vector<Operand> load_operands(const std::vector<std::string>& arguments, const World* world = nullptr) {
  std::vector<Operand> operands;
  for (const std::string& argument : arguments) {
    const BusyNotice notice("reading " + argument);
    operands.push_back(parse_operand(argument, world));
    for (size_t k = 0; k + 1 < operands.size(); ++k)
      if (operands[k].name == operands.back().name)
        throw UsageError("argument '" + argument + "': '" + operands[k].name + "' is bound twice");
  }
  return operands;
}

Session session_for(const Arguments& arguments, const World* world = nullptr) {
  SessionOptions options;
  options.threads = arguments.threads;
  options.memory_limit = arguments.memory;
  const bool has_default = std::getenv("FUSEVAL_THREADS") != nullptr;
  if (options.threads == 0 && world != nullptr && !has_default) options.threads = world->threads();
  return options.threads == 0 && options.memory_limit == 0 ? Session::shared() : Session(options);
}

/// Whether this rank is the one that prints.
bool is_first(const World* world) { return world == nullptr || world->rank() == 0; }

/// A result: an array, or this rank's part of one, of which the first rank then has what it shows.
struct Value {
  DType dtype = DType::float64;
  std::vector<std::int64_t> shape;
  std::optional<DistributedArray> parts;
  std::optional<Array> array;
};

std::vector<Value> values_of(const Session& session, const Result& result, const Arguments& arguments,
                             const World* world) {
  const bool is_whole = !arguments.plot_file.empty() || (arguments.json && arguments.out_files.empty());
  const auto shown_of = [&](const DistributedArray& parts) -> std::optional<Array> {
    if (is_whole) return session.gather(parts, 0);
    return arguments.out_files.empty() ? gather_shown(session, parts) : std::nullopt;
  };
  std::vector<Value> values(result.count());
  for (size_t k = 0; k < values.size(); ++k) {
    Value& value = values[k];
    value.array = result[k];
    value.dtype = value.array->dtype();
    value.shape = value.array->shape();
    if (world == nullptr || result.distribution(k).is_replicated()) continue;
    value.parts = DistributedArray(result, k);
    value.shape = value.parts->shape();
    value.array = shown_of(*value.parts);
  }
  return values;
}

// --out-dtype casts as astype does.
RunOptions run_options(const Arguments& arguments) {
  RunOptions options;
  options.time_limit = static_cast<int64_t>(arguments.timeout * 1e3);
  if (!arguments.device.empty()) options.device = arguments.device.c_str();
  if (!arguments.out_dtype.empty()) {
    options.result_dtype = arguments.out_dtype.c_str();
    options.casting = Casting::unsafe;
  }
  return options;
}

Result evaluate(const Session& session, const Arguments& arguments, const std::vector<Operand>& operands,
                const World* world) {
  ProgressBar bar;
  RunOptions options = run_options(arguments);
  options.world = world;
  options.progress = bar.callback();
  return session.evaluate(arguments.text, bindings_of(operands), options);
}

/// An array that every rank has all of.
DistributedArray replicated(const Array& array, const World& world) {
  return DistributedArray(array.view(), Distribution(world, array.shape(), -1));
}

void write_files(const std::vector<Value>& values, const std::vector<std::string>& files, const World* world) {
  if (files.empty()) return;
  if (files.size() != values.size())
    throw UsageError("-o: the expression has " + std::to_string(values.size()) + " results, but " +
                     std::to_string(files.size()) + " files are named");
  for (size_t k = 0; k < files.size(); ++k) {
    const BusyNotice notice("writing " + files[k]);
    if (world == nullptr)
      save(files[k], *values[k].array);
    else
      save(files[k], values[k].parts ? *values[k].parts : replicated(*values[k].array, *world));
  }
}

/// Before anything is evaluated: that each result has a file of its own, which can be written.
void check_outputs(const Arguments& arguments, const World* world) {
  std::vector<std::string> files = arguments.out_files;
  if (world == nullptr && std::any_of(files.begin(), files.end(), is_hdf5))
    throw UsageError("-o: a file of HDF5 is written with --distributed");
  if (!arguments.plot_file.empty() && arguments.plot_file != "-") {
    check_picture_file(arguments.plot_file, arguments.plot.picture);
    files.push_back(arguments.plot_file);
  }
  try {
    check_files(files);
  } catch (const Error& error) {
    if (error.code() == FV_ERROR_ARGUMENT) throw UsageError("-o: " + error.message());
    throw;
  }
}

/// The value of --plot-x or --plot-y, whole on the first rank.
std::optional<Value> coordinates(const Session& session, const std::string& text, const char* option,
                                 const Arguments& arguments, const std::vector<Operand>& operands, const World* world) {
  if (text.empty()) return std::nullopt;
  Arguments own = arguments;
  own.text = text;
  own.out_dtype.clear();
  const Result result = evaluate(session, own, operands, world);
  if (result.count() != 1)
    throw UsageError(std::string(option) + " has one result, not " + std::to_string(result.count()));
  std::vector<Value> values = values_of(session, result, own, world);
  return std::move(values[0]);
}

struct Coordinates {
  std::optional<Value> x, y;
};

void draw(const std::vector<Value>& values, const Coordinates& coordinates, const Arguments& arguments) {
  if (arguments.plot_file.empty()) return;
  Plotted views;
  for (const Value& value : values) views.arrays.push_back(value.array->view());
  if (coordinates.x) views.x = coordinates.x->array->view();
  if (coordinates.y) views.y = coordinates.y->array->view();
  PictureOptions options = with_axis_labels(arguments.plot.picture, arguments.plot.x, arguments.plot.y);
  options.labels = result_labels(arguments.text, values.size());
  if (options.title.empty()) options.title = arguments.text;
  if (arguments.plot_file == "-")
    print_picture(stdout, views, options);
  else
    write_picture(arguments.plot_file, views, options);
}

void print_json(const std::vector<Value>& values, const Arguments& arguments, const Seconds& seconds,
                const std::string& plan) {
  using nlohmann::ordered_json;
  std::fputs("{\"results\":[", stdout);
  for (size_t k = 0; k < values.size(); ++k) {
    if (k > 0) std::fputs(",", stdout);
    if (arguments.out_files.empty())
      write_json_array(stdout, *values[k].array);
    else
      std::fputs(
          json_text({{"dtype", name_of(values[k].dtype)}, {"shape", values[k].shape}, {"file", arguments.out_files[k]}})
              .c_str(),
          stdout);
  }
  ordered_json rest{{"seconds", {{"load", seconds.load}, {"compile", seconds.compile}, {"run", seconds.run}}}};
  if (arguments.explain) rest["plan"] = plan;
  std::printf("],%s\n", json_text(rest).c_str() + 1);  // the document's own bracket is open already
}

void print_text(const std::vector<Value>& values, const Arguments& arguments, const Seconds& seconds,
                const std::string& plan) {
  if (arguments.explain) std::fputs(plan.c_str(), stderr);
  if (arguments.out_files.empty() && arguments.plot_file.empty())
    for (const Value& value : values)
      std::printf("%s\n", numpy_text(value.array->view().raw(), value.shape.data()).c_str());
  if (arguments.time)
    std::fprintf(stderr, "load %.6f s, compile %.6f s, run %.6f s\n", seconds.load, seconds.compile, seconds.run);
}

std::string plan_of(const Session& session, const Arguments& arguments, const std::vector<Operand>& operands,
                    const World* world) {
  const Bindings bindings = bindings_of(operands);
  return world != nullptr ? session.explain(*world, arguments.text, bindings)
                          : session.explain(arguments.text, bindings);
}

}  // namespace

void run_eval(const Arguments& arguments, const World* world) {
  if (is_first(world)) check_outputs(arguments, world);
  Seconds seconds;
  Stopwatch stopwatch;
  const std::vector<Operand> operands = load_operands(arguments.bindings, world);
  seconds.load = stopwatch.lap();
  const Session session = session_for(arguments, world);
  if (arguments.lint && is_first(world))
    for (const Hint& hint : session.lint(arguments.text, bindings_of(operands))) report(hint);
  const Coordinates places{coordinates(session, arguments.plot.x, "--plot-x", arguments, operands, world),
                           coordinates(session, arguments.plot.y, "--plot-y", arguments, operands, world)};
  const Result result = evaluate(session, arguments, operands, world);
  const fv_counters counters = session.counters();
  seconds.compile = counters.front_seconds + counters.compile_seconds;
  seconds.run = stopwatch.lap() - seconds.compile;
  const std::vector<Value> values = values_of(session, result, arguments, world);

  write_files(values, arguments.out_files, world);
  if (!is_first(world)) return;
  draw(values, places, arguments);
  const std::string plan = arguments.explain ? plan_of(session, arguments, operands, world) : "";
  arguments.json ? print_json(values, arguments, seconds, plan) : print_text(values, arguments, seconds, plan);
}

void run_explain(const Arguments& arguments) {
  std::vector<Operand> operands = load_operands(arguments.bindings);
  const Session session = session_for(arguments);
  std::string text;
  if (arguments.stage == distributed_stage) {
    WorldOptions options;
    options.kind = FV_WORLD_PLANNED;
    options.ranks = arguments.ranks;
    const World world(options);
    for (Operand& operand : operands) distribute_as_planned(operand, world);
    text = session.explain(world, arguments.text, bindings_of(operands));
  } else {
    text = session.explain(arguments.text, bindings_of(operands), arguments.stage.c_str());
  }
  std::fputs(text.c_str(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
}

void run_info() { std::fputs(info().c_str(), stdout); }

}  // namespace fuseval::tools
