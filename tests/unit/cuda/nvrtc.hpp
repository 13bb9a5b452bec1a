// NVRTC by dlopen, with prototypes of our own, for the static checks: compiling needs no GPU and no driver.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fuseval::test {

struct Compiled {
  std::string error;  ///< empty when it compiled
  std::string ptx, log;
  size_t cubin_bytes = 0;
  double milliseconds = 0;  ///< of CPU time, which NVRTC spends in one thread
  int registers = 0;        ///< the most that an entry takes
  int spill_bytes = 0;      ///< stores and loads of all entries
  int stack_bytes = 0;
};

class Nvrtc {
 public:
  /// Empty where there is no NVRTC; `reason` then says why.
  static std::optional<Nvrtc> find(std::string& reason);

  std::vector<int> architectures() const;
  /// Compiles to a cubin for sm_<architecture> with the options that the runtime uses.
  Compiled compile(const std::string& text, int architecture) const;

 private:
  using Program = void*;
  int (*create_)(Program*, const char*, const char*, int, const char* const*, const char* const*) = nullptr;
  int (*compile_)(Program, int, const char* const*) = nullptr;
  int (*destroy_)(Program*) = nullptr;
  int (*log_size_)(Program, size_t*) = nullptr;
  int (*log_)(Program, char*) = nullptr;
  int (*ptx_size_)(Program, size_t*) = nullptr;
  int (*ptx_)(Program, char*) = nullptr;
  int (*cubin_size_)(Program, size_t*) = nullptr;
  int (*arch_count_)(int*) = nullptr;
  int (*archs_)(int*) = nullptr;
};

}  // namespace fuseval::test
