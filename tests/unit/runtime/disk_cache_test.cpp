#include "runtime/disk_cache.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../environment_variables.hpp"
#include "../temporary_folder.hpp"

using namespace fuseval::runtime;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> entries(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == ".entry") paths.push_back(file.path());
  return paths;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::string key_of(int number) { return "key " + std::to_string(number); }

}  // namespace

TEST_CASE("disk cache: what is stored is found, by this object and by another; other keys are not") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("a/b"));
  REQUIRE(cache.reason() == "");
  const std::string binary("\0\1\377 value", 9);
  CHECK(cache.find("key") == std::nullopt);
  CHECK(cache.store("key", binary));
  CHECK(cache.find("key") == binary);
  CHECK(DiskCache(folder.path("a/b")).find("key") == binary);
  CHECK(cache.find("ke") == std::nullopt);
  CHECK(cache.find("key ") == std::nullopt);
  CHECK(cache.store("key", ""));
  CHECK(cache.find("key") == "");
  CHECK(cache.store("", "of the empty key"));
  CHECK(cache.find("") == "of the empty key");
  cache.erase("key");
  CHECK(cache.find("key") == std::nullopt);
}

TEST_CASE("disk cache: folder and files are this user's alone") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("a/b"));
  cache.store("key", "value");
  CHECK(mode_of(folder.path("a")) == 0700);
  CHECK(mode_of(folder.path("a/b")) == 0700);
  CHECK(mode_of(entries(folder.path("a/b")).at(0)) == 0600);
}

TEST_CASE("disk cache: a folder or file that others may write is not trusted") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"));
  cache.store("key", "value");
  const fs::path entry = entries(folder.path("own")).at(0);
  chmod(entry.c_str(), 0622);
  CHECK(cache.find("key") == std::nullopt);
  CHECK(cache.find_or_make("key", [] { return "new"; }) == "new");
  CHECK(cache.find("key") == "new");
  chmod(folder.path("own").c_str(), 0777);
  const DiskCache open(folder.path("own"));
  CHECK_FALSE(open.is_usable());
  CHECK(open.reason().ends_with("belongs to another user, or others may write it"));
  CHECK(open.find("key") == std::nullopt);
  CHECK_FALSE(open.store("key", "value"));
  CHECK(open.find_or_make("key", [] { return "made"; }) == "made");
}

TEST_CASE("disk cache: links and folders in the place of an entry are not followed") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"));
  cache.store("key", "value");
  const fs::path entry = entries(folder.path("own")).at(0);
  fs::rename(entry, folder.path("elsewhere"));
  fs::create_symlink(folder.path("elsewhere"), entry);
  CHECK(cache.find("key") == std::nullopt);
  CHECK(cache.store("key", "value"));
  CHECK(cache.find("key") == "value");
  CHECK_FALSE(fs::is_symlink(entry));
  fs::remove(entry);
  fs::create_directory(entry);
  CHECK(cache.find("key") == std::nullopt);
  CHECK_FALSE(cache.store("key", "value"));
  CHECK(entries(folder.path("own")).size() == 1);  // and no temporary file stays
  CHECK(std::distance(fs::directory_iterator(folder.path("own")), {}) == 1);
}

TEST_CASE("disk cache: every flipped byte and every truncation is noticed, and replaced") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"));
  cache.store("key", "some value");
  const std::string name = "own/" + entries(folder.path("own")).at(0).filename().string();
  const std::string whole = folder.read(name);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] ^= 0x10;
    folder.write(name, damaged);
    CHECK(cache.find("key") == std::nullopt);
    folder.write(name, whole.substr(0, at));
    CHECK(cache.find("key") == std::nullopt);
  }
  folder.write(name, whole + "more");
  CHECK(cache.find("key") == std::nullopt);
  CHECK(cache.find_or_make("key", [] { return "again"; }) == "again");
  CHECK(cache.find("key") == "again");
}

TEST_CASE("disk cache: an entry of another key in the same file is not this key's") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"));
  cache.store("one", "value");
  const fs::path one = entries(folder.path("own")).at(0);
  cache.store("two", "other");
  for (const fs::path& path : entries(folder.path("own")))
    if (path != one) fs::copy_file(one, path, fs::copy_options::overwrite_existing);
  CHECK(cache.find("one") == "value");
  CHECK(cache.find("two") == std::nullopt);
}

TEST_CASE("disk cache: beyond the cap what was used longest ago goes") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"), {.most_bytes = 50'000});
  const std::string value(10'000, 'v');
  for (int number = 0; number < 4; ++number) {
    cache.store(key_of(number), value);
    for (const fs::path& path : entries(folder.path("own")))  // an hour older with every new entry
      fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
  }
  CHECK(cache.find(key_of(0)) == value);  // used now, so it stays
  cache.store(key_of(4), value);
  CHECK(entries(folder.path("own")).size() == 4);
  for (const int number : {0, 2, 3, 4}) CHECK(cache.find(key_of(number)).has_value());
  CHECK_FALSE(cache.find(key_of(1)).has_value());
  const DiskCache small(folder.path("own"), {.most_bytes = 5});
  CHECK(small.store("large", value));  // does not fit at all
  CHECK(entries(folder.path("own")).empty());
}

