// Grids and words: what a caller needs to run a nest's kernels on given arguments.
#include <algorithm>
#include <array>
#include <bit>

#include "codegen/cuda/kernel.hpp"
#include "codegen/cuda/writers.hpp"
#include "codegen/reduction_layout.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

// Threads that keep a large device busy: order (B) gives a thread more blocks only beyond.
constexpr int64_t enough_threads = int64_t{1} << 18;
constexpr int64_t max_grid = (int64_t{1} << 31) - 1;

int64_t over(int64_t a, int64_t b) { return (a + b - 1) / b; }

uint32_t grid_of(int64_t blocks) {
  if (blocks > max_grid) throw Error(ErrorCode::memory, "too many elements for one launch on a GPU");
  return static_cast<uint32_t>(blocks);
}

struct Magic {
  uint64_t multiplier = 1, shift = 0;
};
// n / d = (mulhi(n, multiplier) + n) >> shift for n below half of the word: Granlund and Montgomery, "Division by
// invariant integers using multiplication", 1994, with 2^shift >= d and the multiplier less 2^width.
Magic magic_of(int64_t divisor, bool wide) {
  const auto d = static_cast<unsigned __int128>(std::max<int64_t>(divisor, 1));
  const int shift = std::bit_width(static_cast<uint64_t>(d) - 1);
  const int width = wide ? 64 : 32;
  const unsigned __int128 multiplier =
      ((static_cast<unsigned __int128>(1) << width) * ((static_cast<unsigned __int128>(1) << shift) - d)) / d + 1;
  return {static_cast<uint64_t>(multiplier), static_cast<uint64_t>(shift)};
}

/// What a nest's sizes make of its launches.
struct Geometry {
  Geometry(const CudaKernel& kernel, const int64_t* extents) {
    for (int axis = 0; axis < kernel.rank; ++axis) (axis < kernel.parallel_rank ? outputs : reduced) *= extents[axis];
    if (kernel.is_reduction) blocks = std::max<int64_t>(over(reduced, kernel.block), 1);
  }
  /// Of the elements before the node's last and the blocks that they are in, only the node's are taken.
  Geometry(const CudaKernel& kernel, const int64_t* extents, const CudaNode& node) : Geometry(kernel, extents) {
    reduced = node.last;
    blocks = over(node.last, kernel.block);
    first_block = node.first / kernel.block;
  }
  int64_t blocks_taken() const { return blocks - first_block; }

  int64_t outputs = 1, reduced = 1, blocks = 1, first_block = 0;
};

class Launcher {
 public:
  using Numbers = std::array<int64_t, cuda_number_count>;
  struct Launch {
    size_t entry;
    int64_t grid;
    Numbers numbers;
  };

  Launcher(const CudaKernel& kernel, const int64_t* extents)
      : kernel_(kernel), extents_(extents), geometry_(kernel, extents) {}
  /// For run_node.
  Launcher(const CudaKernel& kernel, const int64_t* extents, const CudaNode& node)
      : kernel_(kernel), extents_(extents), geometry_(kernel, extents, node), finishes_(false) {}

  /// Every launch's numbers; `from` and `to` are offsets in the scratch.
  void run() {
    if (geometry_.outputs == 0) return;
    if (kernel_.variant.tile_axis >= 0) return tiles();
    if (!kernel_.is_reduction) return elementwise();
    if (kernel_.variant.short_rows)
      reduce_short();
    else
      reduce();
    combine_all();
  }
  /// The last launch leaves states, at an offset that is the caller's to choose.
  void run_node() {
    if (geometry_.outputs == 0) return;
    reduce();
    combine_all();
  }
  /// From complete states.
  Launch finish() {
    states_ = 1;
    combine(1, kernel_.order == ReductionOrder::lanes);
    return launches.back();
  }

