// From texts to functions, and everything that can go wrong on the way.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cfenv>
#include <cstdlib>
#include <thread>

#include "../temporary_folder.hpp"
#include "kernels.hpp"
#include "runtime/cudasim/loaded_module.hpp"
#include "runtime/cudasim/process.hpp"
#include "support.hpp"

namespace {

using std::chrono::milliseconds;

/// A setting of the environment for a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* old = std::getenv(name);
    had_ = old != nullptr;
    if (had_) before_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

/// The host's way to treat SIGCHLD for a scope.
class ChildSignal {
 public:
  explicit ChildSignal(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(SIGCHLD, &action, &before_);
  }
  ~ChildSignal() { sigaction(SIGCHLD, &before_, nullptr); }
  ChildSignal(const ChildSignal&) = delete;
  ChildSignal& operator=(const ChildSignal&) = delete;

 private:
  struct sigaction before_ {};
};

std::string constant_kernel(int value) {
  return "struct Arguments { int* y; };\nextern \"C\" __global__ void constant(const Arguments a) { a.y[0] = " +
         std::to_string(value) + "; }\n";
}

std::string compile_message(const std::string& text, const cudasim::CompileOptions& options = {}) {
  const std::vector<cudasim::Source> sources{{constant_kernel(1), {"constant"}}, {text, {"constant"}}};
  return message_of([&] { cudasim::Module::compile(sources, options); });
}

bool no_children() { return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

}  // namespace

TEST_CASE("many texts in one module, with the same names") {
  NEEDS_COMPILER();
  std::vector<cudasim::Source> sources;
  for (int value = 0; value < 100; ++value) sources.push_back({constant_kernel(value), {"constant"}});
  const cudasim::Module module = cudasim::Module::compile(sources);
  cudasim::Simulator device;
  const DeviceArray<int> y(device, size_t{1});
  for (int value = 0; value < 100; ++value) {
    device.launch(module.function(static_cast<size_t>(value), "constant"), 1, 1, 0, std::vector<uint64_t>{y.address()});
    CHECK(y.values()[0] == value);
  }
  CHECK(message_of([&] { module.function(100, "constant"); }) == "cudasim: text 100 has no kernel \"constant\"");
  CHECK(message_of([&] { module.function(0, "other"); }) == "cudasim: text 0 has no kernel \"other\"");
}

TEST_CASE("a function keeps its module loaded") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(constant_kernel(9), "constant");
  cudasim::Simulator device;
  const DeviceArray<int> y(device, size_t{1});
  device.launch(function, 1, 1, 0, std::vector<uint64_t>{y.address()});
  CHECK(y.values()[0] == 9);
}

TEST_CASE("a text that the compiler refuses") {
  NEEDS_COMPILER();
  const std::string message = compile_message("struct Arguments { int* y; };\n\n  int wrong = missing;\n");
  CHECK(message.find("refuses a kernel text: text_1:3:") != std::string::npos);
  CHECK(message.find("missing") != std::string::npos);
  CHECK(message.substr(message.find('\n')) == "\n  int wrong = missing;");
  const std::string large = compile_message(
      "struct Arguments { int* y; };\nextern \"C\" __global__ void constant(const Arguments a) {\n  volatile int "
      "own[50000];\n"
      "  own[0] = a.y[0];\n  a.y[0] = own[a.y[1]];\n}\n");
  CHECK(large.find("frame size") != std::string::npos);
  CHECK(compile_message("struct Arguments { int y; };\nextern \"C\" __global__ void constant(const Arguments a) {}\n")
            .find("consists of 8-byte words") != std::string::npos);
}

TEST_CASE("kernels' names are names") {
  const std::vector<cudasim::Source> sources{{"", {"k\n#include </etc/passwd>"}}};
  CHECK(message_of([&] { cudasim::Module::compile(sources); }).find("is no kernel's name") != std::string::npos);
}

TEST_CASE("no compiler, or none that works") {
  const TemporaryFolder folder;
  {
    const Variable path("PATH", folder.path(""));
    const Variable wanted("FUSEVAL_CXX", "");
    CHECK(compile_message("") ==
          "cudasim: the simulator needs a C++ compiler at run time: none of c++, g++ and clang++ is in the PATH, and "
          "FUSEVAL_CXX is not set");
  }
  {
    const Variable wanted("FUSEVAL_CXX", folder.path("nothing"));
    CHECK(compile_message("") == "cudasim: FUSEVAL_CXX names \"" + folder.path("nothing") + "\", which cannot be run");
  }
  CHECK(compile_message("", {.compiler = "/bin/false"}) == "cudasim: /bin/false refuses a kernel text: no message");
  CHECK(compile_message("", {.compiler = "no-such-compiler"}) ==
        "cudasim: the compiler \"no-such-compiler\" cannot be run");
  const std::string slow = folder.write("slow", "#!/bin/sh\nsleep 100\n");
  CHECK(chmod(slow.c_str(), 0700) == 0);
  CHECK(compile_message("", {.compiler = slow, .timeout = milliseconds(200)}) ==
        "cudasim: " + slow + " has not compiled 2 kernel texts within 200 ms");
  CHECK(no_children());
}

