#include "engine/ranks/device_rank_space.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/views.hpp"
#include "engine/cpu/strided_copy.hpp"
#include "engine/run/aligned_call.hpp"
#include "engine/world/device_messages.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

size_t round_up(size_t bytes) { return checked_round_up(bytes, 16); }

ByteExtent extent_of(const fv_view& view, const char* what) {
  return byte_extent(layout_of(view), size_of(dtype_of(view)), what);
}

/// An aligned address of no memory, from which offsets may be counted.
char* nowhere() { return reinterpret_cast<char*>(uintptr_t{1} << 40); }

bool is_split(const LocalPlan::Part& part) { return !part.nodes.empty(); }
bool is_empty(const LoopNest& nest) { return nest.parallel_count() == 0; }

/// Of the states of all outputs.
size_t node_bytes_of(const LoopNest& nest, const DeviceKernel& kernel) {
  return static_cast<size_t>(checked_multiply(nest.parallel_count(), kernel.code->state_bytes));
}

DeviceKernels::Request wanted(const DeviceJob& job, bool by_nodes) {
  return by_nodes ? job.request_by_nodes() : job.request();
}

uint8_t alignment_of(const Operand& operand, char* const* arrays) {
  if (operand.kind == OperandKind::index) return 0;
  return static_cast<uint8_t>(reinterpret_cast<uintptr_t>(arrays[operand.buffer] + operand.offset) & 15);
}

std::vector<uint8_t> alignments_of(const LoopNest& nest, char* const* arrays) {
  std::vector<uint8_t> alignments;
  for (const Operand& operand : nest.operands) alignments.push_back(alignment_of(operand, arrays));
  return alignments;
}

bool are_aligned(const std::vector<uint8_t>& alignments, const LoopNest& nest, char* const* arrays) {
  for (size_t k = 0; k < alignments.size(); ++k)
    if (alignments[k] != alignment_of(nest.operands[k], arrays)) return false;
  return true;
}

}  // namespace

DeviceRankSpace::DeviceRankSpace(DeviceSpace& space, std::string text, bool sends_device_memory)
    : space_(space),
      device_(*space.device),
      text_(std::move(text)),
      sends_device_memory_(sends_device_memory),
      copies_(space) {}

// ---- messages ----

std::unique_ptr<MessageMemory> DeviceRankSpace::message_memory(size_t bytes) {
  if (sends_device_memory_) return std::make_unique<MessagesOnDevice>(device_, bytes);
  return std::make_unique<StagedMessages>(device_, bytes);
}

std::unique_ptr<DirectMessages> DeviceRankSpace::direct_messages(const std::vector<char*>& sent,
                                                                 const std::vector<char*>& received) {
  if (!sends_device_memory_ || (sent.empty() && received.empty())) return nullptr;
  return std::make_unique<DirectDeviceMessages>(device_, sent, received);
}

void DeviceRankSpace::copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
                           const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) {
  copies_.copy(queue(), to, to_strides, from, from_strides, shape, itemsize);
}

void DeviceRankSpace::bring_down(const MessageMemory& memory) {
  if (sends_device_memory_) return synchronize();
  queue().download(memory.messages(), memory.boxes(), static_cast<const StagedMessages&>(memory).bytes());
  uses_host_ = true;
  synchronize();
}

void DeviceRankSpace::bring_up(const MessageMemory& memory) {
  if (sends_device_memory_) return;
  queue().upload(memory.boxes(), memory.messages(), static_cast<const StagedMessages&>(memory).bytes());
  uses_host_ = true;
}

// ---- a call ----

void DeviceRankSpace::begin(const RunOptions& options, CallMemory& memory) {
  options_ = &options;
  memory_ = &memory;
  uses_host_ = false;
  queue_.emplace(device_, options.stream);
  queue_->wait_for_memory();
}

void DeviceRankSpace::end() {
  queue_->finish(uses_host_);
  abandon();
}

void DeviceRankSpace::abandon() noexcept {
  queue_.reset();
  taken_.clear();
  numbers_.clear();
  staged_.clear();
}

void DeviceRankSpace::synchronize() { queue().synchronize(); }

void DeviceRankSpace::check() const {
  if (options_->control != nullptr) options_->control->check();
}

std::unique_ptr<DeviceMemory> DeviceRankSpace::allocate_here(size_t bytes) {
  try {
    auto memory = device_.allocate(bytes);
    queue_->wait_for_memory();
    return memory;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::memory) throw;
    throw Error(ErrorCode::memory, error.message() + "; ranks' parts must fit as a whole: use more ranks, or the CPU");
  }
}

