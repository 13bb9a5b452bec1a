#include "ir/chain.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "ir/checked.hpp"
#include "ir/plan.hpp"

namespace fuseval {
namespace {

// Kernels that are tried as one chain; longer programs are cut.
constexpr size_t longest_chain = 16;
constexpr int64_t cache_line = 64;
// How much more than all at once tiles may read because they share cache lines with their neighbours: pieces of 2 KiB.
// With pieces of 256 to 1024 bytes, as in columns of C order, tiles took 0.85 to 0.96 of the speed of no tiles, with
// 2 KiB 1.06 to 1.2.
constexpr double shared_lines = 1 + 1.0 / 32;

using Positions = std::vector<uint8_t>;

/// One axis of an operand that moves it.
struct Step {
  int64_t stride;
  int64_t extent;
  bool operator==(const Step&) const = default;
};

struct Access {
  const LoopNest& nest;
  const Operand& operand;
  std::span<const uint8_t> shared;

  bool is_shared(size_t axis) const { return std::find(shared.begin(), shared.end(), axis) != shared.end(); }
  Step step(size_t axis) const { return {operand.strides[axis], nest.axes[axis].extent}; }
};

std::vector<Step> shared_steps(const Access& access) {
  std::vector<Step> steps;
  for (const uint8_t axis : access.shared) steps.push_back(access.step(axis));
  return steps;
}

void sort_by_distance(std::vector<Step>& steps) {
  std::sort(steps.begin(), steps.end(), [](Step a, Step b) {
    return std::pair(std::abs(a.stride), a.extent) < std::pair(std::abs(b.stride), b.extent);
  });
}

// Whether things of `reach` bytes that stand at these distances, inner axes first, do not overlap.
bool are_apart(const std::vector<Step>& sorted, int64_t reach) {
  for (const Step& step : sorted) {
    if (step.extent > 1 && std::abs(step.stride) < reach) return false;
    reach = capped_add(reach, capped_multiply(std::abs(step.stride), std::max<int64_t>(0, step.extent - 1)));
  }
  return true;
}

/// The addresses of a row: every shared axis at index 0.
struct Window {
  int64_t begin = 0;
  int64_t end = 0;
};

Window row_window(const Access& access) {
  Window window{access.operand.offset, access.operand.offset + size_of(access.operand.dtype)};
  for (size_t axis = 0; axis < access.nest.axes.size(); ++axis) {
    if (access.is_shared(axis)) continue;
    const Step step = access.step(axis);
    const int64_t reach = step.stride * std::max<int64_t>(0, step.extent - 1);
    (reach < 0 ? window.begin : window.end) += reach;
  }
  return window;
}

// Rows that do not reach into each other's addresses.
bool rows_lie_apart(const Access& write, const Access& read) {
  const Window w = row_window(write), r = row_window(read);
  std::vector<Step> steps = shared_steps(write);
  sort_by_distance(steps);
  return are_apart(steps, std::max(w.end, r.end) - std::min(w.begin, r.begin));
}

// Rows may interleave, as columns of C order do, when both walk the same elements and no two of these are one.
bool are_same_elements(const Access& write, const Access& read) {
  const auto steps_of = [](const Access& access) {
    std::vector<Step> steps;
    for (size_t axis = 0; axis < access.nest.axes.size(); ++axis)
      if (access.operand.strides[axis] != 0 && access.nest.axes[axis].extent > 1) steps.push_back(access.step(axis));
    sort_by_distance(steps);
    return steps;
  };
  const std::vector<Step> steps = steps_of(write);
  return write.operand.offset == read.operand.offset && write.operand.dtype == read.operand.dtype &&
         steps == steps_of(read) && are_apart(steps, size_of(write.operand.dtype));
}

// Bytes of whole cache lines: runs of neighbouring elements, each with one line for its ends.
int64_t line_bytes(const Operand& operand, const std::vector<int64_t>& extents) {
  std::vector<Step> steps;
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    if (extents[axis] == 0) return 0;
    if (operand.strides[axis] != 0 && extents[axis] > 1)
      steps.push_back({std::abs(operand.strides[axis]), extents[axis]});
  }
  sort_by_distance(steps);
  int64_t run = size_of(operand.dtype), runs = 1;
  for (const Step& step : steps) {
    if (runs == 1 && step.stride <= capped_add(run, cache_line))
      run = capped_add(run, capped_multiply(step.stride, step.extent - 1));
    else
      runs = capped_multiply(runs, step.extent);
  }
  return capped_multiply(runs, capped_add(run, cache_line));
}

class ChainFinder {
 public:
  ChainFinder(Plan& plan, const ChainLimits& limits) : plan_(plan), limits_(limits) {
    writers_.assign(plan.buffers.size(), Writer{});
    for (size_t k = 0; k < plan.kernels.size(); ++k)
      for (const Operand& operand : plan.kernels[k].operands)
        if (operand.kind == OperandKind::store && plan.buffers[operand.buffer].role == BufferRole::temporary)
          writers_[operand.buffer] = {k, &operand};
  }

