#include "runtime/distributed/plugin_library.hpp"

#include <dlfcn.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "runtime/environment.hpp"
#include "runtime/shared_library.hpp"

namespace fuseval::runtime::distributed {
namespace {

/// The folder of the library or program that has this function.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// In order of preference. A file beside us that is not there is no reason worth telling.
std::vector<std::string> candidates(const PluginNames& names) {
  if (const std::string named = environment(names.variable); !named.empty()) return {named};
  const std::string beside = own_folder() + "/" + names.file;
  if (access(beside.c_str(), R_OK) == 0) return {beside, names.file};
  return {names.file};
}

std::shared_ptr<SharedLibrary> find(const PluginNames& names) {
  std::vector<std::string> reasons;
  for (const std::string& candidate : candidates(names)) {
    std::string reason;
    if (auto library = SharedLibrary::open(candidate, 0, reason)) return library;
    reasons.push_back(reason);
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("{}: {} (looked at ${}, in {}, and on the loader's path){}", names.failure,
                          fmt::join(reasons, "; "), names.variable, own_folder(), names.advice));
}

}  // namespace

PluginEntry load_plugin(const PluginNames& names) {
  const std::shared_ptr<SharedLibrary> library = find(names);
  void* const entry = library->symbol(names.entry);
  if (entry == nullptr)
    throw Error(ErrorCode::unsupported, fmt::format("{}: {} is not fuseval's plugin", names.failure, library->path()));
  return {entry, library->path()};
}

}  // namespace fuseval::runtime::distributed
