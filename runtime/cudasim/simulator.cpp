#include "runtime/cudasim/simulator.hpp"

#include <fmt/format.h>

#include <cfenv>
#include <numeric>
#include <utility>

#include "ir/error.hpp"
#include "runtime/cudasim/block.hpp"
#include "runtime/cudasim/launch.hpp"
#include "runtime/cudasim/loaded_module.hpp"

namespace fuseval::runtime::cudasim {
namespace {

constexpr unsigned largest_block = 1024;
constexpr unsigned largest_shared = 228 * 1024;
constexpr uint32_t last_clock = UINT32_MAX / 2;

/// All of 0 … count-1 in an order of a seed, without a list of them: an affine map modulo the count.
class Order {
 public:
  Order(unsigned count, uint64_t seed) : count_(count) {
    Random random(seed);
    if (seed == 1) {
      factor_ = count - 1;
      offset_ = count - 1;
    } else if (seed > 1) {
      offset_ = random.below(count);
      do factor_ = random.below(count) + 1;
      while (std::gcd(factor_, count_) != 1);
    }
  }
  unsigned operator[](unsigned index) const { return static_cast<unsigned>((factor_ * index + offset_) % count_); }

 private:
  uint64_t count_;
  uint64_t factor_ = 1;
  uint64_t offset_ = 0;
};

/// Rounding to nearest and no flushing of subnormal numbers, whatever the host has set.
class DefaultArithmetic {
 public:
  DefaultArithmetic() {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~DefaultArithmetic() { std::fesetenv(&before_); }
  DefaultArithmetic(const DefaultArithmetic&) = delete;
  DefaultArithmetic& operator=(const DefaultArithmetic&) = delete;

 private:
  std::fenv_t before_;
};

void check_extents(const Function& function, unsigned grid, unsigned block, unsigned shared_bytes,
                   std::span<const uint64_t> words) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::internal, fmt::format("cudasim: cannot launch {}: {}", function.name, why));
  };
  if (grid == 0 || grid > INT32_MAX) refuse(fmt::format("a grid of {} blocks", grid));
  if (block == 0 || block > largest_block) refuse(fmt::format("a block of {} threads", block));
  if (shared_bytes > largest_shared) refuse(fmt::format("{} bytes of shared memory", shared_bytes));
  if (words.size_bytes() != function.kernel->argument_bytes)
    refuse(fmt::format("{} words for a parameter of {} bytes", words.size(), function.kernel->argument_bytes));
}

void prepare(Workspace& workspace, const LoadedModule& module, unsigned block, unsigned shared_bytes) {
  if (!workspace.stacks || workspace.stacks->count() < block) {
    workspace.stacks.reset();
    workspace.stacks = std::make_unique<Stacks>(block);
  }
  const std::span<std::byte> fixed = module.static_shared();
  workspace.static_shared.attach(fixed.data(), fixed.size());
  workspace.dynamic_bytes.resize((size_t{shared_bytes} + 15) / 16 * 2);
  workspace.dynamic_shared.attach(workspace.dynamic_bytes.data(), shared_bytes);
}

[[noreturn]] void throw_fault(const Function& function, unsigned block, const Fault& fault) {
  const int line = function.module->line_of(fault.place);
  std::string message =
      fmt::format("cudasim: kernel {}, block {}, thread {} {}", function.name, block, fault.thread, fault.what);
  if (line > 0)
    message +=
        fmt::format(", in line {}:\n  {}", line, line_of_text(function.module->sources()[function.source].text, line));
  else if (fault.place.pc)
    message += ", in a line that cannot be told (addr2line is needed for that)";
  throw KernelFault(message, fault.illegal_address);
}

}  // namespace

/// A workspace for one launch; comes back unless the launch failed, when its stacks hold threads that never end.
class Simulator::Lease {
 public:
  explicit Lease(Simulator& simulator) : simulator_(simulator) {
    const std::lock_guard lock(simulator.mutex_);
    simulator.serial_ = simulator.serial_ % (WordStamp::launches - 1) + 1;
    serial_ = simulator.serial_;
    if (simulator.idle_.empty()) {
      workspace_ = std::make_unique<Workspace>();
    } else {
      workspace_ = std::move(simulator.idle_.back());
      simulator.idle_.pop_back();
    }
  }
  void give_back() {
    const std::lock_guard lock(simulator_.mutex_);
    simulator_.idle_.push_back(std::move(workspace_));
  }
  Workspace& workspace() { return *workspace_; }
  uint32_t serial() const { return serial_; }

 private:
  Simulator& simulator_;
  std::unique_ptr<Workspace> workspace_;
  uint32_t serial_ = 0;
};

Simulator::Simulator() = default;
Simulator::~Simulator() = default;

void Simulator::launch(const Function& function, unsigned grid, unsigned block, unsigned shared_bytes,
                       std::span<const uint64_t> words, const LaunchOptions& options) {
  check_extents(function, grid, block, shared_bytes, words);
  const DefaultArithmetic arithmetic;
  Lease lease(*this);
  Workspace& workspace = lease.workspace();
  prepare(workspace, *function.module, block, shared_bytes);
  Launch launch(workspace, memory_.table(), lease.serial(), function.module->image_begin(),
                function.module->image_end());
  const BlockSettings settings{function.kernel, words.data(), block, grid, options.seed, options.step_limit};
  const Order order(grid, options.seed);
  for (unsigned index = 0; index < grid; ++index) {
    if (workspace.clock > last_clock)
      throw Error(ErrorCode::limit,
                  fmt::format("cudasim: kernel {} has more barriers than are counted", function.name));
    const std::optional<Fault> fault = Block(launch, settings, order[index]).run();
    if (fault) throw_fault(function, order[index], *fault);
  }
  if (workspace.clock > last_clock / 2) {
    workspace.static_shared.reset();
    workspace.dynamic_shared.reset();
    workspace.clock = 0;
  }
  lease.give_back();
}

}  // namespace fuseval::runtime::cudasim
