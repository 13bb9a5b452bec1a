// The scheduler. A thread runs until it waits or ends; then whoever can go on is made ready, and the seed chooses among
// the ready ones: 0 the first, 1 the last, any other number pseudo-randomly.
#include "runtime/cudasim/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace fuseval::runtime::cudasim {
namespace {

Fiber& of(Thread* thread) { return static_cast<Fiber&>(*thread); }

const char* name_of(Sync kind) {
  switch (kind) {
    case Sync::block:
      return "__syncthreads()";
    case Sync::warp:
      return "__syncwarp()";
    case Sync::shuffle_index:
      return "__shfl_sync()";
    case Sync::shuffle_up:
      return "__shfl_up_sync()";
    case Sync::shuffle_down:
      return "__shfl_down_sync()";
    case Sync::shuffle_xor:
      return "__shfl_xor_sync()";
    case Sync::running:
    case Sync::ended:
    case Sync::faulted:
      break;
  }
  return "";
}

std::string where(const Fiber* fiber) {
  return fiber ? fmt::format("waiting at {} in line {}", name_of(fiber->sync), fiber->line) : "ended";
}

/// The lane that a shuffle reads from; the own lane where CUDA says so.
int source_lane(const Fiber& fiber) {
  const int lane = static_cast<int>(fiber.lane());
  const int first = lane & ~(fiber.width - 1);
  const int last = first + fiber.width - 1;
  switch (fiber.sync) {
    case Sync::shuffle_index:
      return first + (fiber.operand & (fiber.width - 1));
    case Sync::shuffle_up:
      return lane - fiber.operand < first ? lane : lane - fiber.operand;
    case Sync::shuffle_down:
      return lane + fiber.operand > last ? lane : lane + fiber.operand;
    default:
      return (lane ^ fiber.operand) > last ? lane : lane ^ fiber.operand;
  }
}

// What a kernel calls: whatever may leave the fiber is called from here, and from nowhere deeper
// (FUSEVAL_ON_TWO_STACKS).

FUSEVAL_ON_TWO_STACKS void read(Thread* thread, const void* address, unsigned long bytes, Place place) {
  if (!of(thread).block->access(of(thread), reinterpret_cast<uintptr_t>(address), bytes, false, place))
    of(thread).leave();
}

FUSEVAL_ON_TWO_STACKS void write(Thread* thread, void* address, unsigned long bytes, Place place) {
  if (!of(thread).block->access(of(thread), reinterpret_cast<uintptr_t>(address), bytes, true, place))
    of(thread).leave();
}

FUSEVAL_ON_TWO_STACKS void atomic(Thread* thread, void* address, unsigned long bytes, Place place) {
  if (!of(thread).block->atomic(of(thread), reinterpret_cast<uintptr_t>(address), bytes, place)) of(thread).leave();
}

FUSEVAL_ON_TWO_STACKS void wait(Thread* thread) { of(thread).leave(); }

void fence(Thread* thread) { of(thread).block->fence(of(thread)); }

FUSEVAL_ON_TWO_STACKS void fail(Thread* thread, const char* what, Place place) {
  of(thread).block->fail(of(thread), what, place);
  of(thread).leave();
}

}  // namespace

const Hooks hooks{.read = read, .write = write, .atomic = atomic, .wait = wait, .fence = fence, .fail = fail};

