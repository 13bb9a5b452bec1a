// Memory runs out while a text is compiled: an allocation fails, in a process of its own, which then evaluates other
// texts.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <map>
#include <string>
#include <vector>

// The C library's own, which it offers for this.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}

namespace {

/// Allocations of all threads until one fails; negative: none does.
constinit std::atomic<long> until_failure = -1;
constinit std::atomic<long> allocations = 0;
constinit std::atomic<bool> once = true;

bool fails() {
  ++allocations;
  long left = until_failure;
  while (left > 0)
    if (until_failure.compare_exchange_weak(left, left - 1)) return false;
  if (left < 0 || (once && !until_failure.compare_exchange_strong(left, -1))) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {
void* malloc(std::size_t bytes) { return fails() ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t count, std::size_t bytes) { return fails() ? nullptr : __libc_calloc(count, bytes); }
void* realloc(void* memory, std::size_t bytes) { return fails() ? nullptr : __libc_realloc(memory, bytes); }
}

namespace {

const std::vector<double> a(100, 1.0);
const char* const text = "sum(exp(a*0)*3 + where(a > 2, a, -a))";

/// Whether calls have a cancel token, so that they compile in the background.
bool are_stoppable = false;

bool is_right(const char* text, double value) {
  static const fuseval::CancelToken token;
  fuseval::RunOptions options;
  if (are_stoppable) options.cancel = &token;
  return fuseval::evaluate(text, {{"a", a}}, options).item<double>() == value;
}

enum End { fine = 0, wrong = 1, unusable = 2 };

/// The first text is right, or out of memory, while allocation `k` fails (and, unless `one`, all after it); others are
/// right afterwards, or an error says that nothing can be compiled any more.
End end_of_process(long k, bool one) {
  bool good = false;
  once = one;
  until_failure = k;
  try {
    good = is_right(text, 200);
    until_failure = -1;
  } catch (const fuseval::Error& error) {
    until_failure = -1;
    good = error.code() == FV_ERROR_MEMORY;
  } catch (const std::bad_alloc&) {  // the wrapper's own
    until_failure = -1;
    good = true;
  }
  try {
    return good && is_right(text, 200) && is_right("max(a*7) + 1", 8) && is_right("prod(a + 1 - 1)", 1) ? fine : wrong;
  } catch (const fuseval::Error& error) {
    const bool told = std::string(error.what()).find("can compile nothing any more") != std::string::npos;
    return told && error.code() == FV_ERROR_MEMORY ? unusable : wrong;
  }
}

/// Allocations of the text in a child of this process.
long count_allocations() {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  if (fork() == 0) {
    const long before = allocations;
    is_right(text, 200);
    const long count = allocations - before;
    _exit(write(ends[1], &count, sizeof count) == sizeof count ? 0 : 1);
  }
  long count = 0;
  REQUIRE(read(ends[0], &count, sizeof count) == sizeof count);
  wait(nullptr);
  close(ends[0]);
  close(ends[1]);
  return count;
}

int status_of_child(long k, bool one) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGTERM}) std::signal(signal, SIG_DFL);  // not doctest's
    alarm(30);
    _exit(end_of_process(k, one));
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

/// Over the allocations of the text from number `first` to `last`, evenly; 0: to the end. FUSEVAL_MEMORY_SAMPLES: more
/// of them, and how each ended.
void check_ends(bool one, bool is_first, long first = 0, long last = 0) {
  const char* const wanted = std::getenv("FUSEVAL_MEMORY_SAMPLES");
  const long samples = wanted == nullptr ? 25 : std::atol(wanted);
  const long count = count_allocations();
  REQUIRE(count > 1000);
  const long range = (last == 0 ? count : last) - first;
  std::map<int, int> ends;
  for (long sample = 0; sample < samples; ++sample) {
    const long k = first + sample * range / samples;
    const int status = status_of_child(k, one);
    ++ends[status];
    CAPTURE(k);
    CHECK((status == fine || (is_first && status == unusable << 8)));
  }
  if (wanted == nullptr) return;
  for (const auto& [status, times] : ends) MESSAGE("status ", status, ": ", times, " of ", samples);
}

}  // namespace

TEST_CASE("one allocation fails, in the first text of a process") { check_ends(true, true); }
TEST_CASE("all allocations from one on fail, in the first text of a process") { check_ends(false, true); }

TEST_CASE("one allocation fails, in a later text") {
  REQUIRE(is_right("sum(a)", 100));
  check_ends(true, false);
}
TEST_CASE("all allocations from one on fail, in a later text") {
  REQUIRE(is_right("sum(a)", 100));
  check_ends(false, false);
}

