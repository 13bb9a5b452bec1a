#include "runtime/cuda/python_folders.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "runtime/environment.hpp"

namespace fuseval::runtime::cuda {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Folders {
 public:
  void add(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) return;
    const std::string path = folder.lexically_normal().string();
    if (std::find(found_.begin(), found_.end(), path) == found_.end()) found_.push_back(path);
  }

  /// prefix/lib/python3.*/site-packages (and Debian's dist-packages), the newest Python first.
  void add_prefix(const fs::path& prefix) {
    if (prefix.empty()) return;
    std::error_code error;
    std::vector<fs::path> versions;
    for (const auto& entry : fs::directory_iterator(prefix / "lib", error))
      if (entry.path().filename().string().starts_with("python3")) versions.push_back(entry.path());
    std::sort(versions.begin(), versions.end(), [](const fs::path& a, const fs::path& b) {
      return std::pair(a.native().size(), a.native()) > std::pair(b.native().size(), b.native());
    });
    for (const fs::path& version : versions) {
      add(version / "site-packages");
      add(version / "dist-packages");
    }
  }

  /// A Python that is <prefix>/bin/python3, and what it is a link to: a virtual environment and its base.
  void add_python(const fs::path& executable) {
    std::error_code error;
    add_prefix(executable.parent_path().parent_path());
    const fs::path real = fs::canonical(executable, error);
    if (!error) add_prefix(real.parent_path().parent_path());
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

/// …/site-packages/fuseval/libfuseval.so: the wheels lie beside our package.
void add_neighbours(Folders& folders) {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&add_neighbours), &info) == 0 || info.dli_fname == nullptr) return;
  std::error_code error;
  fs::path folder = fs::canonical(info.dli_fname, error).parent_path();
  for (int level = 0; !error && level < 4 && folder.has_relative_path(); ++level, folder = folder.parent_path())
    if (fs::is_directory(folder / "nvidia", error)) folders.add(folder);
}

void add_pythons(Folders& folders) {
  std::error_code error;
  const fs::path running = fs::read_symlink("/proc/self/exe", error);
  if (!error && running.filename().string().starts_with("python")) folders.add_python(running);
  for (const std::string& folder : split(environment("PATH"))) {
    const fs::path python = fs::path(folder) / "python3";
    if (!fs::exists(python, error)) continue;
    folders.add_python(python);
    return;
  }
}

}  // namespace

std::vector<std::string> python_folders() {
  Folders folders;
  folders.add_prefix(environment("VIRTUAL_ENV"));
  add_neighbours(folders);
  for (const std::string& folder : split(environment("PYTHONPATH"))) folders.add(folder);
  add_pythons(folders);
  if (const std::string home = environment("HOME"); !home.empty()) folders.add_prefix(fs::path(home) / ".local");
  folders.add_prefix("/usr/local");
  folders.add("/usr/lib/python3/dist-packages");
  return folders.take();
}

}  // namespace fuseval::runtime::cuda
