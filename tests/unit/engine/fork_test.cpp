// fork() after use: the child has none of the parent's threads, and works all the same; so does the parent afterwards.
// (Not under the thread sanitizer, which supports no threads in a child of a process that had some.)
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

#include "support.hpp"

using namespace engine_test;

#if !defined(__SANITIZE_THREAD__)

namespace {

/// Whether a parallel evaluation of old and new programs is right.
bool works(const fuseval::Session& session, const std::vector<double>& a, const char* fresh) {
  const double n = static_cast<double>(a.size());
  for (int repeat = 0; repeat < 3; ++repeat) {
    if (session.evaluate("sum(a*2.0)", {{"a", a}}).item<double>() != 2 * n) return false;
    if (session.evaluate("a + a", {{"a", a}}).at<double>(-1) != 2) return false;
    if (session.evaluate(fresh, {{"a", a}}).at<double>(0) != 3) return false;
  }
  return true;
}

/// A child has one at first: more are its pool's. (Whether they get to work before the caller is done is up to the
/// machine.)
std::ptrdiff_t threads_here() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

int status_of(pid_t child) {
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a child of fork() evaluates on several threads, and the parent goes on") {
  const fuseval::Session session = session_of(3);
  const std::vector<double> a(500000, 1);
  REQUIRE(works(session, a, "a + 2.0"));
  for (int round = 0; round < 3; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(300);  // a child that hangs fails, it does not hang the tests
      const bool good = works(session, a, "a*a + 2.0") && threads_here() == 3;
      _exit(good ? 0 : 1);
    }
    CHECK(status_of(child) == 0);
    CHECK(works(session, a, "a*a*a + 2.0"));
  }
}

TEST_CASE("a grandchild, and the default session") {
  const std::vector<double> a(300000, 1);
  REQUIRE(works(fuseval::Session::shared(), a, "a + 2.0"));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(300);
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      alarm(300);
      _exit(works(fuseval::Session::shared(), a, "a - -2.0") ? 0 : 1);
    }
    int status = -1;
    const bool good = waitpid(grandchild, &status, 0) == grandchild && status == 0;
    _exit(good && works(fuseval::Session::shared(), a, "a*3.0") ? 0 : 1);
  }
  CHECK(status_of(child) == 0);
  CHECK(works(fuseval::Session::shared(), a, "a + 2.0"));
}

#endif