  std::vector<Chain> run() {
    std::vector<Chain> chains;
    for (size_t first = 0; first + 1 < plan_.kernels.size(); ++first) {
      auto chain = longest_from(first);
      if (!chain) continue;
      first += chain->size() - 1;
      chains.push_back(std::move(*chain));
    }
    for (Chain& chain : chains) {
      merge_shared_axes(chain);
      if (limits_.single_rows)
        choose_row(chain);
      else
        choose_tile(chain);
    }
    return chains;
  }

 private:
  struct Writer {
    size_t kernel = 0;
    const Operand* store = nullptr;
  };

  // ---- which kernels, and which axes of theirs

  std::optional<Chain> longest_from(size_t first) const {
    for (size_t last = std::min(plan_.kernels.size(), first + longest_chain) - 1; last > first; --last)
      for (const Positions& seed : seeds(first, last))
        for (size_t depth = seed.size(); depth > 0; --depth)
          if (auto chain = align(first, last, Positions(seed.begin(), seed.begin() + static_cast<ptrdiff_t>(depth))))
            return chain;
    return std::nullopt;
  }

  // What kernel `reader` reads of what kernels [first, reader) have written; null otherwise.
  const Writer* writer_of(const Operand& operand, size_t first, size_t reader) const {
    if (operand.kind != OperandKind::load) return nullptr;
    const Writer& writer = writers_[operand.buffer];
    return writer.store != nullptr && writer.kernel >= first && writer.kernel < reader ? &writer : nullptr;
  }

  static std::optional<uint8_t> axis_with(const LoopNest& nest, const Operand& operand, int64_t stride,
                                          int64_t extent) {
    for (size_t axis = 0; axis < nest.axes.size(); ++axis)
      if (nest.axes[axis].kind == AxisKind::parallel && nest.axes[axis].extent == extent &&
          operand.strides[axis] == stride)
        return static_cast<uint8_t>(axis);
    return std::nullopt;
  }

  // Axes of `reader` that walk leading axes of a temporary made in this chain, as many as there are, for each of them.
  std::vector<Positions> seeds(size_t first, size_t reader) const {
    const LoopNest& nest = plan_.kernels[reader];
    std::vector<Positions> result;
    for (const Operand& operand : nest.operands) {
      if (writer_of(operand, first, reader) == nullptr) continue;
      const BufferInfo& buffer = plan_.buffers[operand.buffer];
      Positions positions;
      for (size_t k = 0; k < buffer.shape.size(); ++k) {
        if (buffer.shape[k] == 1) continue;
        const auto axis = axis_with(nest, operand, buffer.strides[k], buffer.shape[k]);
        if (!axis) break;
        positions.push_back(*axis);
      }
      if (!positions.empty()) result.push_back(std::move(positions));
    }
    return result;
  }

  // Those with the extents that the chain shares.
  Positions seed_like(const std::vector<int64_t>& extents, size_t first, size_t reader) const {
    for (Positions& seed : seeds(first, reader)) {
      seed.resize(std::min(seed.size(), extents.size()));
      if (extents_at(plan_.kernels[reader], seed) == extents) return seed;
    }
    return {};
  }

  static std::vector<int64_t> extents_at(const LoopNest& nest, const Positions& positions) {
    std::vector<int64_t> extents;
    for (const uint8_t axis : positions) extents.push_back(nest.axes[axis].extent);
    return extents;
  }

