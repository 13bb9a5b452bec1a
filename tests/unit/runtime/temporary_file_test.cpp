#include "runtime/temporary_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "ir/error.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

using Options = TemporaryFile::Options;

void write_text(const std::string& path, const std::string& text, Options options = {}) {
  TemporaryFile file(FileTarget(path), options);
  file.write(text.data(), text.size());
  file.finish();
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::file);
    return error.message();
  }
  return "no error";
}

std::string refusal(const std::string& path) {
  return error_of([&] { FileTarget target(path); });
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status;
}

/// Whether file systems here can have files without names: else they have temporary ones.
bool has_nameless_files(const std::string& folder) {
  const FileDescriptor file(open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  return file.get() >= 0;
}

/// What `body` exits with in a forked child, whose user is nobody in particular if this one is the superuser.
int of_other_user(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(99);
    int result = 98;
    try {
      result = body();
    } catch (...) {
    }
    _exit(result);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a file is whole when it is seen, with a temporary name or without") {
  const TemporaryFolder folder;
  for (const bool needs_name : {false, true})
    for (const bool is_there : {false, true}) {
      CAPTURE(needs_name);
      CAPTURE(is_there);
      const std::string path = folder.path("a");
      unlink(path.c_str());
      if (is_there) folder.write("a", "old contents");
      {
        TemporaryFile file(FileTarget(path), {.needs_name = needs_name});
        const size_t names = (is_there ? 1 : 0) + (needs_name || !has_nameless_files(folder.path("")) ? 1 : 0);
        CHECK(file.name().empty() == (names == (is_there ? 1u : 0u)));
        file.write("new ", 4);
        CHECK(folder.files() == names);
        CHECK(folder.read("a") == (is_there ? "old contents" : ""));
        file.write("contents", 8);
        file.finish();
      }
      CHECK(folder.read("a") == "new contents");
      CHECK(folder.files() == 1);
      { const TemporaryFile dropped(FileTarget(path), {.needs_name = needs_name}); }
      CHECK(folder.files() == 1);
      CHECK(folder.read("a") == "new contents");
    }
}

TEST_CASE("a file that appears while its name is being taken is replaced") {
  const TemporaryFolder folder;
  TemporaryFile file{FileTarget(folder.path("a"))};
  file.write("mine", 4);
  folder.write("a", "theirs, which came first");
  file.finish();
  CHECK(folder.read("a") == "mine");
  CHECK(folder.files() == 1);
}

TEST_CASE("a replaced file passes its mode and attributes on") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  const bool has_attributes = setxattr(path.c_str(), "user.fuseval", "kept", 4, 0) == 0;
  for (const bool needs_name : {false, true})
    for (const mode_t mode : {0600u, 0640u, 0664u, 0777u}) {
      REQUIRE(chmod(path.c_str(), mode) == 0);
      write_text(path, "new", {.needs_name = needs_name});
      CHECK((status_of(path).st_mode & 07777) == mode);
      char value[4] = {};
      if (has_attributes) CHECK(getxattr(path.c_str(), "user.fuseval", value, 4) == 4);
    }
}

TEST_CASE("a replaced file keeps its owner, or is not replaced") {
  if (geteuid() != 0) return;  // nobody else can give files away
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  REQUIRE(chmod(folder.path("").c_str(), 0777) == 0);
  REQUIRE(chown(path.c_str(), 12345, 23456) == 0);
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  write_text(path, "new");
  CHECK(status_of(path).st_uid == 12345);
  CHECK(status_of(path).st_gid == 23456);
  CHECK((status_of(path).st_mode & 07777) == 0666);
  for (const bool needs_name : {false, true})
    CHECK(of_other_user([&] {
            const Options options{.needs_name = needs_name};
            const std::string message = error_of([&] { TemporaryFile file(FileTarget(path), options); });
            return message == "cannot write \"" + path + "\": it belongs to user 12345, who would lose it" ? 0 : 1;
          }) == 0);
  REQUIRE(chown(path.c_str(), 65534, 23456) == 0);
  CHECK(of_other_user([&] {
          const std::string message = error_of([&] { TemporaryFile file{FileTarget(path)}; });
          return message == "cannot write \"" + path + "\": it belongs to group 23456, which would lose it" ? 0 : 1;
        }) == 0);
  CHECK(folder.files() == 1);
  CHECK(folder.read("a") == "new");
}

