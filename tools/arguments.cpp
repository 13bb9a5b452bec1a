#include "tools/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "fuseval/fuseval.h"
#include "tools/byte_count.hpp"
#include "tools/encoding.hpp"
#include "tools/outputs.hpp"
#include "tools/stages.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

constexpr const char* value_help =
    "name=value, any number of them; value is\n"
    "  2, 2.5, True        a plain number, which takes the dtype of what it meets\n"
    "  1,2,3  [[1,2],[3,4]]  an array of int64, float64 or bool (1, has one element)\n"
    "  float32:1.5         a NumPy scalar of that dtype; float32:1,2,3 an array\n"
    "  float32[10,20]      for explain alone: an array of that dtype and shape, without values\n"
    "  file.npy            an array, memory-mapped\n"
    "  file.npz:name       a member of what numpy.savez wrote\n"
    "  file.csv:price      a column of a table with a header (.csv, .tsv, .txt); without a\n"
    "                      header columns are 0, 1 ...; file.csv is all of it, rows by columns\n"
    "  file.bin:float32:2x3  raw elements (.bin, .raw) of that shape, or of one axis without it\n"
    "  file.h5:/dataset    an array of a file of HDF5\n"
    "  -                   what standard input has: any of these; -:price, -:float32\n"
    "A pipe, as the shell's <( ), is read like standard input.";

constexpr const char* distributed_option = "--distributed";

/// An expression may begin with a minus sign, which would be taken for an option. Such arguments are marked with a
/// byte that no option begins with: single dashes that are not one of the command's own short options.
constexpr char mark = '\x01';

std::vector<std::string> marked(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int k = argc - 1; k > 0; --k) {  // CLI11 takes them last one first
    std::string argument = argv[k];
    const bool dashed = argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
    if (dashed && argument != "-o" && argument != "-h") argument.insert(argument.begin(), mark);
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::string without_marks(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), mark), text.end());
  return text;
}

std::string read_standard_input() {
  std::string text;
  char piece[1 << 16];
  size_t got = 0;
  while ((got = std::fread(piece, 1, sizeof piece, stdin)) > 0) text.append(piece, got);
  if (std::ferror(stdin)) throw UsageError("cannot read the expression from standard input");
  text = without_byte_order_mark(std::move(text));
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string::npos ? 0 : last + 1);
}

void add_threads(CLI::App& app, Arguments& arguments) {
  app.add_option("--threads", arguments.threads, "at most this many threads; FUSEVAL_THREADS is the default")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
}

void set(const PlotSetting& setting, PlotSettings& all, const std::string& value) {
  try {
    setting.set(all, without_marks(value));
  } catch (const PlotSettingError& error) {
    throw CLI::ValidationError(std::string("--plot-") + setting.name, error.what());
  }
}

void add_plot(CLI::App& eval, Arguments& arguments) {
  CLI::Option* plot =
      eval.add_option("--plot", arguments.plot_file,
                      "draw the result into a .png or .svg file, or on the terminal (-), and print no values")
          ->type_name("FILE")
          ->check(CLI::Validator([](const std::string& name) { return name == "-" ? "" : refused_picture_name(name); },
                                 ""));
  for (const PlotSetting& setting : plot_settings())
    eval.add_option_function<std::string>(
            std::string("--plot-") + setting.name,
            [&](const std::string& value) { set(setting, arguments.plot, value); }, setting.help)
        ->type_name(setting.type)
        ->needs(plot);
}

/// CLI::Range lets NaN pass.
std::string refused_seconds(const std::string& text) {
  constexpr double least = 1e-3, most = 1e9;
  double value = 0;
  if (CLI::detail::lexical_cast(text, value) && value >= least && value <= most) return {};
  return "'" + text + "' is no number of seconds from 0.001 to 1e9";
}

const CLI::Validator seconds(refused_seconds, "");

void add_limits(CLI::App& eval, Arguments& arguments) {
  eval.add_option("--timeout", arguments.timeout, "fail when compiling and evaluating take longer")
      ->check(seconds)
      ->type_name("SECONDS");
  eval.add_option_function<std::string>(
          "--memory",
          [&](const std::string& text) {
            const auto bytes = byte_count_of(text);
            if (!bytes) throw CLI::ValidationError("--memory", "'" + text + "' is no number of bytes like 500M or 2G");
            arguments.memory = *bytes;
          },
          "fail when results and temporaries would take more; K, M, G and T are powers of 1024")
      ->type_name("BYTES");
}