  /// As if all parts were one; the first launch's grid is left open.
  void run_parts(int64_t group) {
    leave_first(group);
    combine_all();
  }
  /// Of these extents' elements, which are all or a part of `parts.reduced`.
  Launch part(const CudaParts& parts, int64_t first) const {
    const int64_t whole = over(parts.reduced, parts.group * kernel_.block);
    const int64_t here = over(geometry_.blocks, parts.group), before = first / (parts.group * kernel_.block);
    const bool in_lanes = kernel_.order == ReductionOrder::lanes;
    const int64_t vectors = geometry_.outputs / kernel_.vector;
    Numbers numbers = common();
    at(numbers, CudaNumber::group) = parts.group;
    divide_by(numbers, in_lanes ? here : vectors);
    at(numbers, CudaNumber::chunks) = in_lanes ? whole : here;
    const int64_t apart = checked_multiply(in_lanes ? 1 : geometry_.outputs, kernel_.state_bytes);
    at(numbers, CudaNumber::to) = checked_multiply(apart, before);
    at(numbers, CudaNumber::first_element) = first;
    const int64_t grid =
        in_lanes ? over(geometry_.outputs * here, cuda_warps / parts.group) : over(vectors * here, cuda_serial_threads);
    return {0, grid, numbers};
  }

  /// What all of a nest's launches have in common.
  Numbers common() const {
    Numbers numbers{};
    at(numbers, CudaNumber::elements) = geometry_.outputs;
    at(numbers, CudaNumber::outputs) = geometry_.outputs;
    at(numbers, CudaNumber::reduced) = geometry_.reduced;
    at(numbers, CudaNumber::blocks) = geometry_.blocks;
    at(numbers, CudaNumber::first_block) = geometry_.first_block;
    return numbers;
  }

  std::vector<Launch> launches;
  int64_t scratch_bytes = 0;

 private:
  static int64_t& at(Numbers& numbers, CudaNumber number) { return numbers[static_cast<size_t>(number)]; }

  void divide_by(Numbers& numbers, int64_t divisor) const {
    const Magic magic = magic_of(divisor, kernel_.variant.wide);
    at(numbers, CudaNumber::divisor) = divisor;
    at(numbers, CudaNumber::divisor_multiplier) = static_cast<int64_t>(magic.multiplier);
    at(numbers, CudaNumber::divisor_shift) = static_cast<int64_t>(magic.shift);
  }
  int64_t states_bytes(int64_t chunks) const {
    return checked_round_up(checked_multiply(checked_multiply(geometry_.outputs, kernel_.state_bytes), chunks), 16);
  }
  // A launch leaves `chunks` states an output; the last one finishes. Scratch has two halves in turn.
  void leave(Numbers& numbers, int64_t chunks) {
    at(numbers, CudaNumber::chunks) = chunks;
    at(numbers, CudaNumber::finish) = chunks == 1 && finishes_;
    at(numbers, CudaNumber::states) = states_;
    at(numbers, CudaNumber::from) = from_;
    const int64_t bytes = chunks == 1 ? 0 : states_bytes(chunks);
    // The first is the largest: later ones fit into what the one before last left.
    if (launches.size() < 2) scratch_bytes = checked_add(scratch_bytes, bytes);
    const int64_t to = launches.empty() ? 0 : launches.size() % 2 == 1 ? first_bytes_ : 0;
    if (launches.empty()) first_bytes_ = bytes;
    at(numbers, CudaNumber::to) = to;
    from_ = to;
    states_ = chunks;
  }

  void tiles() {
    const int64_t* extents = extents_;
    const int64_t columns = extents[kernel_.rank - 1], rows = extents[kernel_.variant.tile_axis];
    const int64_t across = over(columns, cuda_tile), down = over(rows, kernel_.tile_height);
    Numbers numbers = common();
    divide_by(numbers, across);
    const Magic magic = magic_of(down, kernel_.variant.wide);
    at(numbers, CudaNumber::tile_rows) = down;
    at(numbers, CudaNumber::tile_rows_multiplier) = static_cast<int64_t>(magic.multiplier);
    at(numbers, CudaNumber::tile_rows_shift) = static_cast<int64_t>(magic.shift);
    launches.push_back({0, geometry_.outputs / (columns * rows) * across * down, numbers});
  }
  void elementwise() { launches.push_back({0, over(geometry_.outputs, kernel_.elements_a_block), common()}); }

