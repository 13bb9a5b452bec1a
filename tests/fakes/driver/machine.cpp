#include "tests/fakes/driver/machine.hpp"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/cuda/driver.hpp"
#include "tests/fakes/report.hpp"

namespace fake {
namespace {

constexpr size_t page = 4096;
constexpr size_t alignment = 256;

thread_local sigjmp_buf* fault_target = nullptr;

void on_fault(int) {
  if (fault_target != nullptr) siglongjmp(*fault_target, 1);
  signal(SIGSEGV, SIG_DFL);  // not ours: it comes again and ends the process
}

/// Runs a kernel's function; false if it touched what it may not.
bool survives(const Kernel& kernel, const Launch& launch) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = on_fault;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGSEGV, &action, &before);
  sigjmp_buf here;
  const bool first = sigsetjmp(here, 1) == 0;
  if (first) {
    fault_target = &here;
    kernel(launch);
  }
  fault_target = nullptr;
  sigaction(SIGSEGV, &before, nullptr);
  return first;
}

void protect(const Allocation& allocation, int protection) {
  if (allocation.open) return;
  mprotect(allocation.mapping, allocation.mapped, protection);
}

/// What lives in a context, a line each kind.
std::string contents(const Context& context) {
  std::string text;
  const auto count = [&](const char* what, size_t number) {
    if (number > 0) text += std::to_string(number) + " " + what + "\n";
  };
  count("streams", context.streams.size());
  count("events", context.events.size());
  count("modules", context.modules.size());
  count("pools", context.pools.size());
  count("pinned host buffers", context.pinned.size());
  count("device buffers",
        static_cast<size_t>(std::count_if(context.memory.begin(), context.memory.end(),
                                          [](const auto& m) { return m.second.state != Allocation::freed; })));
  return text;
}

/// For programs that cannot reach Control.
Settings settings_of_environment() {
  Settings settings;
  settings.seed = number_of_environment("FUSEVAL_FAKE_SEED", settings.seed);
  settings.devices = static_cast<int>(number_of_environment("FUSEVAL_FAKE_DEVICES", 1));
  settings.version = static_cast<int>(number_of_environment("FUSEVAL_FAKE_VERSION", 13000));
  settings.memory = number_of_environment("FUSEVAL_FAKE_MEMORY", settings.memory);
  const auto arch = static_cast<int>(number_of_environment("FUSEVAL_FAKE_ARCH", 90));
  settings.major = arch / 10;
  settings.minor = arch % 10;
  return settings;
}

Machine* configured() {
  auto* const machine = new Machine;  // calls may come as late as a process lives
  machine->reset(settings_of_environment());
  const Result code = static_cast<Result>(number_of_environment("FUSEVAL_FAKE_FAIL_CODE", 999));
  machine->fail_call(number_of_environment("FUSEVAL_FAKE_FAIL_AT", 0), code);
  return machine;
}

/// After the destructors of all that lives as long as the program.
__attribute__((destructor)) void report_at_the_end() {
  const Machine& machine = Machine::instance();
  report("fake driver", std::to_string(machine.calls()) + " calls, " + std::to_string(machine.launches()) + " launches",
         machine.leaks(), machine.violations());
}

}  // namespace

Machine& Machine::instance() {
  static Machine* const machine = configured();
  return *machine;
}

void Machine::reset(const Settings& wanted) {
  for (auto& [device, context] : contexts_)
    if (context->references > 0) destroy(*context);
  settings = wanted;
  random_.seed(wanted.seed);
  kernels_.clear();
  counts_.clear();
  bytes_down_ = 0;
  leaks_.clear();
  violations_.clear();
  failing_function_.clear();
  calls_ = launches_ = fail_at_ = operations_ = fail_operation_at_ = occupied_ = next_stream = 0;
}

void Machine::add_kernel(const std::string& name, Kernel kernel) { kernels_[name] = std::move(kernel); }

void Machine::fail_call(uint64_t k, Result code) {
  calls_ = 0;
  fail_at_ = k;
  fail_code_ = code;
}

void Machine::fail_function(const std::string& symbol, Result code) {
  failing_function_ = symbol;
  failing_code_ = code;
}

void Machine::fail_operation(uint64_t k, Result code) {
  fail_operation_at_ = k == 0 ? 0 : operations_ + k;
  fail_operation_code_ = code;
}

uint64_t Machine::calls_of(const std::string& symbol) const {
  const auto it = counts_.find(symbol);
  return it == counts_.end() ? 0 : it->second;
}

std::string Machine::leaks() const {
  std::string text = leaks_;
  for (const auto& [device, context] : contexts_)
    if (context->references > 0)
      text += "device " + std::to_string(device) + " is retained " + std::to_string(context->references) + " times\n" +
              contents(*context);
  return text;
}

// What a lost device leaves possible: looking at contexts, and letting go of them.
bool works_when_lost(const std::string& symbol) {
  return symbol.starts_with("cuCtxGet") || symbol.starts_with("cuCtxPush") || symbol.starts_with("cuCtxPop") ||
         symbol.starts_with("cuDevice") || symbol.starts_with("cuInit");
}

