// How a plan runs over arrays of the host's that go through a device part by part: which axis of each kernel is cut,
// which arrays move along it, and how long a part is.
//
// An array moves if a part of the axis touches a part of its bytes: that range goes up before the part's kernels, or
// down after them. Every other array of the host's is on the device as a whole, while the plan runs. Kernels whose rows
// need nothing of each other's other rows (a softmax's, an array less the means of its rows) run together on a part;
// else they run one after another, each over all its parts. What kernels of one pass leave for each other moves along;
// what they leave for later ones is either a temporary, which is on the device as a whole, or an output, which is read
// from the host again if it moves.
//
// Any parallel axis can be cut, because parts are smaller nests with other addresses. Of a reduction the first reduce
// axis can be cut too, where canonical blocks end: the states that parts leave are combined once, by the same tree.
#pragma once

#include <vector>

#include "engine/plan/specialisation.hpp"

namespace fuseval::engine {

/// Parts that are on the device at a time: one comes up, one is computed on, one goes down.
inline constexpr int64_t sets_of_parts = 3;

/// What a plan's buffer is to a call.
struct StreamArray {
  bool on_host = false;
  ByteExtent extent;  ///< bytes from element 0; known of temporaries too
};

/// An array that moves along with the parts.
struct MovingArray {
  uint32_t buffer = 0;
  bool goes_up = false, comes_down = false;  ///< neither: a temporary
  size_t nest = 0, operand = 0;              ///< comes_down: the store that writes it
  size_t place = 0;                          ///< of its bytes, in the memory of a part
};

/// A kernel, or a chain that is launched as one.
struct StreamJob {
  size_t first = 0, count = 1;  ///< kernels of the plan
  int shared = 0;               ///< axes that a chain's kernels share; 0: one kernel
};

/// What runs on one part before the next one's turn comes.
struct StreamPass {
  std::vector<StreamJob> jobs;
  size_t first = 0, count = 1;  ///< kernels of the plan
  int axis = -1;                ///< of every kernel; -1: one part, nothing moves
  int64_t extent = 1;           ///< of the axis
  int64_t step = 1;             ///< of it that a part takes
  int64_t group = 0;            ///< a reduce axis: canonical blocks of a state; 0: a parallel one
  std::vector<MovingArray> moving;
  size_t part_bytes = 0;  ///< of the memory of a part

  int64_t parts() const { return axis < 0 ? 1 : (extent + step - 1) / step; }
  /// Bytes, from element 0 of a buffer, that the part [begin, end) touches.
  ByteExtent range_of(const std::vector<LoopNest>& kernels, uint32_t buffer, int64_t begin, int64_t end) const;
};

struct StreamPlan {
  std::vector<StreamPass> passes;
  /// The plan's, but for buffers: an input whose parts lie in several places (a + a[::-1]) is a buffer for each.
  std::vector<LoopNest> kernels;
  std::vector<uint32_t> origin;     ///< [buffer]: the plan's; the plan's own buffers come first
  std::vector<StreamArray> arrays;  ///< [buffer]
  std::vector<bool> is_whole;       ///< [buffer of the plan's]: of the host's or a temporary, on the device as a whole
  size_t whole_bytes = 0;           ///< of those
  size_t part_bytes = 0;            ///< the largest pass's
  int64_t moved_bytes = 0;          ///< up and down, in all passes
};

struct StreamLimits {
  size_t memory;      ///< of the device
  size_t part_bytes;  ///< wanted, of what moves; 0: as the sizes suggest
};

/// arrays: [buffer]; those of temporaries are not looked at. Throws Error(memory) that says what would help where the
/// limits cannot be kept.
StreamPlan plan_stream(const Specialisation& made, const std::vector<StreamArray>& arrays, const StreamLimits& limits);

/// Where the bytes before a range begin that lie in the memory of a part so that every part's elements are aligned as
/// those of the array as a whole are.
inline int64_t aligned_begin(const StreamArray& array, const ByteExtent& range) {
  return array.extent.begin + (range.begin - array.extent.begin) / 256 * 256;
}

/// Whether several kernels run on a part before the next one comes up: then an output over an input is not harmless
/// because a kernel that reads it comes first.
bool runs_together(const Specialisation& made, const std::vector<StreamArray>& arrays);

}  // namespace fuseval::engine
