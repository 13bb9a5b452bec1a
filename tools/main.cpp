// The fuseval command. Exit status: 0 done, 1 the expression or a file is at fault (or fuseval), 2 the command line is.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "tools/arguments.hpp"
#include "tools/commands.hpp"
#include "tools/diagnostics.hpp"
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

/// What stdout could not take is noticed at the end; a reader that has gone away wants to hear nothing of it.
int finish_output() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return 0;
  if (errno != EPIPE) report_message(std::string("cannot write standard output: ") + std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::optional<Arguments> arguments = parse_arguments(argc, argv);
    const int status = arguments ? run(*arguments) : 0;
    return std::max(status, finish_output());
  } catch (const UsageError& error) {
    report_message(error.what());
    std::fputs("Try fuseval --help, or fuseval eval --help.\n", stderr);
    return 2;
  } catch (const fuseval::Error& error) {
    std::fflush(stdout);
    report(error);
    return 1;
  } catch (const std::exception& error) {
    report_message(error.what());
    return 1;
  }
}