char* DeviceRankSpace::workspace(size_t bytes) {
  if (bytes == 0) return nullptr;
  taken_.push_back(allocate_here(bytes));
  return taken_.back()->data();
}

SpaceMemory DeviceRankSpace::allocate(size_t bytes) {
  memory_->count(bytes);
  return {{}, allocate_here(bytes)};
}

char* DeviceRankSpace::input(const fv_view& view, std::string_view name) {
  if (view.device_type == FV_DEVICE_CPU) return upload(view);
  return checked(view, fmt::format("input '{}'", name));
}

char* DeviceRankSpace::output(const fv_view& view, size_t k) { return checked(view, fmt::format("output {}", k)); }

// The caller vouches for memory of the device: a kernel's fault would lose it.
char* DeviceRankSpace::checked(const fv_view& view, const std::string& what) const {
  if (!has(view))
    throw Error(ErrorCode::argument, fmt::format("{} is on {}, but this rank runs such calls on {}", what,
                                                 name_of(place_of(view)), name_of(place())));
  const ByteExtent extent = extent_of(view, "an array");
  char* const data = static_cast<char*>(view.data);
  if (bytes_of(extent) == 0) return nowhere();
  if (reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(size_of(dtype_of(view))) != 0)
    refuse_unaligned(view, what);
  require_memory(device_, data + extent.begin, bytes_of(extent), what);
  return data;
}

char* DeviceRankSpace::upload(const fv_view& view) {
  const ByteExtent extent = extent_of(view, "an array");
  const char* const data = static_cast<const char*>(view.data);
  const size_t bytes = bytes_of(extent);
  if (bytes == 0) return nowhere();
  if (view.rank == 0 && bytes <= DeviceScalars::most_bytes && (view.flags & FV_VIEW_MAPPED) == 0) {
    numbers_.push_back(space_.scalars.get({data, bytes}));
    queue_->wait_for_memory();
    return numbers_.back()->data();
  }
  char* const here = workspace(bytes);
  uses_host_ = true;
  queue().upload(here, data + extent.begin, bytes);
  return here - extent.begin;
}

// Until everything has run, nothing of the host's is touched.
void DeviceRankSpace::bring_out(const ArrayPlace& to, Place place, const ArrayPlace& from, const Shape& shape,
                                int64_t itemsize) {
  if (!place.is_host()) return copy(to.data, to.strides, from.data, from.strides, shape, itemsize);
  const ByteExtent extent = byte_extent({shape, from.strides}, itemsize, "a result");
  const size_t bytes = bytes_of(extent);
  if (bytes == 0) return;
  synchronize();
  check();
  uses_host_ = true;
  if (element_count(shape) * itemsize == static_cast<int64_t>(bytes) && to.strides == from.strides)
    return queue().download(to.data + extent.begin, from.data + extent.begin, bytes);
  // What lies between its elements is not ours to write.
  const runtime::Buffer& staged = staged_.emplace_back(bytes);
  queue().download(staged.data(), from.data + extent.begin, bytes);
  synchronize();
  copy_elements(to.data, to.strides, staged.data() - extent.begin, from.strides, shape, itemsize);
}

// ---- kernels ----

// For arrays that are aligned to 16 bytes, as most are; others are compiled when they come.
void DeviceRankSpace::prepare(const GlobalPlan& plan, const LocalPlan& local, const CompileContext&) {
  parts_.assign(local.parts, std::nullopt);
  homes_.assign(local.homes, std::nullopt);
  const std::vector<char*> aligned(plan.arrays.size() + plan.fetches.size(), nowhere());
  std::vector<DeviceJob> jobs;
  std::vector<bool> by_nodes;
  const auto add = [&](const LoopNest& nest, bool nodes) {
    if (is_empty(nest)) return;
    jobs.emplace_back(0).add(nest, aligned.data());
    by_nodes.push_back(nodes);
  };
  for (const LocalPlan::Kernel& kernel : local.kernels) {
    for (const auto* parts : {&kernel.interior, &kernel.edges})
      for (const LocalPlan::Part& part : *parts) add(part.nest, is_split(part));
    for (const LocalPlan::Home& home : kernel.home) add(home.nest, true);
  }
  std::vector<DeviceKernels::Request> all;
  for (size_t k = 0; k < jobs.size(); ++k) all.push_back(wanted(jobs[k], by_nodes[k]));
  space_.kernels.get(all);
}

