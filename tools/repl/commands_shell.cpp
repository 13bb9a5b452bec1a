// :run, :cd and :shell
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "tools/repl/commands.hpp"
#include "tools/repl/entry_loop.hpp"
#include "tools/repl/file_lines.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

namespace fs = std::filesystem;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string one_path(const Passage& arguments, const char* usage) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.size() != 1) throw ReplError(usage);
  return from_home(words[0]);
}

/// A file that its own lines run again would go on for ever.
class RunningFile {
 public:
  RunningFile(Workspace& workspace, const std::string& path) : files_(workspace.running_files()) {
    std::error_code unknown;
    const std::string file = fs::canonical(path, unknown).string();
    if (std::find(files_.begin(), files_.end(), file) != files_.end())
      throw ReplError("\"" + path + "\" is being run already");
    files_.push_back(file);
  }
  ~RunningFile() { files_.pop_back(); }
  RunningFile(const RunningFile&) = delete;
  RunningFile& operator=(const RunningFile&) = delete;

 private:
  std::vector<std::string>& files_;
};

/// The shell's own echo, which the line editor has switched off: what is typed belongs to the command.
class EchoOn {
 public:
  EchoOn() : is_changed_(is_at_terminal() && tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios with_echo = before_;
    with_echo.c_lflag |= ECHO;
    if (is_changed_) tcsetattr(STDIN_FILENO, TCSADRAIN, &with_echo);
  }
  ~EchoOn() {
    if (is_changed_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  EchoOn(const EchoOn&) = delete;
  EchoOn& operator=(const EchoOn&) = delete;

 private:
  termios before_{};
  bool is_changed_;
};

/// The shell may say so of its command by its own status.
bool was_interrupted(int status) {
  return WIFSIGNALED(status) ? WTERMSIG(status) == SIGINT : WEXITSTATUS(status) == 128 + SIGINT;
}

void check_status(int status) {
  if (status == -1) throw ReplError(std::string("cannot run a shell: ") + std::strerror(errno));
  if (is_at_terminal() && was_interrupted(status)) std::fputs("\n", stdout);  // after the terminal's ^C
  if (WIFSIGNALED(status)) throw ReplError(std::string("the command was ended: ") + strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) throw ReplError("the command ended with status " + std::to_string(WEXITSTATUS(status)));
}

}  // namespace

void run_run(Workspace& workspace, const Passage& arguments) {
  const std::string path = one_path(arguments, ":run takes the file whose lines are to be run");
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  std::error_code error;
  if (!file) throw ReplError("cannot read \"" + path + "\": " + std::strerror(errno));
  if (fs::is_directory(path, error)) throw ReplError("cannot read \"" + path + "\": it is a folder");
  const RunningFile running(workspace, path);
  FileLines lines(file.get(), &workspace.cancel());
  const std::string origin = (is_at_terminal() ? "" : "fuseval: ") + path;
  if (!EntryLoop(workspace, lines, {origin, false, true}).run()) throw ReportedFailure{};
  if (workspace.cancel().is_set()) throw ReplError("interrupted");
}

void run_cd(Workspace&, const Passage& arguments) {
  const std::string path = arguments.is_empty() ? from_home("~/") : one_path(arguments, ":cd takes a folder");
  std::error_code error;
  fs::current_path(path, error);
  if (error) throw ReplError("cannot change to \"" + path + "\": " + error.message());
  std::printf("%s\n", fs::current_path().c_str());
}

void run_shell(Workspace&, const Passage& arguments) {
  if (arguments.is_empty()) throw ReplError("! and :shell take a command of the shell: !ls");
  const std::string command(arguments.text());
  std::fflush(stdout);
  const EchoOn echo;
  // Lines that wait on standard input are statements, not the command's.
  check_status(std::system((is_at_terminal() ? command : "exec </dev/null\n" + command).c_str()));
}

}  // namespace fuseval::tools
