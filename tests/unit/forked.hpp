// What a forked child finds.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/// Whether `body`, in a forked child, returns true; false too if it hangs or dies, which a message then says.
template <class Body>
bool holds_in_child(Body&& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(30);  // a child that hangs fails, it does not hang the tests
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  if (waitpid(child, &status, 0) == child && status == 0) return true;
  if (WIFSIGNALED(status))
    MESSAGE("the child ended by signal " << WTERMSIG(status) << (WTERMSIG(status) == SIGALRM ? ": it hung" : ""));
  return false;
}
