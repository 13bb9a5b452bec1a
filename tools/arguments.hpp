// The command line, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/plot_settings.hpp"

namespace fuseval::tools {

/// A command line that cannot be carried out: the command exits with 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Command { eval, explain, info, repl };

struct Arguments {
  Command command = Command::info;
  std::string text;                    ///< the expression; "-" has been replaced by what standard input holds
  std::vector<std::string> bindings;   ///< "name=value", unparsed
  std::vector<std::string> columns;    ///< files whose columns are bound by their names
  std::vector<std::string> out_files;  ///< one for each result, a table for all, or none; "-": standard output
  std::string format;                  ///< of standard output; "": as NumPy prints, or .npy data for "-"
  bool force = false;                  ///< files of another kind may be replaced
  std::string out_dtype;               ///< "": the results' own
  std::string device;                  ///< "": the session's choice
  std::string plot_file;               ///< "": no picture; "-": on standard output
  PlotSettings plot;                   ///< as far as the command line tells
  std::string stage = "plan";
  int threads = 0;           ///< 0: FUSEVAL_THREADS, or all
  double timeout = 0;        ///< seconds that the evaluation may take; 0: as long as it likes
  int64_t memory = 0;        ///< bytes that it may take; 0: no limit
  bool distributed = false;  ///< arrays of files are spread over the ranks
  double watchdog = 0;       ///< seconds; 0: off
  int ranks = 0;             ///< to plan for; 0: not said
  int64_t threshold = -1;    ///< elements above which an array is abbreviated; -1: not said
  bool time = false;
  bool json = false;
  bool lint = false;
  bool explain = false;
};

/// Whether a command line says that all ranks carry it out together, be it well-formed or not.
bool asks_for_ranks(int argc, char** argv);

/// nullopt: help or version was asked for and has been printed. Throws UsageError.
std::optional<Arguments> parse_arguments(int argc, char** argv);

}  // namespace fuseval::tools
