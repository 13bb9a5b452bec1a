// The names that a user of the REPL has bound.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// The file behind a mapped array: it must not have become shorter when the array is looked at.
struct MappedFile {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
};

/// An array or scalar, and what keeps its memory. Copies share it; it never changes.
class Variable {
 public:
  explicit Variable(Array array);
  /// A .npy file, memory-mapped. Throws Error.
  explicit Variable(const std::string& path);

  const View& view() const { return view_; }
  /// "": not from a file.
  const std::string& file() const { return file_.path; }
  /// Throws Error(FV_ERROR_FILE) if the file behind it is shorter than it was: to touch the array would end the
  /// process.
  void check_file() const;

 private:
  std::shared_ptr<const void> keeper_;
  View view_;
  MappedFile file_;
};

using Variables = std::map<std::string, Variable, std::less<>>;

/// Bindings of those variables whose names are words of the text: programs are remembered by text and bindings.
Bindings bindings_for(std::string_view text, const Variables& variables);

/// "float64 array of shape (2, 3), C order, 48 bytes", and the file that it comes from.
std::string describe(const Variable& variable);

int64_t element_count(const View& view);
int64_t byte_count(const View& view);

}  // namespace fuseval::tools
