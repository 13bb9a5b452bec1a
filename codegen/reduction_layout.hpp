// What a nest's accumulators need of a backend: lanes, and where the components of their states lie in memory.
#pragma once

#include <array>
#include <vector>

#include "codegen/scalar/reduction.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Where the components of one output's state lie: every accumulator's, back to back, each aligned to its size. A
/// single component makes an array of states an array of numbers, which vectorises.
class StateLayout {
 public:
  explicit StateLayout(const LoopNest& nest);

  int64_t bytes() const { return bytes_; }
  int64_t offset(int accumulator, int component) const {
    return offsets_[static_cast<size_t>(accumulator)][static_cast<size_t>(component)];
  }
  bool is_single() const { return single_; }

 private:
  std::vector<std::array<int64_t, max_components>> offsets_;
  int64_t bytes_ = 0;
  bool single_ = false;
};

/// Elements of a canonical block's row: 512 bytes of the accumulators whose order matters, or of the first.
int canonical_lanes(const LoopNest& nest);

/// By accumulator: the body's value that it takes.
std::vector<uint32_t> accumulated_values(const LoopNest& nest);

DType component_of(const Accumulator& accumulator, int component);
/// Bytes that a component takes in memory.
int component_bytes(const Accumulator& accumulator, int component);

}  // namespace fuseval::codegen
