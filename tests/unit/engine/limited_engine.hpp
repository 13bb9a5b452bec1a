// An engine whose tiles have sizes of the test's choice. In a file of its own, since the engine's headers and
// fuseval.hpp do not go together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fuseval/fuseval.h"

namespace engine_test {

/// Of ir/chain.hpp.
struct Limits {
  std::int64_t tile_bytes;
  std::int64_t row_bytes;
  std::int64_t threads = 1;
};

class LimitedEngine {
 public:
  explicit LimitedEngine(const Limits& limits, int threads = 1);
  ~LimitedEngine();

  /// The bytes of the one result, in C order.
  std::vector<char> run_bytes(const std::string& text, const fv_view& a);
  std::string plan(const std::string& text, const fv_view& a) const;

  /// Of the last run.
  std::int64_t launches = 0, kernels = 0, tasks = 0;
  /// So far.
  std::int64_t threads_used() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace engine_test