  // From the last kernel back: axes of a reader say which axes of the writer they are.
  std::optional<Chain> align(size_t first, size_t last, const Positions& seed) const {
    Chain chain;
    chain.first = static_cast<uint32_t>(first);
    chain.positions.resize(last - first + 1);
    chain.positions.back() = seed;
    chain.extents = extents_at(plan_.kernels[last], seed);
    for (size_t reader = last + 1; reader-- > first;) {
      Positions& own = chain.positions[reader - first];
      if (own.empty()) own = seed_like(chain.extents, first, reader);
      if (own.empty() || !align_writers(chain, reader)) return std::nullopt;
    }
    return chain;
  }

  bool align_writers(Chain& chain, size_t reader) const {
    const LoopNest& nest = plan_.kernels[reader];
    const Positions& own = chain.positions[reader - chain.first];
    for (const Operand& operand : nest.operands) {
      const Writer* writer = writer_of(operand, chain.first, reader);
      if (writer == nullptr) continue;
      const LoopNest& writing = plan_.kernels[writer->kernel];
      Positions theirs;
      for (const uint8_t axis : own)
        if (const auto same = axis_with(writing, *writer->store, operand.strides[axis], nest.axes[axis].extent))
          theirs.push_back(*same);
      Positions& known = chain.positions[writer->kernel - chain.first];
      if (known.empty()) known = theirs;
      if (known != theirs || theirs.size() != own.size()) return false;
      if (!shares_rows(writing, *writer->store, known, nest, operand, own)) return false;
    }
    return true;
  }

  // ---- merging shared axes

  std::span<LoopNest> nests(const Chain& chain) const {
    return std::span(plan_.kernels).subspan(chain.first, chain.size());
  }

  void merge_shared_axes(Chain& chain) {
    for (size_t d = chain.extents.size(); d-- > 1;) {
      if (!walked_as_one(chain, d)) continue;
      for (size_t k = 0; k < chain.size(); ++k) merge_into_next(nests(chain)[k], chain.positions[k], d - 1);
      chain.extents[d] *= chain.extents[d - 1];
      chain.extents.erase(chain.extents.begin() + static_cast<ptrdiff_t>(d - 1));
    }
  }

  bool walked_as_one(const Chain& chain, size_t d) const {
    for (size_t k = 0; k < chain.size(); ++k)
      for (const Operand& operand : nests(chain)[k].operands)
        if (operand.strides[chain.positions[k][d - 1]] != operand.strides[chain.positions[k][d]] * chain.extents[d])
          return false;
    return true;
  }

  static void merge_into_next(LoopNest& nest, Positions& positions, size_t d) {
    const uint8_t gone = positions[d];
    nest.axes[positions[d + 1]].extent *= nest.axes[gone].extent;
    nest.axes.erase(nest.axes.begin() + gone);
    for (Operand& operand : nest.operands) operand.strides.erase(operand.strides.begin() + gone);
    positions.erase(positions.begin() + static_cast<ptrdiff_t>(d));
    for (uint8_t& position : positions) position = static_cast<uint8_t>(position - (position > gone ? 1 : 0));
  }

  // ---- the size of a tile

  // What the kernels touch of a tile of `rows`, each buffer once. moving: only what differs from tile to tile.
  int64_t bytes(const Chain& chain, size_t split, int64_t rows, bool moving) const {
    std::vector<int64_t> touched(plan_.buffers.size(), 0);
    for (size_t k = 0; k < chain.size(); ++k) {
      const LoopNest& nest = nests(chain)[k];
      std::vector<int64_t> extents;
      for (const Axis& axis : nest.axes) extents.push_back(axis.extent);
      for (size_t d = 0; d < split; ++d) extents[chain.positions[k][d]] = std::min<int64_t>(1, chain.extents[d]);
      extents[chain.positions[k][split]] = rows;
      for (const Operand& operand : nest.operands) {
        if (operand.kind == OperandKind::index) continue;
        if (moving && operand.strides[chain.positions[k][split]] == 0) continue;
        touched[operand.buffer] = std::max(touched[operand.buffer], line_bytes(operand, extents));
      }
    }
    int64_t sum = 0;
    for (const int64_t part : touched) sum = capped_add(sum, part);
    return sum;
  }

