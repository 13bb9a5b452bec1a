#include "tools/commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "fuseval/fuseval.hpp"
#include "tools/counted.hpp"
#include "tools/data_reference.hpp"
#include "tools/diagnostics.hpp"
#include "tools/json_text.hpp"
#include "tools/numpy_text.hpp"
#include "tools/operand.hpp"
#include "tools/outputs.hpp"
#include "tools/progress.hpp"
#include "tools/shown_elements.hpp"
#include "tools/stages.hpp"
#include "tools/value_text.hpp"

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

/// What is bound, with those columns of --columns that the expression names.
std::vector<Operand> operands_of(const Arguments& arguments, const World* world = nullptr) {
  std::vector<std::string> wanted;
  if (!arguments.columns.empty())
    for (const std::string& text : {arguments.text, arguments.plot.x, arguments.plot.y})
      for (const FreeName& name : text.empty() ? std::vector<FreeName>() : free_names(text))
        wanted.push_back(name.name);
  return load_operands(arguments.bindings, arguments.columns, wanted, world);
}

void require_values(const std::vector<Operand>& operands) {
  for (const Operand& operand : operands)
    if (operand.is_described)
      throw UsageError("argument '" + operand.name + "': a dtype and a shape without values are for fuseval explain");
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

/// In full where no one looks at a screen. What ranks hold together may be more than one of them can.
PrintOptions print_options(const Arguments& arguments) {
  PrintOptions options;
  if (!arguments.distributed && !isatty(STDOUT_FILENO)) options.threshold = PrintOptions::no_threshold;
  if (arguments.threshold >= 0) options.threshold = arguments.threshold;
  return options;
}

std::vector<Value> values_of(const Session& session, const Result& result, const Arguments& arguments,
                             const World* world) {
  const bool is_whole = !arguments.plot_file.empty() || (arguments.json && arguments.out_files.empty());
  const auto shown_of = [&](const DistributedArray& parts) -> std::optional<Array> {
    if (is_whole) return session.gather(parts, 0);
    return arguments.out_files.empty() ? gather_shown(session, parts, print_options(arguments)) : std::nullopt;
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

/// nullopt: the text stands for a dtype, which is no result, and has been printed.
std::optional<Result> evaluate_or_print_dtype(const Session& session, const Arguments& arguments,
                                              const std::vector<Operand>& operands, const World* world) {
  try {
    return evaluate(session, arguments, operands, world);
  } catch (const Error& error) {
    const bool only_prints =
        world == nullptr && !arguments.json && arguments.out_files.empty() && arguments.plot_file.empty();
    if (!only_prints || error.code() != FV_ERROR_ARGUMENT) throw;
    const auto dtype = dtype_value(session, arguments.text, bindings_of(operands));
    if (!dtype) throw;
    std::printf("%s\n", dtype->c_str());
    return std::nullopt;
  }
}

/// An array that every rank has all of.
DistributedArray replicated(const Array& array, const World& world) {
  return DistributedArray(array.view(), Distribution(world, array.shape(), -1));
}

/// All together where there is one file for several values.
void write_whole_values(const std::vector<Value>& values, const Arguments& arguments) {
  std::vector<View> views;
  for (const Value& value : values) views.push_back(value.array->view());
  const std::vector<std::string> labels = result_labels(arguments.text, values.size());
  const std::vector<std::string>& files = arguments.out_files;
  const bool is_for_all = files.size() == 1 && values.size() > 1;
  for (size_t k = 0; k < files.size(); ++k) {
    const BusyNotice notice("writing " + files[k]);
    const std::vector<View> here = is_for_all ? views : std::vector<View>{views[k]};
    if (files[k] == standard_output)
      write_to_standard_output(arguments.format, here, labels);
    else
      write_output(files[k], here, labels);
  }
}

void write_files(const std::vector<Value>& values, const Arguments& arguments, const World* world) {
  const std::vector<std::string>& files = arguments.out_files;
  if (files.empty()) return;
  const bool is_for_all =
      world == nullptr && files.size() == 1 &&
      (files[0] == standard_output ? format_takes_several(arguments.format) : takes_several(files[0]));
  if (files.size() != values.size() && !is_for_all)
    throw UsageError("-o: the expression has " + counted(values.size(), "result") + ", but " +
                     counted(files.size(), "file") + (files.size() == 1 ? " is named" : " are named"));
  if (world == nullptr) return write_whole_values(values, arguments);
  for (size_t k = 0; k < files.size(); ++k) {
    const BusyNotice notice("writing " + files[k]);
    save(files[k], values[k].parts ? *values[k].parts : replicated(*values[k].array, *world));
  }
}

/// What ranks write together.
void require_written_by_ranks(const std::string& file) {
  if (!is_hdf5(file) && format_to_write(file) != "npy")
    throw Error(FV_ERROR_ARGUMENT, "with --distributed .npy files and files of HDF5 are written, not \"" + file + "\"");
}

/// Before anything is evaluated: that each result has a file of its own, which can be written.
void check_outputs(const Arguments& arguments, const World* world) {
  constexpr const char* force = "--force";
  std::vector<std::string> files = arguments.out_files;
  std::erase(files, standard_output);
  if (!arguments.plot_file.empty() && arguments.plot_file != "-") {
    check_picture_file(arguments.plot_file, arguments.plot.picture);
    check_replaced(arguments.plot_file, arguments.force, force);
  }
  try {
    for (const std::string& file : files) {
      check_output(file, arguments.force, force);
      if (world != nullptr) require_written_by_ranks(file);
    }
    if (!arguments.plot_file.empty() && arguments.plot_file != "-") files.push_back(arguments.plot_file);
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
      std::fputs(json_text({{"dtype", name_of(values[k].dtype)},
                            {"shape", values[k].shape},
                            {"file", arguments.out_files[std::min(k, arguments.out_files.size() - 1)]}})
                     .c_str(),
                 stdout);
  }
  ordered_json rest{{"seconds", {{"load", seconds.load}, {"compile", seconds.compile}, {"run", seconds.run}}}};
  if (arguments.explain) rest["plan"] = plan;
  std::printf("],%s\n", json_text(rest).c_str() + 1);  // the document's own bracket is open already
}

void print_values(const std::vector<Value>& values, bool is_tuple, const PrintOptions& options) {
  std::vector<View> views;
  for (const Value& value : values) views.push_back(value.array->view());
  if (const auto tuple = is_tuple ? python_tuple(views) : std::nullopt) {
    std::printf("%s\n", tuple->c_str());
    return;
  }
  for (const Value& value : values)
    std::printf("%s\n", numpy_text(value.array->view().raw(), value.shape.data(), options).c_str());
}

void print_text(const std::vector<Value>& values, bool is_tuple, const Arguments& arguments, const Seconds& seconds,
                const std::string& plan) {
  if (arguments.explain) std::fputs(plan.c_str(), stderr);
  const PrintOptions options = print_options(arguments);
  if (arguments.out_files.empty() && arguments.plot_file.empty()) print_values(values, is_tuple, options);
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
  const std::vector<Operand> operands = operands_of(arguments, world);
  require_values(operands);
  seconds.load = stopwatch.lap();
  const Session session = session_for(arguments, world);
  if (arguments.lint && is_first(world))
    for (const Hint& hint : session.lint(arguments.text, bindings_of(operands))) report(hint);
  const Coordinates places{coordinates(session, arguments.plot.x, "--plot-x", arguments, operands, world),
                           coordinates(session, arguments.plot.y, "--plot-y", arguments, operands, world)};
  const std::optional<Result> evaluated = evaluate_or_print_dtype(session, arguments, operands, world);
  if (!evaluated) return;
  const Result& result = *evaluated;
  const fv_counters counters = session.counters();
  seconds.compile = counters.front_seconds + counters.compile_seconds;
  seconds.run = stopwatch.lap() - seconds.compile;
  const std::vector<Value> values = values_of(session, result, arguments, world);

  write_files(values, arguments, world);
  if (!is_first(world)) return;
  draw(values, places, arguments);
  const std::string plan = arguments.explain ? plan_of(session, arguments, operands, world) : "";
  arguments.json ? print_json(values, arguments, seconds, plan)
                 : print_text(values, result.is_tuple(), arguments, seconds, plan);
}

void run_explain(const Arguments& arguments) {
  std::vector<Operand> operands = operands_of(arguments);
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
