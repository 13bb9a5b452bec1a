#include "runtime/cuda/library_search.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/cuda/python_folders.hpp"
#include "runtime/environment.hpp"

namespace fuseval::runtime::cuda {
namespace {

/// One search: what was tried is remembered for the sentence.
class Finder {
 public:
  explicit Finder(const LibrarySearch& search) : search_(search) {}

  LibraryFound find() {
    if (const std::string own = environment(search_.variable); !own.empty()) return only(own);
    loaded();
    wheels();
    if (search_.in_toolkits) conda();
    system();
    if (search_.in_toolkits) toolkits();
    for (const std::string& folder : search_.folders) look_in(folder);
    return {found_, found_ ? "" : sentence()};
  }

 private:
  LibraryFound only(const std::string& path) {
    std::string reason;
    auto library = SharedLibrary::open(path, 0, reason);
    if (!library) reason = fmt::format("{}={} cannot be loaded: {}", search_.variable, path, reason);
    return {library, reason};
  }

  void loaded() { open_names(RTLD_NOLOAD); }

  void wheels() {
    if (search_.wheel_folders.empty()) return;
    for (const std::string& packages : python_folders())
      for (const std::string& folder : search_.wheel_folders) look_in(packages + "/" + folder);
    if (!found_) tried_.push_back("Python's packages");
  }

  void conda() {
    if (const std::string prefix = environment("CONDA_PREFIX"); !prefix.empty()) look_in(prefix + "/lib");
  }

  void system() {
    open_names(0);
    if (!found_) tried_.push_back("the system's library path");
  }

  void toolkits() {
    for (const std::string& home : {environment("CUDA_HOME"), environment("CUDA_PATH"), std::string("/usr/local/cuda")})
      if (!home.empty()) {
        look_in(home + "/lib64");
        look_in(home + "/targets/x86_64-linux/lib");
      }
  }

  void open_names(int flags) {
    std::string ignored;
    for (const std::string& name : search_.names)
      if (!found_) found_ = SharedLibrary::open(name, flags, ignored);
  }

  /// Only files that are there are tried: the loader would look elsewhere for their like.
  void look_in(const std::string& folder) {
    if (found_ || access(folder.c_str(), X_OK) != 0) return;
    for (const std::string& name : search_.names) {
      const std::string path = folder + "/" + name;
      if (found_ || access(path.c_str(), R_OK) != 0) continue;
      std::string reason;
      found_ = SharedLibrary::open(path, 0, reason);
      if (!found_) refused_.push_back(reason);
    }
    if (!found_ && std::find(tried_.begin(), tried_.end(), folder) == tried_.end()) tried_.push_back(folder);
  }

  std::string sentence() const {
    std::string text =
        fmt::format("{} was not found (looked in {}", fmt::join(search_.names, ", "), fmt::join(tried_, ", "));
    if (!refused_.empty()) text += fmt::format("; {}", fmt::join(refused_, "; "));
    return text + fmt::format("; {} may name it)", search_.variable);
  }

  const LibrarySearch& search_;
  std::shared_ptr<SharedLibrary> found_;
  std::vector<std::string> tried_;
  std::vector<std::string> refused_;
};

}  // namespace

LibraryFound find_library(const LibrarySearch& search) { return Finder(search).find(); }

}  // namespace fuseval::runtime::cuda
