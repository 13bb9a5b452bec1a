// The fuseval command. Exit status: 0 done, 1 the expression or a file is at fault (or fuseval), 2 the command line is.
#include <algorithm>
#include <optional>
#include <utility>

#include "tools/arguments.hpp"
#include "tools/commands.hpp"
#include "tools/ending_signals.hpp"
#include "tools/failure.hpp"
#include "tools/ranks.hpp"
#include "tools/repl/repl.hpp"

using namespace fuseval::tools;

namespace {

int run(const Arguments& arguments) {
  switch (arguments.command) {
    case Command::eval:
      run_eval(arguments);
      break;
    case Command::explain:
      run_explain(arguments);
      break;
    case Command::info:
      run_info();
      break;
    case Command::repl:
      return run_repl(arguments.threads);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  clean_up_on_signals();
  std::optional<Arguments> arguments;
  std::optional<Failure> failure = failure_of([&] { arguments = parse_arguments(argc, argv); });
  if (asks_for_ranks(argc, argv) && (arguments || failure)) return run_on_ranks(arguments, std::move(failure));
  int status = 0;
  if (arguments) failure = failure_of([&] { status = run(*arguments); });
  if (!failure) return std::max(status, finish_output());
  report(*failure);
  return failure->status;
}