TEST_CASE("nothing is left on the disk") {
  NEEDS_COMPILER();
  const TemporaryFolder folder;
  const Variable place("TMPDIR", folder.path(""));
  compile(constant_kernel(1), "constant");
  CHECK(folder.files() == 0);
  CHECK(compile_message("wrong") != "");
  CHECK(folder.files() == 0);
}

TEST_CASE("whatever the host does with SIGCHLD") {
  NEEDS_COMPILER();
  for (auto* handler : {SIG_IGN, +[](int) {
                          const int error = errno;
                          while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
                          errno = error;
                        }}) {
    const ChildSignal setting(handler);
    compile(constant_kernel(1), "constant");
    CHECK(compile_message("wrong").find("refuses a kernel text: text_1:1:") != std::string::npos);
    CHECK(no_children());
  }
}

TEST_CASE("processes") {
  using cudasim::run_process;
  const auto echo = run_process({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, milliseconds(10000));
  CHECK(echo.status == 3);
  CHECK(echo.output == "out\nerr\n");
  CHECK(run_process({"/bin/sh", "-c", "kill -9 $$"}, milliseconds(10000)).status == 128 + 9);
  CHECK(run_process({"/bin/sh", "-c", "sleep 100 & sleep 100"}, milliseconds(100)).timed_out);
  CHECK(run_process({"/bin/sh", "-c", "exec >&- 2>&-; sleep 100"}, milliseconds(100)).timed_out);
  CHECK(run_process({"/bin/sh", "-c", "head -c 3000000 /dev/zero"}, milliseconds(10000)).output.size() == 1 << 20);
  CHECK(message_of([] { run_process({"/no/such/program"}, milliseconds(100)); }) ==
        "cannot run /no/such/program: No such file or directory");
  CHECK(no_children());
}

TEST_CASE("launches on several host threads") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(tree_text, "tree");
  cudasim::Simulator device;
  std::vector<std::string> messages(4);
  std::vector<std::vector<double>> results(4);
  const auto work = [&](size_t number) {
    messages[number] = message_of([&] {
      for (uint64_t seed = 0; seed < 10; ++seed) {
        const DeviceArray<double> x(device, std::vector<double>(512, static_cast<double>(number)));
        const DeviceArray<double> partials(device, size_t{2});
        device.launch(function, 2, 128, 0, std::vector<uint64_t>{x.address(), partials.address()}, {.seed = seed});
        results[number] = partials.values();
      }
    });
  };
  std::vector<std::thread> threads;
  for (size_t number = 0; number < 4; ++number) threads.emplace_back(work, number);
  for (std::thread& thread : threads) thread.join();
  for (size_t number = 0; number < 4; ++number) {
    CHECK(messages[number] == "");
    CHECK(results[number] == std::vector<double>(2, 256.0 * static_cast<double>(number)));
  }
}

TEST_CASE("the host's rounding does not matter") {
  NEEDS_COMPILER();
  const cudasim::Function function = compile(
      "struct Arguments { const double* x; double* y; };\nextern \"C\" __global__ void third(const Arguments a) {\n"
      "  a.y[0] = a.x[0] / 3;\n}\n",
      "third");
  cudasim::Simulator device;
  const DeviceArray<double> x(device, std::vector<double>{2});
  const DeviceArray<double> y(device, size_t{1});
  std::fesetround(FE_DOWNWARD);
  device.launch(function, 1, 1, 0, std::vector<uint64_t>{x.address(), y.address()});
  CHECK(std::fegetround() == FE_DOWNWARD);
  std::fesetround(FE_TONEAREST);
  CHECK(y.values()[0] == 2.0 / 3);
}

// What the C library's list of loaded objects says of a thread's memory may be null although the memory is there: when
// the thread's table of such memory is just full and another object has come or gone since (glibc 2.36). Shared memory
// was at address 0 then. A thread's table grows by 14 at a time, so several of these modules fill it.
TEST_CASE("a thread sees a module's shared memory while other modules come and go") {
  NEEDS_COMPILER();
  const std::vector<cudasim::Source> sources{{tree_text, {"tree"}}};
  const std::string object = cudasim::Module::build(sources);
  std::vector<cudasim::Function> functions(40);
  std::atomic<size_t> loaded = 0, looks = 0, not_found = 0;
  std::jthread thread([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      if (const size_t count = loaded; count > 0) {
        const std::span<std::byte> shared = functions[count - 1].module->static_shared();
        not_found += shared.data() == nullptr || shared.size() < 512 * sizeof(double);
        ++looks;
      }
  });
  for (cudasim::Function& function : functions) {
    function = cudasim::Module::load(sources, object).function(0, "tree");
    ++loaded;
    for (const size_t before = looks; looks == before;) std::this_thread::yield();
    for (int k = 0; k < 10; ++k) cudasim::Module::load(sources, object);
  }
  thread.request_stop();
  thread.join();
  CHECK(not_found == 0);
}
