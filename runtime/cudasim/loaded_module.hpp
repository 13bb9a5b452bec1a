// A compiled module in memory: its table of kernels, its thread-local memory (which is the blocks' static shared
// memory) and the way from a program counter back to a line of a kernel text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/cudasim/module.hpp"
#include "runtime/file_descriptor.hpp"

namespace fuseval::runtime::cudasim {

class LoadedModule {
 public:
  /// Loads a shared object. Error(file) when the system refuses.
  LoadedModule(const std::string& path, std::vector<Source> sources);
  ~LoadedModule();
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

  const std::vector<Source>& sources() const { return sources_; }
  const Kernel* kernels() const { return kernels_; }
  uintptr_t image_begin() const { return begin_; }
  uintptr_t image_end() const { return end_; }

  /// The calling thread's static shared memory.
  std::span<std::byte> static_shared() const;

  /// The line of its text that a place is in; 0 if that cannot be found out.
  int line_of(const Place& place) const;

 private:
  std::vector<Source> sources_;
  FileDescriptor file_;  ///< for its line table; the file itself has no name any more
  void* library_ = nullptr;
  const Kernel* kernels_ = nullptr;
  size_t thread_local_module_ = 0;  ///< its number for the dynamic linker
  size_t thread_local_bytes_ = 0;
  uintptr_t base_ = 0;
  uintptr_t begin_ = 0;
  uintptr_t end_ = 0;
};

/// The name that a source has for the compiler, and back: the source of "…/text_3", or -1.
std::string name_of_source(size_t source);
long source_of_name(std::string_view name);

/// Line `line` of a text, counted from 1, without the white space around it.
std::string_view line_of_text(std::string_view text, int line);

}  // namespace fuseval::runtime::cudasim