TEST_CASE("read-only files are not replaced") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  REQUIRE(chmod(path.c_str(), 0444) == 0);
  CHECK(refusal(path) == "cannot write \"" + path + "\": it is read-only");
  if (geteuid() != 0) return;
  REQUIRE(chmod(folder.path("").c_str(), 0777) == 0);
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  CHECK(of_other_user([&] { return refusal(path) == "cannot write \"" + path + "\": Permission denied" ? 0 : 1; }) ==
        0);
}

TEST_CASE("links are followed to where they lead, and hard links keep the old contents") {
  const TemporaryFolder folder;
  folder.write("real", "old");
  REQUIRE(symlink("real", folder.path("link").c_str()) == 0);
  REQUIRE(symlink("link", folder.path("second").c_str()) == 0);
  REQUIRE(link(folder.path("real").c_str(), folder.path("hard").c_str()) == 0);
  write_text(folder.path("second"), "new");
  CHECK(folder.read("real") == "new");
  CHECK(folder.read("hard") == "old");
  CHECK(S_ISLNK(status_of(folder.path("link")).st_mode));
  REQUIRE(symlink("yet to be made", folder.path("dangling").c_str()) == 0);
  write_text(folder.path("dangling"), "made");
  CHECK(folder.read("yet to be made") == "made");
  CHECK(S_ISLNK(status_of(folder.path("dangling")).st_mode));
  REQUIRE(symlink("loop", folder.path("loop").c_str()) == 0);
  CHECK(refusal(folder.path("loop")) ==
        "cannot write \"" + folder.path("loop") + "\": Too many levels of symbolic links");
}

TEST_CASE("folders, devices, pipes and open files are not replaced") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(refusal(folder.path("")).ends_with("it is a folder"));
  CHECK(refusal(folder.path("pipe")).ends_with("it is not a regular file"));
  CHECK(refusal("/dev/null").ends_with("it is not a regular file"));
  const FileDescriptor file(open(folder.write("a", "old").c_str(), O_RDWR | O_CLOEXEC));
  const std::string number = std::to_string(file.get());
  for (const std::string& path : {"/dev/fd/" + number, "/proc/self/fd/" + number})
    CHECK(refusal(path) == "cannot write \"" + path + "\": it is an open file, not a name of one");
  CHECK(folder.read("a") == "old");
}

TEST_CASE("names of one file") {
  const TemporaryFolder folder;
  folder.write("a", "");
  folder.write("b", "");
  REQUIRE(symlink("a", folder.path("link").c_str()) == 0);
  REQUIRE(symlink("new", folder.path("to new").c_str()) == 0);
  REQUIRE(symlink(".", folder.path("here").c_str()) == 0);
  REQUIRE(link(folder.path("a").c_str(), folder.path("hard").c_str()) == 0);
  const auto is_same = [&](const std::string& one, const std::string& other) {
    const FileTarget first(folder.path(one)), second(folder.path(other));
    CHECK(first.is_same_file(second) == second.is_same_file(first));
    return first.is_same_file(second);
  };
  for (const char* other : {"a", "./a", "link", "hard", "here/a", "here/./link"}) CHECK(is_same("a", other));
  for (const char* other : {"new", "./new", "to new", "here/new", "here/to new"}) CHECK(is_same("new", other));
  for (const char* other : {"b", "new", "other", "to new"}) CHECK(!is_same("a", other));
  CHECK(!is_same("new", "newer"));
}

TEST_CASE("unfinished files are discarded, by the process that writes them") {
  const TemporaryFolder folder;
  TemporaryFile file(FileTarget(folder.path("a")), {.needs_name = true});
  file.write("half", 4);
  const std::string inner = folder.path("folder");
  REQUIRE(mkdir(inner.c_str(), 0700) == 0);
  const UnfinishedName name(inner, UnfinishedName::Kind::folder);
  const UnfinishedName within(folder.write("folder/file", "half"));
  CHECK(folder.files() == 2);
  const pid_t child = fork();
  if (child == 0) {
    discard_unfinished();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(folder.files() == 2);
  discard_unfinished();
  CHECK(folder.files() == 0);
  CHECK(error_of([&] { file.finish(); }) == "cannot write \"" + folder.path("a") + "\": No such file or directory");
}

TEST_CASE("names that stayed are not discarded, and their places are used again") {
  const TemporaryFolder folder;
  for (int k = 0; k < 200; ++k) write_text(folder.path("a"), std::to_string(k), {.needs_name = true});
  discard_unfinished();
  CHECK(folder.read("a") == "199");
  const TemporaryFile file(FileTarget(folder.path("b")), {.needs_name = true});
  discard_unfinished();
  CHECK(folder.files() == 1);
}
