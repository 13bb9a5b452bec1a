#include "tools/ending_signals.hpp"

#include <signal.h>

#include <initializer_list>

#include "fuseval/fuseval.h"

namespace fuseval::tools {
namespace {

void on_end(int signal) {
  fv_files_discard();
  raise(signal);  // which is the system's again, and comes when this handler returns
}

void handle(int signal) {
  struct sigaction before {};
  sigaction(signal, nullptr, &before);
  if (before.sa_handler != SIG_DFL) return;
  struct sigaction action {};
  action.sa_handler = on_end;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void clean_up_on_signals() {
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGUSR1, SIGUSR2})
    handle(signal);
  signal(SIGXFSZ, SIG_IGN);
}

}  // namespace fuseval::tools