Result Machine::enter(const char* symbol, const Context* context) {
  ++calls_;
  ++counts_[symbol];
  if (symbol == failing_function_) return failing_code_;
  if (context != nullptr && context->lost && !works_when_lost(symbol)) return *context->lost;
  if (calls_ != fail_at_) return Result::success;
  for (auto& [device, each] : contexts_)  // the current context's device, or where there is none, all
    if (loses_device(fail_code_) && each->references > 0 && (context == nullptr || context == each.get()))
      lose(*each, fail_code_);
  return fail_code_;
}

Context* Machine::context_of(int device) {
  auto& context = contexts_[device];
  if (!context) {
    context = std::make_unique<Context>();
    context->device = device;
    context->gpu = std::make_unique<cudasim::Simulator>();
  }
  return context.get();
}

void Machine::progress() {
  for (auto& [device, context] : contexts_)
    for (uint64_t count = random_() % 4 == 0 ? random_() % 4 : 0; count > 0 && !context->lost; --count)
      if (!step(*context)) break;
}

void Machine::enqueue(Context&, Stream& stream, Operation operation) { stream.queue.push_back(std::move(operation)); }

/// Runs the head of one stream, chosen among those that may run. false if there is none.
bool Machine::step(Context& context) {
  std::vector<Stream*> ready;
  const auto consider = [&](Stream& stream) {
    if (stream.queue.empty()) return;
    const Operation& head = stream.queue.front();
    if (!head.awaited || head.awaited->completed >= head.version) ready.push_back(&stream);
  };
  consider(context.default_stream);
  for (auto& [handle, stream] : context.streams) consider(*stream);
  if (ready.empty()) return false;
  // By age, not by address: a seed is one order.
  std::sort(ready.begin(), ready.end(), [](const Stream* a, const Stream* b) { return a->serial < b->serial; });
  Stream& stream = *ready[random_() % ready.size()];
  const Operation operation = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (operation.awaited) return true;
  const bool fails = ++operations_ == fail_operation_at_;
  const Result result = fails ? fail_operation_code_ : operation.run();
  if (result != Result::success) lose(context, result);
  if (stream.destroyed && stream.queue.empty()) context.streams.erase(&stream);
  return true;
}

/// Nothing that is enqueued runs any more.
void Machine::lose(Context& context, Result code) {
  context.lost = code;
  context.default_stream.queue.clear();
  for (auto& [handle, stream] : context.streams) stream->queue.clear();
}

Stream* Machine::stream_of(Context& context, StreamHandle handle) {
  if (reinterpret_cast<uintptr_t>(handle) <= 2) return &context.default_stream;
  const auto it = context.streams.find(reinterpret_cast<Stream*>(handle));
  return it == context.streams.end() || it->second->destroyed ? nullptr : it->second.get();
}

Result Machine::access(Context& context, const std::string& who, DevicePointer pointer, size_t bytes,
                       const std::function<void(char*)>& use) {
  auto it = context.memory.upper_bound(pointer);
  if (it != context.memory.begin()) --it;
  const bool inside = it != context.memory.end() && pointer >= it->first && pointer - it->first <= it->second.bytes &&
                      bytes <= it->second.bytes - (pointer - it->first);
  if (!inside || it->second.state != Allocation::live) {
    violation(who + " touches " + (!inside ? "no device memory" : "memory that is freed or not yet allocated"));
    return Result::illegal_address;
  }
  protect(it->second, PROT_READ | PROT_WRITE);
  use(reinterpret_cast<char*>(pointer));
  protect(it->second, PROT_NONE);
  return Result::success;
}

/// Operations may use it from now on. It is poisoned, and the simulator knows it as never written.
Result Machine::make_live(Context& context, DevicePointer pointer) {
  Allocation& allocation = context.memory.at(pointer);
  try {
    context.gpu->adopt(pointer, allocation.bytes);
  } catch (const fuseval::Error& error) {
    violation(error.message());
    return Result::unknown;
  }
  allocation.state = Allocation::live;
  context.live.emplace(pointer, &allocation);
  if (settings.open_memory && allocation.pool == nullptr) {
    protect(allocation, PROT_READ | PROT_WRITE);
    allocation.open = true;
    context.gpu->mark_written(pointer, allocation.bytes);
  }
  return Result::success;
}

Result Machine::run_kernel(Context& context, const Function& function, const Launch& launch) {
  ++launches_;
  const auto protect_live = [&](int protection) {
    for (const auto& [pointer, allocation] : context.live) protect(*allocation, protection);
  };
  protect_live(PROT_READ | PROT_WRITE);
  const Result result =
      function.code ? run_text(*function.code, context, launch) : run_function(function.name, context, launch);
  protect_live(PROT_NONE);
  return result;
}

