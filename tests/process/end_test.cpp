// Texts that are met while their process, or a thread, ends. Each scenario is a test case that this program runs in a
// process of its own, and reads what that writes.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

/// The plugin's functions, loaded at the first use.
struct Plugin {
  void* library = dlopen(FUSEVAL_END_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  template <class Function>
  Function find(const char* name) const {
    void* const found = library == nullptr ? nullptr : dlsym(library, name);
    if (found == nullptr) {
      std::printf("%s\n", dlerror());
      std::_Exit(2);
    }
    return reinterpret_cast<Function>(found);
  }
};

const Plugin& plugin() {
  static const Plugin& one = *new Plugin;
  return one;
}

void evaluate_as(const char* who) { plugin().find<void (*)(const char*)>("evaluate_as")(who); }

struct AtItsEnd {
  const char* who;
  ~AtItsEnd() { evaluate_as(who); }
};

void make_thread_local(const char* who) {
  thread_local AtItsEnd object{who};
  (void)object;
}

void make_key(const char* who) {
  pthread_key_t key;
  pthread_key_create(&key, [](void* value) { evaluate_as(static_cast<const char*>(value)); });
  pthread_setspecific(key, who);
}

template <class F>
void in_thread(F&& f) {
  std::thread(f).join();
}

/// What a process that runs the scenario writes, doctest's own lines apart, and how it ends.
std::string run(const std::string& scenario) {
  std::array<char, 4096> self{};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) return "no /proc";
  const std::string command =
      "timeout 60 '" + std::string(self.data()) + "' --no-skip -m -tc='scenario: " + scenario + "' 2>&1";
  FILE* const output = popen(command.c_str(), "r");
  REQUIRE(output != nullptr);
  std::string text;
  for (std::array<char, 4096> line{}; std::fgets(line.data(), line.size(), output) != nullptr;)
    if (!std::string(line.data()).starts_with("[doctest]") && line[0] != '=') text += line.data();
  const int status = pclose(output);
  return status == 0 ? text : text + "ended with " + std::to_string(status) + "\n";
}

}  // namespace

TEST_CASE("scenario: atexit - first use" * doctest::skip()) {
  plugin();
  std::atexit([] { evaluate_as("handler"); });
}
TEST_CASE("scenario: atexit - after use" * doctest::skip()) {
  evaluate_as("main");
  std::atexit([] { evaluate_as("handler"); });
}
TEST_CASE("scenario: atexit - registered before the library is there" * doctest::skip()) {
  std::atexit([] { evaluate_as("handler"); });
  evaluate_as("main");
}
TEST_CASE("scenario: static of the host" * doctest::skip()) {
  static const AtItsEnd object{"static"};
  evaluate_as("main");
}
TEST_CASE("scenario: static of the plugin" * doctest::skip()) {
  plugin().find<void (*)()>("evaluate_at_unload")();
  evaluate_as("main");
}
TEST_CASE("scenario: thread-local object - first use" * doctest::skip()) {
  in_thread([] { make_thread_local("thread-local"); });
}
TEST_CASE("scenario: thread-local object - after use" * doctest::skip()) {
  in_thread([] {
    make_thread_local("thread-local");
    evaluate_as("thread");
  });
}
TEST_CASE("scenario: thread-local object of the main thread" * doctest::skip()) {
  make_thread_local("thread-local");
  evaluate_as("main");
}
TEST_CASE("scenario: thread-specific key - first use" * doctest::skip()) {
  in_thread([] { make_key("key"); });
}
TEST_CASE("scenario: thread-specific key - after use" * doctest::skip()) {
  in_thread([] {
    make_key("key");
    evaluate_as("thread");
  });
}
TEST_CASE("scenario: quick_exit" * doctest::skip()) {
  evaluate_as("main");
  std::at_quick_exit([] { evaluate_as("handler"); });
  std::quick_exit(0);
}
TEST_CASE("scenario: detached threads" * doctest::skip()) {
  const auto evaluate_for_ever = plugin().find<void (*)()>("evaluate_for_ever");
  for (int k = 0; k < 3; ++k) std::thread(evaluate_for_ever).detach();
  usleep(static_cast<useconds_t>(5000 + getpid() * 7919 % 30000));
}

TEST_CASE("handlers of exit") {
  CHECK(run("atexit - first use") == "handler is right\n");
  CHECK(run("atexit - after use") == "main is right\nhandler is right\n");
  CHECK(run("atexit - registered before the library is there") == "main is right\nhandler is right\n");
  CHECK(run("quick_exit") == "main is right\nhandler is right\n");
}

TEST_CASE("destructors of static objects") {
  CHECK(run("static of the host") == "main is right\nstatic is right\n");
  CHECK(run("static of the plugin") == "main is right\nplugin's static is right\n");
}

TEST_CASE("destructors of a thread's objects") {
  CHECK(run("thread-local object - first use") == "thread-local is right\n");
  CHECK(run("thread-local object - after use") == "thread is right\nthread-local is right\n");
  CHECK(run("thread-local object of the main thread") == "main is right\nthread-local is right\n");
  CHECK(run("thread-specific key - first use") == "key is right\n");
  CHECK(run("thread-specific key - after use") == "thread is right\nkey is right\n");
}

TEST_CASE("main returns while detached threads meet new texts") {
  std::string text;
  for (int k = 0; k < 30; ++k) text += run("detached threads");
  CHECK(text == "");
}
