// Pages that are written as data and then run.
#pragma once

#include <cstddef>
#include <vector>

namespace fuseval::codegen {

/// Unmapped with this object, also when what fills it has failed on the way.
class CodeBlock {
 public:
  CodeBlock() = default;
  ~CodeBlock();
  CodeBlock(const CodeBlock&) = delete;
  CodeBlock& operator=(const CodeBlock&) = delete;

  /// Whole pages.
  struct Part {
    char* begin;
    size_t bytes;
    int protection;  ///< mprotect's
  };

  /// Maps so many bytes, whole pages, to be written. Once. Throws Error(memory).
  void map(size_t bytes);
  char* data() const { return data_; }
  /// Gives the parts their protections. Some processes may not run pages that they have written (systemd's
  /// MemoryDenyWriteExecute, prctl's PR_SET_MDWE, SELinux's execmem): their contents then come from a file in memory,
  /// which most such rules allow. Throws Error(unsupported), saying what forbids it, and Error(memory).
  void protect(const std::vector<Part>& parts);

 private:
  bool map_from_file(const std::vector<Part>& parts) const;

  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace fuseval::codegen
