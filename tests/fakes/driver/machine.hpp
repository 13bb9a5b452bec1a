// The machine behind the fake driver's functions: devices, contexts, memory, and streams that run in random legal
// order.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/cudasim/simulator.hpp"
#include "tests/fakes/driver/control.hpp"
#include "tests/fakes/driver/kernel_texts.hpp"

namespace fake {

using namespace fuseval::runtime::cuda;
namespace cudasim = fuseval::runtime::cudasim;

struct Event {
  uint64_t recorded = 0;   ///< records enqueued
  uint64_t completed = 0;  ///< records that have run
  uint64_t when = 0;       ///< the count of operations at the last completed record
};

/// One entry of a stream's queue.
struct Operation {
  std::string name;
  std::function<Result()> run;     ///< work; empty for a wait
  std::shared_ptr<Event> awaited;  ///< a wait: until awaited->completed >= version
  uint64_t version = 0;
  const char* host = nullptr;  ///< host memory that it reads or writes when it runs
  size_t host_bytes = 0;
};

struct Stream {
  std::deque<Operation> queue;
  bool destroyed = false;
  uint64_t serial = 0;  ///< in the order of creation
};

struct Pool {
  int device = 0;
  uint64_t threshold = 0;
  size_t reserved = 0;
  size_t used = 0;
};

struct Allocation {
  enum State { pending, live, freed };
  char* mapping = nullptr;  ///< whole pages around it, inaccessible but while an operation runs
  size_t mapped = 0;
  size_t bytes = 0;
  State state = live;
  Pool* pool = nullptr;
  bool freeing = false;  ///< a free is enqueued
  bool open = false;     ///< accessible all the time
};

struct Function {
  struct Module* module = nullptr;
  std::string name;
  std::optional<cudasim::Function> code;  ///< none: a function of the test's
  int shared_allowed = 48 * 1024;
};

struct Module {
  std::vector<std::string> kernels;
  std::optional<cudasim::Module> code;
  std::map<std::string, std::unique_ptr<Function>> functions;
  int pending = 0;  ///< launches that have not run
};

/// A device's primary context and all that is in it.
struct Context {
  int device = 0;
  int references = 0;
  std::optional<Result> lost;
  std::map<Stream*, std::unique_ptr<Stream>> streams;
  Stream default_stream;
  std::map<Event*, std::shared_ptr<Event>> events;
  std::map<Module*, std::unique_ptr<Module>> modules;
  std::map<Pool*, std::unique_ptr<Pool>> pools;
  std::map<DevicePointer, Allocation> memory;  ///< freed ones stay, so that their addresses are not given out again
  std::map<DevicePointer, Allocation*> live;   ///< those that operations may use: few, where freed ones become many
  std::map<char*, size_t> pinned;
  size_t allocated = 0;                     ///< bytes from cuMemAlloc
  std::unique_ptr<cudasim::Simulator> gpu;  ///< runs texts; knows of every live allocation, and what was written
};

/// All state. One lock around every call; operations run under it.
class Machine : public Control {
 public:
  static Machine& instance();
  Machine() { reset({}); }

  void reset(const Settings& settings) override;
  void add_kernel(const std::string& name, Kernel kernel) override;
  void fail_call(uint64_t k, Result code) override;
  void fail_function(const std::string& symbol, Result code) override;
  void fail_operation(uint64_t k, Result code) override;
  uint64_t calls() const override { return calls_; }
  uint64_t calls_of(const std::string& symbol) const override;
  uint64_t launches() const override { return launches_; }
  uint64_t bytes_down() const override { return bytes_down_; }
  bool is_on_device(const void* address) const override;
  bool is_context_current() const override;
  void occupy(size_t bytes) override { occupied_ = bytes; }
  std::string leaks() const override;
  std::string violations() const override { return violations_; }

  /// Counts a call; not success: what it must return at once. `context`: whose loss matters, or nullptr.
  Result enter(const char* symbol, const Context* context);
  /// The GPU may get on with its work at any time: runs some operations, or none.
  void progress();
  /// Runs operations until `done`, which becomes true or the device is lost. `release`: pools shrink to their
  /// threshold.
  template <class Done>
  Result run_until(Context& context, Done done);
  void enqueue(Context& context, Stream& stream, Operation operation);
  void violation(std::string what);

  Context* context_of(int device);
  const std::map<int, std::unique_ptr<Context>>& contexts() const { return contexts_; }
  Stream* stream_of(Context& context, StreamHandle handle);
  /// An operation's access to [pointer, pointer + bytes) of live memory; illegal_address otherwise.
  Result access(Context& context, const std::string& who, DevicePointer pointer, size_t bytes,
                const std::function<void(char*)>& use);
  Result run_kernel(Context& context, const Function& function, const Launch& launch);
  bool has_kernels() const { return !kernels_.empty(); }
  Result make_live(Context& context, DevicePointer pointer);
  Result allocate(Context& context, Pool* pool, size_t bytes, Allocation::State state, DevicePointer* pointer);
  void drop(Context& context, DevicePointer pointer);
  size_t reserved(const Context& context) const;
  void shrink_pools(Context& context);
  void count_down(size_t bytes) { bytes_down_ += bytes; }
  void retain(Context& context) { ++context.references; }
  void let_go(Context& context);

  uint64_t operations() const { return operations_; }

  uint64_t next_stream = 0;
  Settings settings;
  KernelTexts texts;
  mutable std::recursive_mutex mutex;

 private:
  Result run_function(const std::string& name, Context& context, const Launch& launch);
  Result run_text(const cudasim::Function& function, Context& context, const Launch& launch);
  bool step(Context& context);
  void lose(Context& context, Result code);
  void destroy(Context& context);

  std::mt19937_64 random_;
  std::map<int, std::unique_ptr<Context>> contexts_;
  std::map<std::string, Kernel> kernels_;
  std::map<std::string, uint64_t> counts_;
  uint64_t calls_ = 0;
  uint64_t launches_ = 0;
  uint64_t bytes_down_ = 0;
  uint64_t fail_at_ = 0;
  Result fail_code_ = Result::unknown;
  std::string failing_function_;
  Result failing_code_ = Result::unknown;
  uint64_t operations_ = 0;
  uint64_t fail_operation_at_ = 0;
  Result fail_operation_code_ = Result::launch_failed;
  size_t occupied_ = 0;
  std::string leaks_;
  std::string violations_;
};

template <class Done>
Result Machine::run_until(Context& context, Done done) {
  while (!context.lost && !done())
    if (!step(context)) {
      violation("a synchronisation that nothing can end");
      return Result::unknown;
    }
  if (context.lost) return *context.lost;
  shrink_pools(context);
  return Result::success;
}

}  // namespace fake