Result Machine::run_function(const std::string& name, Context& context, const Launch& launch) {
  const auto kernel = kernels_.find(name);
  if (kernel == kernels_.end()) {
    violation("there is no text of kernel " + name + ", and no function of the test's");
    return Result::launch_failed;
  }
  if (!survives(kernel->second, launch)) {
    violation("kernel " + name + " touches memory that it may not");
    return Result::illegal_address;
  }
  for (const auto& [pointer, allocation] : context.live) context.gpu->mark_written(pointer, allocation->bytes);
  return Result::success;
}

/// A GPU would go on after a race or a read of what nothing has written; here they end the device as well.
Result Machine::run_text(const cudasim::Function& function, Context& context, const Launch& launch) {
  try {
    context.gpu->launch(function, launch.grid, launch.block, launch.shared_bytes, launch.words, {.seed = random_()});
    return Result::success;
  } catch (const cudasim::KernelFault& fault) {
    violation(fault.message());
    return fault.illegal_address() ? Result::illegal_address : Result::illegal_instruction;
  } catch (const fuseval::Error& error) {
    violation(error.message());
    return Result::launch_failed;
  }
}

bool Machine::is_on_device(const void* address) const {
  const std::lock_guard lock(mutex);
  const auto pointer = reinterpret_cast<DevicePointer>(address);
  for (const auto& [device, context] : contexts_)
    for (const auto& [begin, allocation] : context->memory)
      if (allocation.state == Allocation::live && begin <= pointer && pointer < begin + allocation.bytes) return true;
  return false;
}

void Machine::violation(std::string what) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  violations_ += what + "\n";
}

size_t Machine::reserved(const Context& context) const {
  size_t bytes = context.allocated + occupied_;
  for (const auto& [handle, pool] : context.pools) bytes += pool->reserved;
  return bytes;
}

/// Contents are poison; the block ends where inaccessible pages begin, but for the alignment.
Result Machine::allocate(Context& context, Pool* pool, size_t bytes, Allocation::State state, DevicePointer* pointer) {
  if (bytes == 0) return Result::invalid_value;
  const size_t spare = pool != nullptr ? pool->reserved - pool->used : 0;
  const size_t grow = bytes > spare ? bytes - spare : 0;
  if (grow > 0 && (grow > settings.memory || reserved(context) + grow > settings.memory)) return Result::out_of_memory;
  const size_t padded = (bytes + alignment - 1) / alignment * alignment;
  Allocation allocation;
  allocation.mapped = (padded + page - 1) / page * page + page;
  allocation.mapping = static_cast<char*>(
      mmap(nullptr, allocation.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (allocation.mapping == MAP_FAILED) return Result::out_of_memory;
  allocation.mapped -= page;  // the last page stays inaccessible for good
  protect(allocation, PROT_READ | PROT_WRITE);
  memset(allocation.mapping, 0xCB, allocation.mapped);
  protect(allocation, PROT_NONE);
  allocation.bytes = bytes;
  allocation.state = Allocation::pending;
  allocation.pool = pool;
  if (pool != nullptr) {
    pool->used += bytes;
    pool->reserved += grow;
  } else {
    context.allocated += bytes;
  }
  *pointer = reinterpret_cast<DevicePointer>(allocation.mapping + allocation.mapped - padded);
  context.memory.emplace(*pointer, allocation);
  return state == Allocation::live ? make_live(context, *pointer) : Result::success;
}

void Machine::drop(Context& context, DevicePointer pointer) {
  Allocation& allocation = context.memory.at(pointer);
  if (context.live.erase(pointer) != 0) context.gpu->forget(pointer);
  allocation.state = Allocation::freed;
  allocation.open = false;
  protect(allocation, PROT_NONE);
  madvise(allocation.mapping, allocation.mapped, MADV_DONTNEED);
  (allocation.pool != nullptr ? allocation.pool->used : context.allocated) -= allocation.bytes;
}

void Machine::shrink_pools(Context& context) {
  for (auto& [handle, pool] : context.pools) {
    const size_t keep = std::max<size_t>(pool->used, std::min<uint64_t>(pool->threshold, pool->reserved));
    pool->reserved = std::min(pool->reserved, keep);
  }
}

void Machine::let_go(Context& context) {
  if (--context.references > 0) return;
  destroy(context);
}

/// What is left in a context that was not lost is a leak.
void Machine::destroy(Context& context) {
  if (!context.lost) {
    run_until(context, [&] {
      return context.default_stream.queue.empty() && std::all_of(context.streams.begin(), context.streams.end(),
                                                                 [](auto& s) { return s.second->queue.empty(); });
    });
    leaks_ += contents(context);
  }
  for (auto& [pointer, allocation] : context.memory) munmap(allocation.mapping, allocation.mapped + page);
  for (auto& [pointer, bytes] : context.pinned) free(pointer);
  const int device = context.device;
  context = Context();  // in place: its address is its handle
  context.device = device;
  context.gpu = std::make_unique<cudasim::Simulator>();
}

}  // namespace fake
