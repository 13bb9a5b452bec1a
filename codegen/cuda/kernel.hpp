// The CUDA backend's surface: a loop nest in, CUDA C++ text out, and how to launch what it compiles to. Pure C++: no
// CUDA header, no driver, no compiler.
//
// A text holds a prelude, one nest's Arguments and its kernels, and depends on the nest's structure alone
// (ir/loops.hpp, serialise_structure) and on a variant, which is chosen for each launch by the arguments at hand. A
// caller needs no knowledge of the text: `cuda_launches` gives grids and words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/kernel_arguments.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Which of a nest's texts.
struct CudaVariant {
  bool vectors = false;     ///< contiguous operands are read and written 16 bytes at a time, and are aligned for it
  bool wide = true;         ///< 64-bit indexes and offsets; else 32-bit ones
  bool short_rows = false;  ///< order (A): every output has at most 32 elements, and several outputs share a warp
  int tile_axis = -1;  ///< elementwise: a block takes a tile of this axis and the last one; -1: elements in C order
  uint64_t transposed = 0;  ///< then: operands (a mask) that lie together along tile_axis, and go through shared memory
  bool operator==(const CudaVariant&) const = default;
};

struct CudaOptions {
  std::string name = "kernel";  ///< the first part of the entry points' names
  CudaVariant variant;
};

enum class CudaRole : uint8_t {
  elementwise,  ///< the whole of an elementwise nest
  reduce,       ///< elements to states of canonical blocks, and further up the tree within a CUDA block
  combine,      ///< states to fewer states, up the canonical tree
  rows,         ///< all nests of a chain, row by row
};

struct CudaEntry {
  CudaRole role = CudaRole::elementwise;
  std::string name;           ///< an extern "C" function
  uint32_t threads = 0;       ///< of a block
  size_t begin = 0, end = 0;  ///< of CudaKernel::text: what this entry alone needs
};

/// What an 8-byte word of a kernel's Arguments holds.
enum class CudaWordKind : uint8_t {
  pointer,     ///< of operand `first`, at index 0 of every axis
  stride,      ///< of operand `first` along axis `second`
  start,       ///< of index operand `first`: its value at 0
  constant,    ///< bits of constant `first`
  extent,      ///< of axis `first`
  multiplier,  ///< to divide by the extent of axis `first`: see `divide` in the prelude
  shift,
  number,  ///< CudaNumber `first`, which a launch sets
};
struct CudaWord {
  CudaWordKind kind = CudaWordKind::number;
  uint32_t first = 0, second = 0;
};

/// The words that differ between the launches of one nest.
enum class CudaNumber : uint8_t {
  elements,            ///< elementwise: of the whole nest; in a chain of a row
  outputs,             ///< of a reduction
  reduced,             ///< elements that each output takes
  blocks,              ///< canonical blocks of an output
  group,               ///< order (A), chains: warps (short_rows: threads) that work on one output together; order (B):
                       ///< canonical blocks that a thread takes
  states,              ///< combine: of an output, before
  chunks,              ///< states of an output, after
  divisor,             ///< what splits an item's number in two: `chunks` (A) or vectors of outputs (B)
  divisor_multiplier,  ///< see `divide` in the prelude
  divisor_shift,
  tile_rows,             ///< tiles along the tile axis (`divisor`: along the last one)
  tile_rows_multiplier,  ///< see `divide` in the prelude
  tile_rows_shift,
  finish,  ///< whether a state is an output's last: then it goes through the epilogue instead of into `to`
  from,    ///< states in device memory
  to,
  first_element,  ///< arg-reductions: which of an output's elements a launch's first is
  first_block,    ///< canonical blocks of an output before the launch's first one
};
inline constexpr int cuda_number_count = 18;

/// One nest's kernels, in one variant. Immutable; plain data.
struct CudaKernel {
  std::string text;  ///< prelude included: one translation unit
  std::vector<CudaEntry> entries;
  std::vector<CudaWord> words;   ///< of Arguments, in order; every entry takes the same
  bool words_in_memory = false;  ///< too many for a parameter: the words lie in device memory, and the one parameter is
                                 ///< their address
  CudaVariant variant;
  bool is_reduction = false;
  ReductionOrder order = ReductionOrder::lanes;
  int rank = 0, parallel_rank = 0;
  int64_t block = 0;              ///< reductions: elements of a canonical block
  int64_t state_bytes = 0;        ///< reductions: of an output's accumulators together
  int vector = 1;                 ///< adjacent elements (order (B): outputs) that a thread takes together
  int64_t elements_a_block = 0;   ///< elementwise: that a CUDA block computes
  int64_t tile_height = 0;        ///< elementwise with a tile axis
  std::vector<CudaKernel> chain;  ///< of a chain: every nest's words and geometry, without texts; `words` is empty then
};

/// One kernel launch: a 1-D grid of 1-D blocks, no dynamic shared memory.
struct CudaLaunch {
  size_t entry = 0;  ///< index into CudaKernel::entries
  uint32_t grid = 0, block = 0;
  std::vector<uint64_t> words;
};