uint64_t Random::next() {
  uint64_t value = state_ += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

Block::Block(Launch& launch, const BlockSettings& settings, unsigned number)
    : launch_(launch), settings_(settings), number_(number), random_(settings.seed * 0x100000001B3u + number) {
  start_ = barrier_ = ++launch.workspace.clock;
  launch.blocks.push_back({start_, number, false});
  launch.workspace.static_shared.begin_block();
  launch.workspace.dynamic_shared.begin_block();
  std::fill_n(fibers_.begin(), settings.threads, nullptr);
  std::fill_n(records_.begin(), settings.threads, ThreadRecord{});
  for (unsigned thread = 0; thread < settings.threads; ++thread) {
    make_ready(thread);
    warps_[thread / 32].live |= 1u << thread % 32;
  }
}

/// A thread gets a stack when it first runs, and leaves it when it ends: threads that wait for nobody all have the same
/// one, which stays in the cache (2.3 times as fast as a stack for each).
Fiber& Block::start(unsigned number) {
  Workspace& workspace = launch_.workspace;
  Fiber& fiber = workspace.stacks->take();
  fiber.steps = static_cast<long>(settings_.step_limit);
  fiber.hooks = hooks;
  fiber.thread_index = {number, 0, 0};
  fiber.block_index = {number_, 0, 0};
  fiber.block_extent = {settings_.threads, 1, 1};
  fiber.grid_extent = {settings_.blocks, 1, 1};
  fiber.dynamic_shared = workspace.dynamic_bytes.data();
  fiber.number = number;
  fiber.block = this;
  fiber.kernel = settings_.kernel;
  fiber.words = settings_.words;
  fibers_[number] = &fiber;
  return fiber;
}

void Block::end(Fiber& thread) {
  launch_.workspace.stacks->give_back(thread);
  fibers_[thread.number] = nullptr;
  warps_[thread.warp()].live &= ~(1u << thread.lane());
  ++ended_;
}

/// The number of a ready thread, taken out of the ready ones; UINT_MAX: there is none.
unsigned Block::next_ready() {
  const bool last = settings_.seed == 1;
  const unsigned origin = settings_.seed > 1 ? static_cast<unsigned>(random_.below(1024)) : 0;
  for (unsigned step = 0; step <= 16; ++step) {
    const unsigned word = last ? (31 - step) % 16 : (origin / 64 + step) % 16;
    uint64_t candidates = ready_[word];
    if (step == 0) candidates &= ~uint64_t{0} << origin % 64;
    if (candidates == 0) continue;
    const auto bit = static_cast<unsigned>(last ? 63 - std::countl_zero(candidates) : std::countr_zero(candidates));
    ready_[word] &= ~(uint64_t{1} << bit);
    return word * 64 + bit;
  }
  return UINT32_MAX;
}

std::optional<Fault> Block::run() {
  while (ended_ < settings_.threads && !fault_) {
    const unsigned number = next_ready();
    if (number == UINT32_MAX) {
      report(0, "can never go on: " + who_waits(), 0);
      break;
    }
    Fiber& running = fibers_[number] ? fiber(number) : start(number);
    running.sync = Sync::running;
    running.enter();
    if (!fault_) settle(running);
  }
  return std::move(fault_);
}

/// A thread has stopped: wakes up those who have waited for just that.
void Block::settle(Fiber& stopped) {
  Warp& warp = warps_[stopped.warp()];
  if (stopped.sync == Sync::block) {
    ++waiting_;
  } else if (stopped.sync == Sync::ended) {
    end(stopped);
    for (uint32_t left = warp.waiting; left != 0 && !fault_; left &= left - 1)
      if (const auto lane = static_cast<unsigned>(std::countr_zero(left)); warp.waiting >> lane & 1)
        settle_warp(stopped.warp(), lane);
  } else {
    if (!(stopped.mask >> stopped.lane() & 1))
      return report(stopped.number, fmt::format("is not in the mask of its own {}", name_of(stopped.sync)),
                    stopped.line);
    warp.waiting |= 1u << stopped.lane();
    return settle_warp(stopped.warp(), stopped.lane());
  }
  if (waiting_ > 0 && waiting_ + ended_ == settings_.threads) settle_block();
}

void Block::settle_warp(unsigned number, unsigned lane) {
  Warp& warp = warps_[number];
  const Fiber& first = fiber(number * 32 + lane);
  const uint32_t group = first.mask & warp.live;
  if ((warp.waiting & group) != group) return;
  for (uint32_t left = group; left != 0; left &= left - 1) {
    const Fiber& other = fiber(number * 32 + static_cast<unsigned>(std::countr_zero(left)));
    if (other.sync != first.sync || other.line != first.line || other.mask != first.mask) return;
  }
  release_warp(number, group, first.sync);
}

void Block::release_warp(unsigned number, uint32_t group, Sync kind) {
  Warp& warp = warps_[number];
  if (kind != Sync::warp)
    shuffle(number, group);  // exchanges values, and orders no memory
  else if (group == warp.live)
    warp.barrier = ++launch_.workspace.clock;
  warp.waiting &= ~group;
  for (uint32_t left = group; left != 0; left &= left - 1)
    make_ready(number * 32 + static_cast<unsigned>(std::countr_zero(left)));
}

void Block::shuffle(unsigned warp, uint32_t group) {
  std::array<unsigned long long, 32> values{};
  for (uint32_t left = group; left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(left));
    const Fiber& reader = fiber(warp * 32 + lane);
    if (reader.width < 1 || reader.width > 32 || !std::has_single_bit(static_cast<unsigned>(reader.width)))
      return report(reader.number, fmt::format("shuffles among {} lanes: not a power of two up to 32", reader.width),
                    reader.line);
    const int source = source_lane(reader);
    if (source < 0 || source > 31 || !(group >> source & 1))
      return report(reader.number,
                    fmt::format("reads lane {} by {}, which {}", source, name_of(reader.sync),
                                source >= 0 && source < 32 && reader.mask >> source & 1 ? "has ended or does not exist"
                                                                                        : "is not in the mask"),
                    reader.line);
    values[lane] = fiber(warp * 32 + static_cast<unsigned>(source)).value;
  }
  for (uint32_t left = group; left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(left));
    fiber(warp * 32 + lane).value = values[lane];
  }
}

