#include "runtime/cudasim/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "ir/error.hpp"
#include "runtime/file_descriptor.hpp"

namespace fuseval::runtime::cudasim {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t output_limit = 1 << 20;

/// A process of its own group (so that what a compiler starts ends with it), with nothing of the host's signal state: a
/// compiler driver whose SIGCHLD is ignored cannot wait for its own children.
struct Attributes {
  posix_spawnattr_t value;
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setpgroup(&value, 0);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

struct Actions {
  posix_spawn_file_actions_t value;
  Actions(int output, int inherited) {
    posix_spawn_file_actions_init(&value);
    if (inherited >= 0) posix_spawn_file_actions_adddup2(&value, inherited, 3);
    posix_spawn_file_actions_adddup2(&value, output, 1);
    posix_spawn_file_actions_adddup2(&value, output, 2);
    posix_spawn_file_actions_addopen(&value, 0, "/dev/null", O_RDONLY, 0);
  }
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

std::vector<char*> environment_in_english() {
  std::vector<char*> result;
  for (char** entry = environ; *entry; ++entry)
    if (!std::string_view(*entry).starts_with("LC_ALL=")) result.push_back(*entry);
  static char english[] = "LC_ALL=C";
  result.push_back(english);
  result.push_back(nullptr);
  return result;
}

/// The same pipe or file as a descriptor that the actions above do not overwrite.
int above_standard(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 10); }

pid_t start(const std::vector<std::string>& arguments, int output, int inherited) {
  const Attributes attributes;
  const Actions actions(output, inherited);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, argv[0], &actions.value, &attributes.value, argv.data(), environment_in_english().data());
  if (error != 0) throw Error(ErrorCode::file, fmt::format("cannot run {}: {}", arguments[0], std::strerror(error)));
  return process;
}

/// Reads until every writer has closed the pipe. False when the time is over first.
bool read_all(int descriptor, Clock::time_point deadline, std::string& output) {
  std::array<char, 4096> bytes;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<long>(left, 1 << 30)));
    if (ready <= 0) continue;
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count == 0) return true;
    if (count > 0)
      output.append(bytes.data(), std::min<size_t>(count, output_limit - std::min(output_limit, output.size())));
    if (count < 0 && errno != EINTR) return true;
  }
}

/// Waits for the process, which has closed its output and so is about to end. False when the time is over first.
bool reap(pid_t process, Clock::time_point deadline, std::optional<int>& status) {
  for (;;) {
    int raw = 0;
    const pid_t done = waitpid(process, &raw, WNOHANG);
    if (done == process) status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    if (done == process || (done < 0 && errno == ECHILD)) return true;
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, milliseconds timeout, int inherited) {
  const auto deadline = Clock::now() + timeout;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(ErrorCode::file, fmt::format("cannot run {}: {}", arguments[0], std::strerror(errno)));
  const FileDescriptor reading(ends[0]);
  FileDescriptor low(ends[1]);
  FileDescriptor writing(above_standard(low.get()));
  const FileDescriptor given(inherited >= 0 ? above_standard(inherited) : -1);
  ProcessResult result;
  const pid_t process = start(arguments, writing.get(), given.get());
  low.close();
  writing.close();
  if (read_all(reading.get(), deadline, result.output) && reap(process, deadline, result.status)) return result;
  result.timed_out = true;
  kill(-process, SIGKILL);
  reap(process, Clock::now() + std::chrono::seconds(10), result.status);
  return result;
}

std::string find_executable(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0 ? name : "";
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!name.empty() && !folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
    const std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

}  // namespace fuseval::runtime::cudasim