/// What NVRTC must be told so that it changes no operation.
inline constexpr const char* cuda_compile_options[] = {"--fmad=false", "--ftz=false", "--prec-div=true",
                                                       "--prec-sqrt=true", "--std=c++17"};

/// What tells a variant from any other, as bytes: part of a kernel's cache key.
std::string serialise(const CudaVariant& variant);
/// The fastest variant that these arguments allow. `vectors` is only ever set where the nest's text differs by it.
CudaVariant cuda_variant(const LoopNest& nest, const KernelArguments& arguments);

/// The text and what a caller needs to know of it. Looks at the nest's structure only.
CudaKernel cuda_kernel(const LoopNest& nest, const CudaOptions& options);

/// Nests that are run one after another and share rows (ir/chain.hpp): index k of the first `shared` axes of each is
/// the same row.
struct CudaChain {
  std::vector<const LoopNest*> nests;
  int shared = 0;
};

/// Whether one kernel can run them, a team of warps a row: every reduction keeps the shared axes alone and has its
/// lanes along the row, and rows have more than 32 elements and at most 8 canonical blocks.
bool cuda_can_chain(const CudaChain& chain);
/// variants: [nest], as cuda_variant gives them.
CudaKernel cuda_chain_kernel(const CudaChain& chain, const std::vector<CudaVariant>& variants, const std::string& name);
/// arguments: [nest].
CudaLaunch cuda_chain_launch(const CudaKernel& kernel, const std::vector<KernelArguments>& arguments);

/// A translation unit with this entry alone, which compiles faster.
std::string cuda_entry_text(const CudaKernel& kernel, size_t entry);
/// Entries [0, n) are what launches for these extents use.
size_t cuda_entries_used(const CudaKernel& kernel, const int64_t* extents);

/// Bytes of device memory that the launches need for states between them, 16-byte aligned; its content does not matter.
int64_t cuda_scratch_bytes(const CudaKernel& kernel, const int64_t* extents);

/// The launches, in stream order, that run the whole nest; none where there is nothing to compute. The arguments'
/// pointers are device pointers. Throws Error(memory) where a grid would be too large.
std::vector<CudaLaunch> cuda_launches(const CudaKernel& kernel, const KernelArguments& arguments, char* scratch);

/// A reduction whose elements come part by part, along its first reduce axis: each part's launch leaves the states of
/// its canonical blocks where the launch over everything would have left them, so that the tree over them is the same.
struct CudaParts {
  int64_t reduced = 0;  ///< elements of an output in all parts together
  int64_t group = 1;    ///< canonical blocks of a state: a power of two, at most cuda_most_group
};
/// Elements of an output that are reduced in series or in lanes to one state: a node of the canonical tree.
int64_t cuda_canonical_block(const LoopNest& nest);
int64_t cuda_most_group(ReductionOrder order);
/// Whether this variant can be run by parts, of which there must be two or more states in all.
inline bool cuda_has_parts(const CudaKernel& kernel) { return kernel.is_reduction && !kernel.variant.short_rows; }
/// Bytes of states that all parts together leave, and that reducing them needs. outputs, extents: of the whole nest.
int64_t cuda_parts_scratch_bytes(const CudaKernel& kernel, const CudaParts& parts, const int64_t* extents);
/// The launch for one part. arguments: of the part, whose first element of each output is number `first`, a multiple of
/// a group's elements; only the last part may end elsewhere.
CudaLaunch cuda_part_launch(const CudaKernel& kernel, const CudaParts& parts, int64_t first,
                            const KernelArguments& arguments, char* scratch);
/// The launches that make outputs of all parts' states. arguments: of the whole; only what the epilogue uses matters.
std::vector<CudaLaunch> cuda_combine_launches(const CudaKernel& kernel, const CudaParts& parts,
                                              const KernelArguments& arguments, char* scratch);

/// A node of the canonical tree of a reduction whose nodes are reduced apart, wherever that is: the elements [first,
/// last) of each output, in C order over the reduce axes. `first` is a multiple of the node's length, a power of two of
/// canonical blocks, and only the last node of a reduction may be shorter.
struct CudaNode {
  int64_t first = 0, last = 0;
};
/// Bytes of states between the launches for a node, 16-byte aligned. The variant is one that has parts.
int64_t cuda_node_scratch_bytes(const CudaKernel& kernel, const CudaNode& node, const int64_t* extents);
/// The launches that leave a node's states, of all outputs in C order, at `states`. arguments: of the whole nest;
/// elements outside the node are not touched.
std::vector<CudaLaunch> cuda_node_launches(const CudaKernel& kernel, const CudaNode& node,
                                           const KernelArguments& arguments, char* scratch, char* states);
/// The launch that makes outputs of complete states. arguments: of the whole; only what the epilogue uses matters.
CudaLaunch cuda_finish_launch(const CudaKernel& kernel, const KernelArguments& arguments, char* states);

}  // namespace fuseval::codegen