const DeviceRankSpace::Ready& DeviceRankSpace::ready(const LocalPlan::Part& part, char* const* arrays) {
  std::optional<Ready>& known = parts_[part.number];
  if (!known || !are_aligned(known->alignments, part.nest, arrays)) known = made(part, arrays);
  return *known;
}

const DeviceRankSpace::Ready& DeviceRankSpace::ready(const LocalPlan::Home& home, char* const* arrays) {
  std::optional<Ready>& known = homes_[home.number];
  if (!known || !are_aligned(known->alignments, home.nest, arrays)) known = made(home, arrays);
  return *known;
}

DeviceRankSpace::Ready DeviceRankSpace::made(const LocalPlan::Part& part, char* const* arrays) const {
  DeviceJob job(0);
  job.add(part.nest, arrays);
  const DeviceKernels::Request one[] = {wanted(job, is_split(part))};
  const auto kernel = space_.kernels.get(one)[0];
  Ready ready;
  ready.alignments = alignments_of(part.nest, arrays);
  if (!is_split(part)) {
    ready.launches.emplace_back(job, *kernel, text_);
    ready.workspace_bytes = ready.launches[0].workspace_bytes();
    return ready;
  }
  size_t scratch = 0;
  for (const TreeNode& node : part.nodes)
    scratch = std::max(scratch, round_up(job.node_scratch_bytes(*kernel, {node.first, node.last})));
  const auto node_bytes = node_bytes_of(part.nest, *kernel);
  ready.states_bytes = checked_multiply(node_bytes, part.nodes.size());
  std::vector<codegen::CudaLaunch> launches;
  for (size_t k = 0; k < part.nodes.size(); ++k) {
    char* const states = reinterpret_cast<char*>(scratch + k * node_bytes);  // counted from the scratch memory
    const TreeNode& node = part.nodes[k];
    for (codegen::CudaLaunch& launch : job.node_launches(*kernel, {node.first, node.last}, nullptr, states))
      launches.push_back(std::move(launch));
  }
  ready.launches.emplace_back(job, *kernel, std::move(launches), checked_add(scratch, ready.states_bytes), text_);
  ready.states = ready.launches[0].scratch() + scratch;
  ready.workspace_bytes = ready.launches[0].workspace_bytes();
  return ready;
}

DeviceRankSpace::Ready DeviceRankSpace::made(const LocalPlan::Home& home, char* const* arrays) const {
  DeviceJob job(0);
  job.add(home.nest, arrays);
  const DeviceKernels::Request one[] = {job.request_by_nodes()};
  const auto kernel = space_.kernels.get(one)[0];
  Ready ready;
  ready.alignments = alignments_of(home.nest, arrays);
  ready.states_bytes = node_bytes_of(home.nest, *kernel);
  ready.launches.emplace_back(job, *kernel, std::vector{job.finish_launch(*kernel, nullptr)}, ready.states_bytes,
                              text_);
  ready.states = ready.launches[0].scratch();
  ready.workspace_bytes = ready.launches[0].workspace_bytes();
  return ready;
}

void DeviceRankSpace::launch(const Ready& ready, char* const* arrays, char* workspace) {
  check();
  for (const DeviceLaunches& launches : ready.launches) launches.run(queue(), arrays, workspace);
  space_.counters.add(space_.counters.launches, 1);
}

void DeviceRankSpace::run(const LocalPlan::Part& part, char* const* arrays, BoxExchange*) {
  if (is_empty(part.nest)) return;
  const Ready& here = ready(part, arrays);
  launch(here, arrays, workspace(here.workspace_bytes));
}

void DeviceRankSpace::reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange*) {
  if (is_empty(part.nest)) return;
  const Ready& here = ready(part, arrays);
  char* const memory = workspace(here.workspace_bytes);
  launch(here, arrays, memory);
  uses_host_ = true;
  queue().download(states, memory + here.states, here.states_bytes);
}

void DeviceRankSpace::finish(const LocalPlan::Home& home, char* const* arrays, const char* states) {
  if (is_empty(home.nest)) return;
  const Ready& here = ready(home, arrays);
  char* const memory = workspace(here.workspace_bytes);
  queue().upload(memory + here.states, states, here.states_bytes);
  synchronize();
  launch(here, arrays, memory);
}

}  // namespace fuseval::engine
