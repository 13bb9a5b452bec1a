// Options of sessions and of calls.
#pragma once

#include <cstdint>

#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

enum class Casting : std::int32_t { same_kind = 0, unsafe = 1, safe = 2, no = 3 };

struct RunOptions {
  int threads = 0;                       ///< at most this many; 0: the session's
  Casting casting = Casting::same_kind;  ///< how results may be cast to outputs
  const char* device = nullptr;          ///< "cpu" or "auto"
  const char* result_dtype = nullptr;    ///< a dtype's name: owned results are cast to it, as `casting` allows

  fv_run_options raw() const {
    return {sizeof(fv_run_options), static_cast<std::int32_t>(threads), static_cast<std::int32_t>(casting), device,
            result_dtype};
  }
};

struct SessionOptions {
  int threads = 0;            ///< 0: as many as the process may use
  int vector_bits = 0;        ///< 0: the widest; 256 or 512. Changes speed, never results
  std::int64_t programs = 0;  ///< kept by evaluate; 0: 1024
  std::int64_t kernels = 0;   ///< compiled kernels kept; 0: 1024
};

}  // namespace abi_0
}  // namespace fuseval
