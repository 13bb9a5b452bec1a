// The switch saves what the x86-64 calling convention asks a callee to keep, and nothing else: no signal mask (a system
// call), no floating-point control words (kernels do not change them).
#include "runtime/cudasim/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "ir/error.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define FUSEVAL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUSEVAL_ASAN 1
#endif
#endif
#ifdef FUSEVAL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace fuseval::runtime::cudasim {

extern "C" void fuseval_cudasim_switch(void** save, void* load) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
asm(R"(
.pushsection .text
.p2align 4
.globl fuseval_cudasim_switch
.hidden fuseval_cudasim_switch
.type fuseval_cudasim_switch, @function
fuseval_cudasim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size fuseval_cudasim_switch, .-fuseval_cudasim_switch
.popsection
)");
#else
void fuseval_cudasim_switch(void**, void*) {}  // Stacks refuses to be made
#endif

namespace {

// AddressSanitizer follows the stack, and is told before and after each switch; its fake stack goes along.
// ThreadSanitizer is not told: FUSEVAL_ON_TWO_STACKS.
void announce(Fiber& fiber, [[maybe_unused]] void** state, [[maybe_unused]] bool to_fiber) {
#ifdef FUSEVAL_ASAN
  if (to_fiber)
    __sanitizer_start_switch_fiber(state, &fiber, stack_bytes);
  else
    __sanitizer_start_switch_fiber(state, fiber.host_stack, fiber.host_stack_bytes);
#endif
  (void)fiber;
}

void arrived([[maybe_unused]] void* state, [[maybe_unused]] Fiber* on_fiber) {
#ifdef FUSEVAL_ASAN
  __sanitizer_finish_switch_fiber(state, on_fiber ? &on_fiber->host_stack : nullptr,
                                  on_fiber ? &on_fiber->host_stack_bytes : nullptr);
#endif
}

[[noreturn]] FUSEVAL_ON_TWO_STACKS void fiber_main() {
  auto& self = static_cast<Fiber&>(*current());
  arrived(nullptr, &self);
  for (;;) {
    self.kernel->call(self.words);
    self.sync = Sync::ended;
    self.leave();
  }
}

/// A stack that looks as if fiber_main had been about to be entered when it switched away.
void* fresh_stack(Fiber& fiber) {
  auto** top = reinterpret_cast<void**>(reinterpret_cast<char*>(&fiber) + stack_bytes);
  *--top = nullptr;  // the return address of fiber_main: the stack is aligned as after a call
  *--top = reinterpret_cast<void*>(&fiber_main);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  return top;
}

}  // namespace

FUSEVAL_ON_TWO_STACKS void Fiber::enter() {
  void* state = nullptr;
  announce(*this, &state, true);
  fuseval_cudasim_switch(&host_stack_pointer, stack_pointer);
  arrived(state, nullptr);
}

FUSEVAL_ON_TWO_STACKS void Fiber::leave() {
  void* state = nullptr;
  announce(*this, &state, false);
  fuseval_cudasim_switch(&stack_pointer, host_stack_pointer);
  arrived(state, this);
}

Stacks::Stacks(unsigned count) : count_(count) {
#if !defined(__x86_64__)
  throw Error(ErrorCode::unsupported, "the CUDA simulator needs an x86-64 processor");
#endif
  const size_t bytes = (size_t{count} + 1) * stack_bytes;
  mapping_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED) throw Error(ErrorCode::memory, "no memory for the simulated threads' stacks");
  const auto address = (reinterpret_cast<uintptr_t>(mapping_) + stack_bytes - 1) & ~(stack_bytes - 1);
  first_ = reinterpret_cast<char*>(address);
}

Fiber& Stacks::take() {
  if (!free_.empty()) {
    Fiber* const fiber = free_.back();
    free_.pop_back();
    return *fiber;
  }
  char* const begin = first_ + made_++ * stack_bytes;
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  mprotect(begin + page, page, PROT_NONE);
  auto* const fiber = new (begin) Fiber;
  fiber->stack_pointer = fresh_stack(*fiber);
  return *fiber;
}

Stacks::~Stacks() {
#ifdef FUSEVAL_ASAN
  // Threads at fault never returned from their functions, whose frames are still marked.
  __asan_unpoison_memory_region(mapping_, (size_t{count_} + 1) * stack_bytes);
#endif
  munmap(mapping_, (size_t{count_} + 1) * stack_bytes);
}

static_assert(sizeof(Fiber) <= 4096, "a Fiber fits in the page below the one that faults");

}  // namespace fuseval::runtime::cudasim