TEST_CASE("disk cache: temporary files of processes that died go after an hour") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"));
  const fs::path old = folder.write("own/0123.entry.1-1.tmp", "half"),
                 fresh = folder.write("own/4567.entry.1-1.tmp", "half");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  cache.store("key", "value");
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(fresh));
}

TEST_CASE("disk cache: threads and processes that want the same new entry make it once") {
  const TemporaryFolder folder;
  const std::string own = folder.path("own");
  const auto make = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ofstream(folder.path("made"), std::ios::app) << 'x';
    return std::string("value");
  };
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t id = fork();
    if (id == 0) {
      const DiskCache cache(own);
      std::atomic<bool> good{true};
      std::vector<std::thread> threads;
      for (int thread = 0; thread < 2; ++thread)
        threads.emplace_back([&] {
          if (cache.find_or_make("key", make) != "value") good = false;
        });
      for (std::thread& thread : threads) thread.join();
      _exit(good ? 0 : 1);
    }
    children.push_back(id);
  }
  for (const pid_t id : children) {
    int status = 0;
    waitpid(id, &status, 0);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(folder.read("made") == "x");
}

TEST_CASE("disk cache: a child that is forked while an entry is written holds no lock of its parent") {
  const TemporaryFolder folder;
  const std::string own = folder.path("own");
  pid_t child = -1;
  DiskCache(own).find_or_make("key", [&] {
    child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    return std::string("value");
  });
  int locks = 0;
  for (const auto& file : fs::directory_iterator(own)) {
    if (file.path().filename().string().find("lock") == std::string::npos) continue;
    ++locks;
    const int descriptor = open(file.path().c_str(), O_RDWR | O_CLOEXEC);
    CHECK(flock(descriptor, LOCK_EX | LOCK_NB) == 0);
    close(descriptor);
  }
  CHECK(locks == 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("disk cache: processes that store, read, erase and cap at once see whole values or none") {
  const TemporaryFolder folder;
  const std::string own = folder.path("own");
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t id = fork();
    if (id == 0) {
      const DiskCache cache(own, {.most_bytes = 60'000});
      bool good = true;
      for (int round = 0; round < 200; ++round) {
        const int number = (round * 7 + child) % 12;
        if (round % 3 == 0)
          cache.store(key_of(number), std::string(8'000 + static_cast<size_t>(child), static_cast<char>('a' + number)));
        if (round % 50 == 0) cache.erase(key_of(number));
        const auto value = cache.find(key_of(number));
        good = good && (!value || (value->size() >= 8'000 &&
                                   value->find_first_not_of(static_cast<char>('a' + number)) == std::string::npos));
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(id);
  }
  for (const pid_t id : children) {
    int status = 0;
    waitpid(id, &status, 0);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
}

TEST_CASE("disk cache: a holder that hangs is not waited for longer than told; errors of make go through") {
  const TemporaryFolder folder;
  const DiskCache cache(folder.path("own"), {.most_bytes = 1 << 20, .wait_milliseconds = 20});
  const std::string outer = cache.find_or_make("key", [&] {
    return cache.find_or_make("key", [] { return "inner"; });  // as another process that wants the same
  });
  CHECK(outer == "inner");
  CHECK_THROWS_AS(cache.find_or_make("other", []() -> std::string { throw std::runtime_error("no"); }),
                  std::runtime_error);
  CHECK(cache.find("other") == std::nullopt);
  CHECK(cache.find_or_make("other", [] { return "then"; }) == "then");
}

TEST_CASE("disk cache: folders that cannot be made, and none") {
  const TemporaryFolder folder;
  folder.write("file", "");
  const DiskCache cache(folder.path("file/below"));
  CHECK_FALSE(cache.is_usable());
  CHECK(cache.find_or_make("key", [] { return "made"; }) == "made");
  CHECK(DiskCache("").reason() == "no folder for it");
}

TEST_CASE("cache folder: FUSEVAL_CACHE_DIR, XDG_CACHE_HOME, the home") {
  EnvironmentVariables variables;
  variables.set("HOME", "/home/someone");
  variables.set("XDG_CACHE_HOME", "/caches");
  variables.set("FUSEVAL_CACHE_DIR", "/own");
  CHECK(cache_folder() == "/own");
  variables.set("FUSEVAL_CACHE_DIR", "");
  CHECK(cache_folder() == std::nullopt);
  variables.set("FUSEVAL_CACHE_DIR", std::nullopt);
  CHECK(cache_folder() == "/caches/fuseval");
  variables.set("XDG_CACHE_HOME", "caches");
  CHECK(cache_folder() == "/home/someone/.cache/fuseval");
  variables.set("HOME", std::nullopt);
  CHECK(cache_folder() == std::nullopt);
}