  void reduce_short() {
    Numbers numbers = common();
    const int64_t group =
        static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(geometry_.reduced, 1))));
    at(numbers, CudaNumber::group) = group;
    leave(numbers, 1);
    launches.push_back({0, over(geometry_.outputs * group, 32 * cuda_warps), numbers});
  }
  void reduce() { kernel_.order == ReductionOrder::lanes ? reduce_lanes() : reduce_serial(); }
  void reduce_lanes() {
    Numbers numbers = common();
    const int64_t group = std::min<int64_t>(
        cuda_warps, static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(geometry_.blocks_taken()))));
    const int64_t chunks = over(geometry_.blocks_taken(), group);
    at(numbers, CudaNumber::group) = group;
    divide_by(numbers, chunks);
    leave(numbers, chunks);
    launches.push_back({0, over(geometry_.outputs * chunks, cuda_warps / group), numbers});
  }
  void reduce_serial() {
    Numbers numbers = common();
    const int64_t vectors = geometry_.outputs / kernel_.vector;
    int64_t group = 1;
    const int64_t blocks = geometry_.blocks_taken();
    while (group < int64_t{1} << cuda_serial_levels && group < blocks &&
           vectors * over(blocks, 2 * group) >= enough_threads)
      group *= 2;
    const int64_t chunks = over(blocks, group);
    at(numbers, CudaNumber::group) = group;
    divide_by(numbers, vectors);
    leave(numbers, chunks);
    launches.push_back({0, over(vectors * chunks, cuda_serial_threads), numbers});
  }
  void leave_first(int64_t group) {
    Numbers numbers = common();
    leave(numbers, over(geometry_.blocks, group));
    launches.push_back({0, 0, numbers});
  }
  void combine_all() {
    const bool in_lanes = kernel_.order == ReductionOrder::lanes;
    const int64_t most = in_lanes ? int64_t{32} * cuda_warps * cuda_combine_states : int64_t{1} << cuda_serial_levels;
    while (states_ > 1) combine(most, in_lanes);
  }
  void combine(int64_t most, bool in_lanes) {
    Numbers numbers = common();
    const int64_t chunks = over(states_, most);
    divide_by(numbers, in_lanes ? chunks : geometry_.outputs);
    leave(numbers, chunks);
    const int64_t items = geometry_.outputs * chunks;
    launches.push_back({1, in_lanes ? items : over(items, cuda_serial_threads), numbers});
  }

  const CudaKernel& kernel_;
  const int64_t* extents_;
  Geometry geometry_;
  bool finishes_ = true;  // and does not leave an output's last state
  int64_t states_ = 0, from_ = 0, first_bytes_ = 0;
};

uint64_t word_of(const CudaKernel& kernel, const CudaWord& word, const KernelArguments& arguments,
                 const Launcher::Numbers& numbers, char* scratch) {
  const size_t first = word.first;
  switch (word.kind) {
    case CudaWordKind::pointer:
      return reinterpret_cast<uint64_t>(arguments.pointers[first]);
    case CudaWordKind::stride:
      return static_cast<uint64_t>(arguments.strides[first * static_cast<size_t>(kernel.rank) + word.second]);
    case CudaWordKind::start:
      return static_cast<uint64_t>(arguments.offsets[first]);
    case CudaWordKind::constant:
      return arguments.constants[first];
    case CudaWordKind::extent:
      return static_cast<uint64_t>(arguments.extents[first]);
    case CudaWordKind::multiplier:
      return magic_of(arguments.extents[first], kernel.variant.wide).multiplier;
    case CudaWordKind::shift:
      return magic_of(arguments.extents[first], kernel.variant.wide).shift;
    case CudaWordKind::number:
      break;
  }
  const auto number = static_cast<CudaNumber>(first);
  if (number == CudaNumber::from || number == CudaNumber::to)
    return reinterpret_cast<uint64_t>(scratch) + static_cast<uint64_t>(numbers[first]);
  return static_cast<uint64_t>(numbers[first]);
}

CudaLaunch made_of(const CudaKernel& kernel, const Launcher::Launch& row, const KernelArguments& arguments,
                   char* scratch) {
  CudaLaunch launch{row.entry, grid_of(row.grid), kernel.entries[row.entry].threads, {}};
  for (const CudaWord& word : kernel.words)
    launch.words.push_back(word_of(kernel, word, arguments, row.numbers, scratch));
  return launch;
}

}  // namespace

int64_t cuda_scratch_bytes(const CudaKernel& kernel, const int64_t* extents) {
  Launcher launcher(kernel, extents);
  launcher.run();
  return launcher.scratch_bytes;
}

