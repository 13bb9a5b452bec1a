// What a forked child finds.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

/// Whether `body`, in a forked child, returns true; false too if it hangs or dies.
template <class Body>
bool holds_in_child(Body&& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(30);  // a child that hangs fails, it does not hang the tests
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}
