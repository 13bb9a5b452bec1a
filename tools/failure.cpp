#include "tools/failure.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tools/diagnostics.hpp"

namespace fuseval::tools {

void report(const Failure& failure) {
  std::fflush(stdout);
  report(failure.error);
  if (failure.status == 2) std::fputs("Try fuseval --help, or fuseval eval --help.\n", stderr);
}

int finish_output() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return 0;
  if (errno != EPIPE) report_message(std::string("cannot write standard output: ") + std::strerror(errno));
  return 1;
}

}  // namespace fuseval::tools
