// The files that a command line names: each is opened once, with what all bindings want of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/data_reference.hpp"

namespace fuseval::tools {

class DataInputs {
 public:
  /// Before the first load(): what will be asked for. Throws Error(FV_ERROR_ARGUMENT) where a pipe would be read twice.
  void want(const DataReference& reference);
  /// Those of these columns or members that the file has.
  void want_any(const DataReference& reference, const std::vector<std::string>& names);

  /// Opens the file at its first use. Errors: those of fv_data_open.
  LoadedView load(const DataReference& reference);
  /// The file of want_any.
  std::shared_ptr<const DataFile> file(const DataReference& reference);

 private:
  struct Input {
    DataReference reference;
    std::vector<std::string> members;
    bool passes_over_missing = false;
    std::shared_ptr<const DataFile> file;
  };
  /// One for a file by its members, and one for each way to read all of it.
  static std::string key_of(const DataReference& reference, bool by_members);
  Input& input_of(const DataReference& reference, bool by_members);
  static const std::shared_ptr<const DataFile>& opened(Input& input);

  std::map<std::string, Input> inputs_;
};

}  // namespace fuseval::tools
