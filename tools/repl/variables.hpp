// The names that a user of the REPL has bound.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tools/data_reference.hpp"

namespace fuseval::tools {

/// Files of more bytes are mapped by :load, and must not change meanwhile; others are copied, and may.
constexpr std::uintmax_t most_copied_bytes = std::uintmax_t{64} << 20;

/// An array or scalar, and what keeps its memory. Copies share it; it never changes.
class Variable {
 public:
  explicit Variable(Array array);
  /// An array of a file, as it was typed.
  Variable(LoadedView loaded, std::string file)
      : keeper_(std::move(loaded.keeper)), view_(std::move(loaded.view)), file_(std::move(file)) {}

  const View& view() const { return view_; }
  /// What it was loaded by; "": not from a file.
  const std::string& file() const { return file_; }

 private:
  std::shared_ptr<const void> keeper_;
  View view_;
  std::string file_;
};

/// Reads an array of a file, which is copied or mapped. Throws Error.
Variable load_variable(const DataReference& reference, const std::string& file);
/// Whether a file is small enough to be copied.
bool is_small(const std::string& path);

using Variables = std::map<std::string, Variable, std::less<>>;

/// "float64 array of shape (2, 3), C order, 48 bytes", and the file that it comes from.
std::string describe(const Variable& variable);

int64_t element_count(const View& view);
int64_t byte_count(const View& view);

}  // namespace fuseval::tools
