#include "runtime/distributed/mpi_plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <vector>

#include "ir/error.hpp"
#include "runtime/environment.hpp"
#include "runtime/shared_library.hpp"

namespace fuseval::runtime::distributed {
namespace {

constexpr const char* file_name = "libfuseval_mpi.so";
constexpr const char* variable = "FUSEVAL_MPI_PLUGIN";

/// The folder of the library or program that has this function.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// In order of preference. A file beside us that is not there is no reason worth telling.
std::vector<std::string> candidates() {
  if (const std::string named = environment(variable); !named.empty()) return {named};
  const std::string beside = own_folder() + "/" + file_name;
  if (access(beside.c_str(), R_OK) == 0) return {beside, file_name};
  return {file_name};
}

std::shared_ptr<SharedLibrary> find() {
  std::vector<std::string> reasons;
  for (const std::string& candidate : candidates()) {
    std::string reason;
    if (auto library = SharedLibrary::open(candidate, 0, reason)) return library;
    reasons.push_back(reason);
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("MPI cannot be used: {} (looked at ${}, in {}, and on the loader's path)",
                          fmt::join(reasons, "; "), variable, own_folder()));
}

const fuseval_mpi_table& load() {
  const std::shared_ptr<SharedLibrary> library = find();
  const auto plugin = reinterpret_cast<const fuseval_mpi_table* (*)()>(library->symbol("fuseval_mpi_plugin"));
  if (plugin == nullptr)
    throw Error(ErrorCode::unsupported, fmt::format("MPI cannot be used: {} is not fuseval's plugin", library->path()));
  const fuseval_mpi_table* const table = plugin();
  if (table->abi != FUSEVAL_MPI_ABI || table->bytes != sizeof(fuseval_mpi_table))
    throw Error(ErrorCode::unsupported,
                fmt::format("MPI cannot be used: {} is of version {}, and this fuseval needs version {}",
                            library->path(), table->abi, FUSEVAL_MPI_ABI));
  return *table;
}

}  // namespace

const fuseval_mpi_table& mpi_plugin() {
  static const fuseval_mpi_table& table = load();
  return table;
}

}  // namespace fuseval::runtime::distributed