size_t cuda_entries_used(const CudaKernel& kernel, const int64_t* extents) {
  if (!kernel.chain.empty()) return 1;
  Launcher launcher(kernel, extents);
  launcher.run();
  size_t used = 0;
  for (const Launcher::Launch& row : launcher.launches) used = std::max(used, row.entry + 1);
  return used;
}

CudaLaunch cuda_chain_launch(const CudaKernel& kernel, const std::vector<KernelArguments>& arguments) {
  std::vector<Geometry> geometries;
  int64_t blocks = 1;
  for (size_t k = 0; k < kernel.chain.size(); ++k) {
    geometries.emplace_back(kernel.chain[k], arguments[k].extents);
    blocks = std::max(blocks, geometries[k].blocks);
  }
  const auto group = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(blocks)));
  const int64_t grid = over(geometries[0].outputs, cuda_warps / group);
  CudaLaunch launch{0, grid_of(grid), kernel.entries[0].threads, {}};
  for (size_t k = 0; k < kernel.chain.size(); ++k) {
    const CudaKernel& part = kernel.chain[k];
    Launcher::Numbers numbers = Launcher(part, arguments[k].extents).common();
    numbers[static_cast<size_t>(CudaNumber::group)] = group;
    numbers[static_cast<size_t>(CudaNumber::elements)] = geometries[k].reduced;
    for (const CudaWord& word : part.words) launch.words.push_back(word_of(part, word, arguments[k], numbers, nullptr));
  }
  return launch;
}

std::vector<CudaLaunch> cuda_launches(const CudaKernel& kernel, const KernelArguments& arguments, char* scratch) {
  Launcher launcher(kernel, arguments.extents);
  launcher.run();
  std::vector<CudaLaunch> launches;
  for (const Launcher::Launch& row : launcher.launches) launches.push_back(made_of(kernel, row, arguments, scratch));
  return launches;
}

int64_t cuda_canonical_block(const LoopNest& nest) {
  return nest.order == ReductionOrder::lanes ? int64_t{cuda_lane_rows} * canonical_lanes(nest) : cuda_serial_rows;
}

int64_t cuda_most_group(ReductionOrder order) {
  return order == ReductionOrder::lanes ? cuda_warps : int64_t{1} << cuda_serial_levels;
}

int64_t cuda_parts_scratch_bytes(const CudaKernel& kernel, const CudaParts& parts, const int64_t* extents) {
  Launcher launcher(kernel, extents);
  launcher.run_parts(parts.group);
  return launcher.scratch_bytes;
}

CudaLaunch cuda_part_launch(const CudaKernel& kernel, const CudaParts& parts, int64_t first,
                            const KernelArguments& arguments, char* scratch) {
  return made_of(kernel, Launcher(kernel, arguments.extents).part(parts, first), arguments, scratch);
}

std::vector<CudaLaunch> cuda_combine_launches(const CudaKernel& kernel, const CudaParts& parts,
                                              const KernelArguments& arguments, char* scratch) {
  Launcher launcher(kernel, arguments.extents);
  launcher.run_parts(parts.group);
  std::vector<CudaLaunch> launches;
  for (size_t k = 1; k < launcher.launches.size(); ++k)
    launches.push_back(made_of(kernel, launcher.launches[k], arguments, scratch));
  return launches;
}

int64_t cuda_node_scratch_bytes(const CudaKernel& kernel, const CudaNode& node, const int64_t* extents) {
  Launcher launcher(kernel, extents, node);
  launcher.run_node();
  return launcher.scratch_bytes;
}

std::vector<CudaLaunch> cuda_node_launches(const CudaKernel& kernel, const CudaNode& node,
                                           const KernelArguments& arguments, char* scratch, char* states) {
  Launcher launcher(kernel, arguments.extents, node);
  launcher.run_node();
  std::vector<CudaLaunch> launches;
  for (Launcher::Launch& row : launcher.launches) {
    if (&row == &launcher.launches.back()) row.numbers[static_cast<size_t>(CudaNumber::to)] = states - scratch;
    launches.push_back(made_of(kernel, row, arguments, scratch));
  }
  return launches;
}

CudaLaunch cuda_finish_launch(const CudaKernel& kernel, const KernelArguments& arguments, char* states) {
  return made_of(kernel, Launcher(kernel, arguments.extents).finish(), arguments, states);
}

}  // namespace fuseval::codegen
