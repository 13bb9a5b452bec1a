// Finding the libraries that are loaded when somebody needs them: libfuseval_mpi.so, libfuseval_hdf5.so ….
#pragma once

#include <fmt/format.h>

#include <string>

#include "ir/error.hpp"

namespace fuseval::runtime::distributed {

struct PluginNames {
  const char* file;      ///< libfuseval_….so
  const char* variable;  ///< of the environment, that names a file
  const char* entry;     ///< the plugin's one function
  const char* failure;   ///< the begin of each error: "MPI cannot be used"
  const char* advice;    ///< the end of the error that there is no such file, or ""
};

/// Where a plugin's entry is, and the file. Looks only at the file that the variable names, if it is set (it is ignored
/// in set-user-id programs); else beside the library or program that this code is part of; then where the loader looks.
/// Errors: ErrorCode::unsupported: no such file, a library that it needs is missing, another library of that name.
struct PluginEntry {
  void* function;
  std::string path;
};
PluginEntry load_plugin(const PluginNames& names);

/// The plugin's table, which begins with the version of its functions and its own size. Errors: as above; unsupported:
/// a plugin of another version.
template <class Table>
const Table& plugin_table(const PluginNames& names, int version) {
  const PluginEntry entry = load_plugin(names);
  const Table* const table = reinterpret_cast<const Table* (*)()>(entry.function)();
  if (table->abi != version || table->bytes != sizeof(Table))
    throw Error(ErrorCode::unsupported, fmt::format("{}: {} is of version {}, and this fuseval needs version {}",
                                                    names.failure, entry.path, table->abi, version));
  return *table;
}

}  // namespace fuseval::runtime::distributed