  // Fewest rows whose tiles share few enough cache lines with their neighbours: 1 for long rows.
  int64_t grain(const Chain& chain, size_t split) const {
    const int64_t extent = chain.extents[split];
    const auto each = [&](int64_t rows) {
      return static_cast<double>(bytes(chain, split, rows, true)) / static_cast<double>(rows);
    };
    int64_t rows = 1;
    if (extent > 1)
      for (const double least = each(extent); rows < extent && each(rows) > shared_lines * least;) rows *= 2;
    return rows;
  }

  void choose_tile(Chain& chain) const {
    chain.row_limit = limits_.row_bytes;
    double outer = 1;
    for (size_t split = 0; split < chain.extents.size(); ++split) {
      const int64_t extent = chain.extents[split];
      chain.split = static_cast<int>(split);
      chain.grain = grain(chain, split);
      chain.row_bytes = bytes(chain, split, std::min(chain.grain, extent), false);
      const double tiles = outer * static_cast<double>((extent + chain.grain - 1) / chain.grain);
      const bool enough = tiles >= static_cast<double>(limits_.threads) ||
                          (split == 0 && bytes(chain, split, extent, false) <= limits_.tile_bytes);
      if (chain.row_bytes <= limits_.row_bytes && enough) {
        chain.rows = largest_tile(chain);
        return;
      }
      outer *= static_cast<double>(extent);
    }
  }

  void choose_row(Chain& chain) const {
    chain.row_limit = limits_.row_bytes;
    chain.split = static_cast<int>(chain.extents.size()) - 1;
    int64_t rows = 1;
    for (const int64_t extent : chain.extents) rows *= extent;
    for (const LoopNest& nest : nests(chain)) {
      const bool along_rows =
          nest.order == ReductionOrder::lanes && static_cast<size_t>(nest.parallel_rank()) == chain.extents.size();
      if (nest.is_reduction() && !along_rows) return;
    }
    chain.row_bytes = bytes(chain, static_cast<size_t>(chain.split), 1, false);
    if (chain.row_bytes <= limits_.row_bytes && rows >= limits_.threads) chain.rows = 1;
  }

  int64_t largest_tile(const Chain& chain) const {
    const auto split = static_cast<size_t>(chain.split);
    const int64_t extent = std::max<int64_t>(1, chain.extents[split]);
    int64_t rows = chain.grain;
    while (rows < extent && bytes(chain, split, std::min(2 * rows, extent), false) <= limits_.tile_bytes) rows *= 2;
    return std::min(rows, extent);
  }

  Plan& plan_;
  ChainLimits limits_;
  std::vector<Writer> writers_;  // [buffer], of temporaries
};

}  // namespace

bool is_row_contiguous(const LoopNest& nest, const Operand& operand, std::span<const uint8_t> positions) {
  return rows_lie_apart({nest, operand, positions}, {nest, operand, positions});
}

bool shares_rows(const LoopNest& writer, const Operand& write, std::span<const uint8_t> write_positions,
                 const LoopNest& reader, const Operand& read, std::span<const uint8_t> read_positions) {
  const Access w{writer, write, write_positions}, r{reader, read, read_positions};
  return shared_steps(w) == shared_steps(r) && (rows_lie_apart(w, r) || are_same_elements(w, r));
}

std::vector<Chain> find_chains(Plan& plan, const ChainLimits& limits) {
  if (plan.kernels.size() < 2) return {};
  return ChainFinder(plan, limits).run();
}

int64_t bytes_moved(const Plan& plan, const Chain& chain) {
  std::map<uint32_t, int64_t> touched;
  for (size_t k = chain.first; k < chain.first + chain.size(); ++k)
    for (const Operand& operand : plan.kernels[k].operands)
      if (operand.kind != OperandKind::index && plan.tile_of[operand.buffer] < 0)
        touched[operand.buffer] = std::max(touched[operand.buffer], bytes_of(plan.kernels[k], operand));
  int64_t sum = 0;
  for (const auto& [buffer, bytes] : touched) sum = capped_add(sum, bytes);
  return sum;
}

}  // namespace fuseval