// In a call with a cancel token, the kernel's entry in the cache and the thread that compiles it are made around number
// 430; in the first text of a process, LLVM looks at the processor around number 730.
TEST_CASE("one allocation fails, in a text of a call that may be stopped") {
  are_stoppable = true;
  check_ends(true, true, 700, 750);
  REQUIRE(is_right("sum(a)", 100));
  check_ends(true, false);
  are_stoppable = false;
}
TEST_CASE("all allocations from one on fail, in a text of a call that may be stopped") {
  are_stoppable = true;
  check_ends(false, true, 700, 750);
  REQUIRE(is_right("sum(a)", 100));
  check_ends(false, false, 400, 450);
  are_stoppable = false;
}

TEST_CASE("a call of a compiled program whose weak scalars change allocates nothing") {
  const std::vector<float> b(10, 1.5F);
  const std::vector<int> i(10, 3);
  std::vector<double> out(10);
  for (const char* const formula :
       {"x**2*b", "b**x", "x**b", "b*(k + 1)", "k//2*b", "b*(k > 3)", "b + (i << k % 7)", "i & k", "clip(i, k, k + 5)",
        "clip(b, x, k)", "b + (k*k*3 - 7)%11", "where(i > k, x, b)", "b if k % 3 else -b", "round(b, k - 3)",
        "b + x/y if y != 0 else b", "i*int32(x) + 2.0**k"}) {
    const fuseval::Program program = fuseval::compile(formula, {{"b", b}, {"i", i}, {"k", 1}, {"x", 1.0}, {"y", 1.0}});
    const auto into = program.into(out);
    const auto run = [&](int k) { into(b, i, k % 9, 0.5 * (k % 9), k % 2 * 1.0); };
    for (int k = 0; k < 20; ++k) run(k);  // every outcome has its plan
    const long before = allocations;
    for (int k = 0; k < 100; ++k) run(k);
    const long made = allocations - before;
    CHECK_MESSAGE(made == 0, std::string(formula));
  }
}

TEST_CASE("a call of a compiled program whose text has lists allocates nothing") {
  const std::vector<double> a = {1, 2, 3};
  std::vector<double> out(3);
  for (const char* const formula : {"a + [1, 2, 3]", "a*[0.5, 1, 2] + k*array([1, 0, 0], dtype=float32)",
                                    "a + [1, 2, 3] if k else a - [[1, 2, 3], [4, 5, 6]][0]"}) {
    const fuseval::Program program = fuseval::compile(formula, {{"a", a}, {"k", 1}});
    const auto into = program.into(out);
    for (int k = 0; k < 2; ++k) into(a, k);
    const long before = allocations;
    for (int k = 0; k < 100; ++k) into(a, k % 2);
    const long made = allocations - before;
    CHECK_MESSAGE(made == 0, std::string(formula));
  }
}

TEST_CASE("a call of a compiled program with several kernels, reductions and temporaries allocates nothing") {
  const std::vector<double> a(600, 1.5);
  std::vector<double> out(600), one(1);
  const auto check = [&](const char* formula, std::vector<double>& target) {
    const fuseval::Program program = fuseval::compile(formula, {{"a", a}});
    const auto into = program.into(target);
    for (int k = 0; k < 3; ++k) into(a);
    const long before = allocations;
    for (int k = 0; k < 100; ++k) into(a);
    const long made = allocations - before;
    CHECK_MESSAGE(made == 0, std::string(formula));
  };
  check("sum(a, keepdims=True)", one);
  check("a - mean(a)", out);
  check("exp(a - max(a)) / sum(exp(a - max(a)))", out);
  check("a[::-1] + std(a)", out);
}

// The results with their list, shape and strides; the handle, the buffers, and the owner of the C++ object.
TEST_CASE("a call whose result owns its memory allocates at most seven times, twice more for another") {
  const std::vector<double> a = {1, 2, 3};
  const auto allocations_of = [&](const fuseval::Program& program) {
    for (int k = 0; k < 3; ++k) program(a);
    const long before = allocations;
    for (int k = 0; k < 100; ++k) program(a);
    return (allocations - before) / 100.0;
  };
  CHECK(allocations_of(fuseval::compile("a + 1", {{"a", a}})) <= 7);
  CHECK(allocations_of(fuseval::compile("a + 1, a - 1", {{"a", a}})) <= 9);
}
