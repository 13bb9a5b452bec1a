// Kernel texts, compiled by the machine's C++ compiler and loaded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cudasim/shim/thread.hpp"

namespace fuseval::runtime::cudasim {

/// One CUDA C++ text and the names of its kernels (extern "C" __global__ functions with one parameter, which consists
/// of 8-byte words). Several texts of one module may use the same names.
struct Source {
  std::string text;
  std::vector<std::string> kernels;
};

struct CompileOptions {
  /// A path or a name; empty: the environment's FUSEVAL_CXX, or else the first of c++, g++ and clang++ in the PATH.
  std::string compiler;
  std::chrono::milliseconds timeout = std::chrono::minutes(5);
};

class LoadedModule;

/// A kernel of a module, which it keeps loaded.
struct Function {
  std::shared_ptr<const LoadedModule> module;
  const Kernel* kernel = nullptr;
  size_t source = 0;
  std::string name;
};

/// Compiled texts. Immutable, thread-safe and cheap to copy.
class Module {
 public:
  /// Compiles all texts with one run of the compiler (about 0.1 s, and a few ms a kernel). Nothing stays on the disk.
  /// Error(unsupported): there is no compiler, or no x86-64. Error(internal): the compiler refuses a text; the message
  /// has its first complaint and that line of the text. Error(limit): it takes longer than the timeout. Error(file): it
  /// cannot be run, or its result cannot be loaded.
  static Module compile(std::span<const Source> sources, const CompileOptions& options = {});

  /// compile() in two steps, for those who keep what the compiler made: a shared object's bytes, which load() takes
  /// together with the same sources. Everything that build() depends on but the compiler's own version is in its key.
  static std::string build(std::span<const Source> sources, const CompileOptions& options = {});
  static Module load(std::span<const Source> sources, const std::string& object);
  static std::string build_key(std::span<const Source> sources, const CompileOptions& options = {});

  /// Error(internal): the source has no such kernel.
  Function function(size_t source, std::string_view kernel) const;

 private:
  std::shared_ptr<const LoadedModule> loaded_;
};

/// The compiler that an empty CompileOptions::compiler stands for. Error(unsupported) when there is none.
std::string host_compiler();

}  // namespace fuseval::runtime::cudasim