/// Every thread waits at a __syncthreads() or has ended.
void Block::settle_block() {
  bool same = ended_ == 0;
  for (unsigned thread = 1; thread < settings_.threads && same; ++thread) same = fiber(thread).line == fiber(0).line;
  if (!same) return report(0, "is in a block whose threads do not all meet at one __syncthreads(): " + who_waits(), 0);
  waiting_ = 0;
  barrier_ = ++launch_.workspace.clock;
  for (unsigned thread = 0; thread < settings_.threads; ++thread) make_ready(thread);
}

/// "threads 0 to 31 waiting at … in line 7, thread 32 ended".
std::string Block::who_waits() {
  std::string result;
  int shown = 0;
  for (unsigned from = 0, to = 0; from < settings_.threads; from = to) {
    const std::string what = where(fibers_[from]);
    while (to < settings_.threads && where(fibers_[to]) == what) ++to;
    if (++shown > 12) return result + " …";
    result += result.empty() ? "" : ", ";
    result += to - from > 1 ? fmt::format("threads {} to {} {}", from, to - 1, what)
                            : fmt::format("thread {} {}", from, what);
  }
  return result;
}

void Block::report(unsigned thread, std::string what, int line) {
  fault_ = Fault{std::move(what), Place{nullptr, line}, thread, false};
}

Moment Block::moment(const Fiber& thread) const {
  return {launch_.workspace.clock, barrier_, warps_[thread.warp()].barrier, thread.number};
}

bool Block::has_counted(const Fiber& thread) const {
  return records_[thread.number].counted || (counted_ != 0 && counted_ < barrier_);
}

void Block::note_write(const Fiber& thread) {
  records_[thread.number].last_write = launch_.workspace.clock;
  records_[thread.number].unfenced = true;
  launch_.blocks.back().published = false;
}

void Block::fence(const Fiber& thread) {
  ThreadRecord& record = records_[thread.number];
  record.unfenced = false;
  record.fenced = launch_.workspace.clock;
  record.fence_barrier = barrier_;
}

/// Whether everything that the block has written is behind a fence that the counting thread knows of: the writer's own,
/// before the last barrier, or the counting thread's, after a barrier that came after the write.
bool Block::all_published(unsigned counting) const {
  for (unsigned thread = 0; thread < settings_.threads; ++thread) {
    const ThreadRecord& record = records_[thread];
    const bool own = !record.unfenced && (thread == counting || record.fenced < barrier_);
    if (record.last_write != 0 && !own && record.last_write >= records_[counting].fence_barrier) return false;
  }
  return true;
}

bool Block::access(Fiber& thread, uintptr_t address, size_t bytes, bool write, Place place) {
  std::string wrong = launch_.check(*this, thread, address, bytes, write);
  if (!wrong.empty()) fail(thread, std::move(wrong), place, !launch_.is_accessible(address, bytes));
  return !fault_;
}

bool Block::atomic(Fiber& thread, uintptr_t address, size_t bytes, Place place) {
  launch_.blocks.back().published = all_published(thread.number);
  records_[thread.number].counted = true;
  if (counted_ == 0) counted_ = launch_.workspace.clock;
  std::string wrong = launch_.check_atomic(*this, thread, address, bytes);
  if (!wrong.empty()) fail(thread, std::move(wrong), place, !launch_.is_accessible(address, bytes));
  return !fault_;
}

void Block::fail(Fiber& thread, std::string what, Place place, bool illegal_address) {
  fault_ = Fault{std::move(what), place, thread.number, illegal_address};
  thread.sync = Sync::faulted;
}

}  // namespace fuseval::runtime::cudasim
