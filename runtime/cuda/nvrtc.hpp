// NVRTC: NVIDIA's compiler as a library. Text in, machine code (cubin) or PTX out; needs no GPU and no driver.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cuda/library_search.hpp"
#include "runtime/cuda/nvrtc_api.hpp"

namespace fuseval::runtime::cuda {

struct NvrtcFound;

/// One loaded NVRTC. Immutable, so thread-safe; compilations run side by side.
class Nvrtc {
 public:
  /// What a compilation yields.
  struct Compiled {
    std::string image;  ///< a cubin (ELF), or PTX with its final NUL
    bool is_ptx = false;
    std::string log;     ///< warnings, and what --ptxas-options=-v reports
    double seconds = 0;  ///< time in NVRTC
  };

  /// Finds and loads NVRTC. `driver_version` (as cuDriverGetVersion gives it; 0: no driver) decides between several: a
  /// driver of CUDA 12 refuses what NVRTC 13 makes, so versions up to the driver's major come first.
  static NvrtcFound find(int driver_version);

  /// Compiles `text` for `target`: "sm_90" (to a cubin) or "compute_90" (to PTX). `name` stands for the text in
  /// messages. Errors: unsupported (a target that this NVRTC does not know; it lists those that it does), memory,
  /// internal (text or options that it refuses: with the first error's line and words).
  Compiled compile(std::string_view text, const std::string& name, const std::string& target,
                   std::span<const std::string> options) const;

  int major() const { return major_; }
  int minor() const { return minor_; }
  /// "13.0"
  std::string version() const;
  const std::string& path() const { return library_->path(); }
  /// Compute capabilities that it compiles for, from 70 on (what kernels need), ascending: 75, 80, …
  const std::vector<int>& archs() const { return archs_; }

 private:
  explicit Nvrtc(std::shared_ptr<SharedLibrary> library) : library_(std::move(library)) {}
  static NvrtcFound load(std::shared_ptr<SharedLibrary> library);
  [[noreturn]] void fail(NvrtcResult result, const std::string& name, const std::string& target,
                         const std::string& log) const;

  std::shared_ptr<SharedLibrary> library_;
  NvrtcApi api_;
  int major_ = 0;
  int minor_ = 0;
  std::vector<int> archs_;
};

struct NvrtcFound {
  std::shared_ptr<const Nvrtc> nvrtc;  ///< nullptr when there is none
  std::string reason;                  ///< then: one sentence
};

/// The first error of a compilation's log: the line in the text (0 if it names none) and the words.
struct LogError {
  int line = 0;
  std::string words;
};
LogError first_error(const std::string& log);

}  // namespace fuseval::runtime::cuda
