// From an object in memory to functions that can be called, through JITLink without ORC: one block a kernel, freed with
// it.
#pragma once

#include <cstdint>
#include <string_view>

#include "codegen/llvm/code_block.hpp"

namespace fuseval::codegen {

/// Executable memory. Addresses stay valid until destruction.
class LinkedCode {
 public:
  LinkedCode() = default;
  LinkedCode(const LinkedCode&) = delete;
  LinkedCode& operator=(const LinkedCode&) = delete;

  /// Throws Error(internal) for an object that needs a symbol from outside, and what CodeBlock throws.
  void link(std::string_view object);
  /// Null if the object does not define it.
  void* address(std::string_view symbol) const;
  int64_t bytes() const { return bytes_; }

 private:
  static constexpr int max_symbols = 4;
  struct Symbol {
    char name[16];
    void* address;
  };
  CodeBlock block_;
  int64_t bytes_ = 0;
  int symbol_count_ = 0;
  Symbol symbols_[max_symbols] = {};

  friend class LinkContext;
};

}  // namespace fuseval::codegen