void add_text_and_bindings(CLI::App& app, Arguments& arguments) {
  app.add_option("EXPR", arguments.text, "the expression; - reads it from standard input")->required();
  app.add_option("BINDING", arguments.bindings, value_help)->type_name("");
  app.add_option("--columns", arguments.columns,
                 "bind the columns of a table, or the members of a .npz file, by their own names")
      ->type_name("FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  add_threads(app, arguments);
}

void add_ranks(CLI::App& eval, Arguments& arguments) {
  CLI::Option* distributed =
      eval.add_flag(distributed_option, arguments.distributed,
                    "spread the arrays of files over the ranks of mpirun, each reading its rows");
  eval.add_option("--watchdog", arguments.watchdog, "a rank that waits for another this long fails and says for whom")
      ->check(seconds)
      ->type_name("SECONDS")
      ->needs(distributed);
}

CLI::App* add_eval(CLI::App& app, Arguments& arguments) {
  CLI::App* eval = app.add_subcommand("eval", "evaluate an expression and print, or write, its value");
  add_text_and_bindings(*eval, arguments);
  eval->add_option("-o", arguments.out_files,
                   "write the result to a file: .npy, .npz, .csv, .tsv, .txt, .bin or .raw (bare elements) or\n"
                   ".h5:/dataset, or to standard output (-); once for each result of a tuple, or once for a\n"
                   ".npz file or a table that holds all of them")
      ->type_name("FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  eval->add_option("--format", arguments.format,
                   "write to standard output in this format; without it, -o - writes .npy data")
      ->check(CLI::IsMember({"text", "npy", "npz", "csv", "tsv", "txt", "raw"}))
      ->type_name("F");
  eval->add_flag("--force", arguments.force, "let -o and --plot replace a file of another kind than its ending says");
  eval->add_option("--out-dtype", arguments.out_dtype, "cast the results, as astype does")->type_name("T");
  eval->add_option(
          "--device", arguments.device,
          "auto, cpu, cuda (with --distributed: each rank its own), cuda:1 ..., or cudasim (the CUDA simulator)")
      ->type_name("D");
  eval->add_option("--threshold", arguments.threshold,
                   "abbreviate printed arrays of more elements; 1000 on a terminal, else they are printed in full")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("N");
  eval->add_flag("--time", arguments.time, "print the seconds for loading, compiling and running (standard error)");
  eval->add_flag("--json", arguments.json, "print results and seconds as JSON");
  eval->add_flag("--lint", arguments.lint, "say what the expression may not mean as it stands (standard error)");
  eval->add_flag("--explain", arguments.explain, "print the plan as well (standard error)");
  add_limits(*eval, arguments);
  add_ranks(*eval, arguments);
  add_plot(*eval, arguments);
  return eval;
}

CLI::App* add_explain(CLI::App& app, Arguments& arguments) {
  CLI::App* explain = app.add_subcommand("explain", "show what an expression is compiled to");
  add_text_and_bindings(*explain, arguments);
  std::vector<std::string> known(stages.begin(), stages.end());
  known.emplace_back(distributed_stage);
  explain
      ->add_option(
          "--stage", arguments.stage,
          "types, hints, ast, graph, loops, llvm, asm, cuda, device, distributed or plan (default); or a pass: "
          "bind, results, simplify, fuse, lower, chain, collapse or place")
      ->check(CLI::IsMember(known))
      ->type_name("S");
  explain
      ->add_flag_callback(
          "--trace", [&arguments] { arguments.stage = "trace"; },
          "every pass from the text to the kernels, with the lines that it changes")
      ->excludes("--stage");
  explain->add_option("--ranks", arguments.ranks, "of the stage distributed: how many there would be")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N");
  return explain;
}

void check_plot(Arguments& arguments) {
  const std::string& file = arguments.plot_file = without_marks(arguments.plot_file);
  if (file == "-" && arguments.json) throw UsageError("--plot - and --json both write to standard output");
}

/// One thing goes to standard output, and data of bytes not to a terminal.
void check_standard_output(Arguments& arguments) {
  auto& files = arguments.out_files;
  if (!arguments.format.empty() && files.empty() && arguments.format != "text") files.emplace_back(standard_output);
  const auto count = std::count(files.begin(), files.end(), standard_output);
  if (count == 0) {
    if (!arguments.format.empty() && !files.empty())
      throw UsageError("--format is that of standard output; a file's is told by its ending");
    return;
  }
  if (count > 1) throw UsageError("-o: standard output would be written twice");
  if (arguments.json) throw UsageError("-o - and --json both write to standard output");
  if (arguments.plot_file == standard_output) throw UsageError("-o - and --plot - both write to standard output");
  if (arguments.distributed) throw UsageError("-o -: with --distributed the values are printed, or written to files");
  if (arguments.format == "text") std::erase(files, standard_output);
  if (arguments.format.empty()) arguments.format = "npy";
  if ((arguments.format == "npy" || arguments.format == "npz" || arguments.format == "raw") && isatty(STDOUT_FILENO))
    throw UsageError("-o -: standard output is a terminal, which is no place for bytes; --format csv writes letters");
}

/// It is read once, by one reader.
void check_standard_input(const Arguments& arguments) {
  if (arguments.text != "-") return;
  const auto reads = [](std::string_view value) { return value == "-" || value.starts_with("-:"); };
  for (const std::string& binding : arguments.bindings)
    if (reads(std::string_view(binding).substr(std::min(binding.find('='), binding.size() - 1) + 1)))
      throw UsageError("argument '" + binding + "': the expression is read from standard input already");
  for (const std::string& file : arguments.columns)
    if (reads(file)) throw UsageError("--columns " + file + ": the expression is read from standard input already");
}

void check_ranks(const Arguments& arguments) {
  const bool plans = arguments.command == Command::explain && arguments.stage == distributed_stage;
  if (plans && arguments.ranks == 0) throw UsageError("--stage distributed: say by --ranks how many ranks there are");
  if (!plans && arguments.ranks != 0) throw UsageError("--ranks is for --stage distributed");
  if (arguments.distributed && arguments.text == "-")
    throw UsageError("--distributed: one rank alone has a standard input to read the expression from");
}

CLI::App* add_repl(CLI::App& app, Arguments& arguments) {
  CLI::App* repl =
      app.add_subcommand("repl", "evaluate what is typed; also what the command does at a terminal without arguments");
  add_threads(*repl, arguments);
  return repl;
}

/// Somebody who starts the command at a terminal wants to type something; a script has forgotten something.
Command without_subcommand() {
  if (is_at_terminal()) return Command::repl;
  throw UsageError("a subcommand is required");
}

void check(Arguments& arguments) {
  arguments.text = without_marks(arguments.text);
  for (std::string& binding : arguments.bindings) binding = without_marks(binding);
  for (std::string& file : arguments.out_files) file = without_marks(file);
  for (std::string& file : arguments.columns) file = without_marks(file);
  if (!arguments.out_dtype.empty() && fv_dtype_from_name(arguments.out_dtype.c_str()) < 0)
    throw UsageError("--out-dtype: '" + arguments.out_dtype + "' is no dtype");
  check_plot(arguments);
  check_standard_output(arguments);
  check_standard_input(arguments);
  check_ranks(arguments);
  if (arguments.text == "-") arguments.text = read_standard_input();
}

}  // namespace

bool asks_for_ranks(int argc, char** argv) {
  return std::find(argv, argv + argc, std::string_view(distributed_option)) != argv + argc;
}

std::optional<Arguments> parse_arguments(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("NumPy-syntax array expressions, compiled to fused machine code.", "fuseval");
  app.set_version_flag("--version", std::string("fuseval ") + fv_version());
  app.require_subcommand(0, 1);
  const CLI::App* eval = add_eval(app, arguments);
  const CLI::App* explain = add_explain(app, arguments);
  const CLI::App* info = app.add_subcommand("info", "show versions, CPU, threads and devices");
  const CLI::App* repl = add_repl(app, arguments);
  try {
    app.parse(marked(argc, argv));
  } catch (const CLI::Success& success) {
    app.exit(success);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw UsageError(without_marks(error.what()));
  }
  if (eval->parsed()) arguments.command = Command::eval;
  if (explain->parsed()) arguments.command = Command::explain;
  if (repl->parsed()) arguments.command = Command::repl;
  if (!eval->parsed() && !explain->parsed() && !info->parsed() && !repl->parsed())
    arguments.command = without_subcommand();
  check(arguments);
  return arguments;
}

}  // namespace fuseval::tools
