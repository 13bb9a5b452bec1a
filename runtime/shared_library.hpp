// A shared library that is opened while the program runs.
#pragma once

#include <memory>
#include <string>

namespace fuseval::runtime {

/// An open shared library. It stays mapped for good: NVIDIA's libraries and MPI start threads and register handlers
/// that do not survive being unmapped.
class SharedLibrary {
 public:
  /// nullptr when it cannot be opened; `reason` then gets the loader's words.
  static std::shared_ptr<SharedLibrary> open(const std::string& name, int extra_flags, std::string& reason);

  /// The symbol's address, or nullptr.
  void* symbol(const char* name) const;
  /// The file that was loaded.
  const std::string& path() const { return path_; }

 private:
  SharedLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  void* handle_;
  std::string path_;
};

}  // namespace fuseval::runtime
