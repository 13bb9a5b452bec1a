// The part of CUDA C++ that kernel texts may use, in terms of Thread and Hooks: stands after thread.hpp and before the
// kernel texts, and is compiled with them at run time (never with the library).
//
// Every access to memory is seen: the text is compiled with -fsanitize=thread, whose calls arrive here instead of in
// the compiler's runtime library, and likewise with the checks of array bounds, alignment and division of -fsanitize,
// whose calls name the line.

#pragma once

#define __global__
#define __device__
#define __host__
#define __constant__
#define __shared__ thread_local
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

#define threadIdx (::fuseval::runtime::cudasim::current()->thread_index)
#define blockIdx (::fuseval::runtime::cudasim::current()->block_index)
#define blockDim (::fuseval::runtime::cudasim::current()->block_extent)
#define gridDim (::fuseval::runtime::cudasim::current()->grid_extent)
#define warpSize 32

#define __syncthreads() ::fuseval::runtime::cudasim::wait(::fuseval::runtime::cudasim::Sync::block, __LINE__)
#define __syncwarp(...) ::fuseval::runtime::cudasim::sync_warp(__LINE__ __VA_OPT__(, ) __VA_ARGS__)
#define FUSEVAL_CUDASIM_SHUFFLE(kind, ...) \
  ::fuseval::runtime::cudasim::shuffle(__LINE__, ::fuseval::runtime::cudasim::Sync::kind, __VA_ARGS__)
#define __shfl_sync(...) FUSEVAL_CUDASIM_SHUFFLE(shuffle_index, __VA_ARGS__)
#define __shfl_up_sync(...) FUSEVAL_CUDASIM_SHUFFLE(shuffle_up, __VA_ARGS__)
#define __shfl_down_sync(...) FUSEVAL_CUDASIM_SHUFFLE(shuffle_down, __VA_ARGS__)
#define __shfl_xor_sync(...) FUSEVAL_CUDASIM_SHUFFLE(shuffle_xor, __VA_ARGS__)
#define __threadfence() ::fuseval::runtime::cudasim::current()->hooks.fence(::fuseval::runtime::cudasim::current())
#define atomicAdd(address, value) ::fuseval::runtime::cudasim::atomic_add(__LINE__, address, value)
#define __trap() ::fuseval::runtime::cudasim::fail("runs into __trap()", __LINE__)

// Code of the shim that is not to be watched itself.
#define FUSEVAL_CUDASIM_RAW __attribute__((no_sanitize("thread"), no_sanitize("undefined"), noinline))

namespace fuseval::runtime::cudasim {

// A thread that waits hands its question over in its Thread; other threads run meanwhile, so nothing may be assumed of
// any memory afterwards.
inline unsigned long long wait(Sync sync, int line, unsigned mask = 0xffffffffu, unsigned long long value = 0,
                               int operand = 0, int width = 32) {
  Thread* const thread = current();
  thread->line = line;
  thread->mask = mask;
  thread->operand = operand;
  thread->width = width;
  thread->value = value;
  thread->sync = sync;
  asm volatile("" ::: "memory");
  thread->hooks.wait(thread);
  asm volatile("" ::: "memory");
  return thread->value;
}

inline void sync_warp(int line, unsigned mask = 0xffffffffu) { wait(Sync::warp, line, mask); }

template <class T>
inline T shuffle(int line, Sync kind, unsigned mask, T value, int operand, int width = 32) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles take 32 and 64 bits");
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof value);
  bits = wait(kind, line, mask, bits, operand, width);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

FUSEVAL_CUDASIM_RAW inline void fail(const char* what, int line) {
  current()->hooks.fail(current(), what, Place{nullptr, line});
}

template <class T>
FUSEVAL_CUDASIM_RAW inline T add_at_once(T* address, T value) {
  const T before = *address;
  *address = static_cast<T>(before + value);
  return before;
}

template <class T>
inline T atomic_add(int line, T* address, T value) {
  current()->hooks.atomic(current(), address, sizeof(T), Place{nullptr, line});
  return add_at_once(address, value);
}
inline unsigned atomic_add(int line, unsigned* address, int value) {
  return atomic_add(line, address, static_cast<unsigned>(value));
}

template <auto>
struct Trampoline;
/// A kernel has one parameter, which the words of a launch are.
template <class Argument, void (*function)(Argument)>
struct Trampoline<function> {
  static_assert(sizeof(Argument) % 8 == 0, "a kernel's parameter consists of 8-byte words");
  FUSEVAL_CUDASIM_RAW static void call(const void* words) { function(*static_cast<const Argument*>(words)); }
  static constexpr Kernel row{sizeof(Argument), call};
};

}  // namespace fuseval::runtime::cudasim

// Built-in types and functions.

using dim3 = fuseval::runtime::cudasim::Index;
using uint3 = fuseval::runtime::cudasim::Index;
#define FUSEVAL_CUDASIM_VECTORS(name, element, bytes)                           \
  struct __align__(2 * bytes) name##2 {                                         \
    element x, y;                                                               \
  };                                                                            \
  struct __align__(bytes == 8 ? 16 : 4 * bytes) name##4 {                       \
    element x, y, z, w;                                                         \
  };                                                                            \
  static inline name##2 make_##name##2(element x, element y) { return {x, y}; } \
  static inline name##4 make_##name##4(element x, element y, element z, element w) { return {x, y, z, w}; }
FUSEVAL_CUDASIM_VECTORS(char, signed char, 1)
FUSEVAL_CUDASIM_VECTORS(uchar, unsigned char, 1)
FUSEVAL_CUDASIM_VECTORS(short, short, 2)
FUSEVAL_CUDASIM_VECTORS(ushort, unsigned short, 2)
FUSEVAL_CUDASIM_VECTORS(int, int, 4)
FUSEVAL_CUDASIM_VECTORS(uint, unsigned, 4)
FUSEVAL_CUDASIM_VECTORS(float, float, 4)
FUSEVAL_CUDASIM_VECTORS(longlong, long long, 8)
FUSEVAL_CUDASIM_VECTORS(ulonglong, unsigned long long, 8)
FUSEVAL_CUDASIM_VECTORS(double, double, 8)

#define FUSEVAL_CUDASIM_FUNCTION static inline __attribute__((always_inline, unused))
#define FUSEVAL_CUDASIM_OPERATOR(name, type, symbol) \
  FUSEVAL_CUDASIM_FUNCTION type name(type a, type b) { return a symbol b; }
FUSEVAL_CUDASIM_OPERATOR(__fadd_rn, float, +)
FUSEVAL_CUDASIM_OPERATOR(__fsub_rn, float, -)
FUSEVAL_CUDASIM_OPERATOR(__fmul_rn, float, *)
FUSEVAL_CUDASIM_OPERATOR(__fdiv_rn, float, /)
FUSEVAL_CUDASIM_OPERATOR(__dadd_rn, double, +)
FUSEVAL_CUDASIM_OPERATOR(__dsub_rn, double, -)
FUSEVAL_CUDASIM_OPERATOR(__dmul_rn, double, *)
FUSEVAL_CUDASIM_OPERATOR(__ddiv_rn, double, /)
FUSEVAL_CUDASIM_FUNCTION float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
FUSEVAL_CUDASIM_FUNCTION double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
FUSEVAL_CUDASIM_FUNCTION float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
FUSEVAL_CUDASIM_FUNCTION double __dsqrt_rn(double a) { return __builtin_sqrt(a); }
// The mathematical library's own; inlined to instructions.
extern "C" {
float floorf(float) noexcept;
float ceilf(float) noexcept;
float truncf(float) noexcept;
float rintf(float) noexcept;
float fabsf(float) noexcept;
float fmaf(float, float, float) noexcept;
float sqrtf(float) noexcept;
float copysignf(float, float) noexcept;
double floor(double) noexcept;
double ceil(double) noexcept;
double trunc(double) noexcept;
double rint(double) noexcept;
double fabs(double) noexcept;
double fma(double, double, double) noexcept;
double sqrt(double) noexcept;
double copysign(double, double) noexcept;
}

#define FUSEVAL_CUDASIM_BITS(name, to, from)      \
  FUSEVAL_CUDASIM_FUNCTION to name(from value) {  \
    to bits;                                      \
    __builtin_memcpy(&bits, &value, sizeof bits); \
    return bits;                                  \
  }
FUSEVAL_CUDASIM_BITS(__float_as_int, int, float)
FUSEVAL_CUDASIM_BITS(__int_as_float, float, int)
FUSEVAL_CUDASIM_BITS(__float_as_uint, unsigned, float)
FUSEVAL_CUDASIM_BITS(__uint_as_float, float, unsigned)
FUSEVAL_CUDASIM_BITS(__double_as_longlong, long long, double)
FUSEVAL_CUDASIM_BITS(__longlong_as_double, double, long long)

FUSEVAL_CUDASIM_FUNCTION int __popc(unsigned value) { return __builtin_popcount(value); }
FUSEVAL_CUDASIM_FUNCTION int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
FUSEVAL_CUDASIM_FUNCTION int __clz(int value) { return value ? __builtin_clz(static_cast<unsigned>(value)) : 32; }
FUSEVAL_CUDASIM_FUNCTION int __clzll(long long value) {
  return value ? __builtin_clzll(static_cast<unsigned long long>(value)) : 64;
}
FUSEVAL_CUDASIM_FUNCTION unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<unsigned long long>(a) * b) >> 32);
}
FUSEVAL_CUDASIM_FUNCTION unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
template <class T>
FUSEVAL_CUDASIM_FUNCTION T __ldg(const T* address) {
  return *address;
}

// What the compiler's instrumentation calls. A thread's own stack is its own affair.

extern "C" {

// Compilers instrument the code that runs while the module is loaded as well, on a stack that is no fiber's. Set to 1
// once it is loaded.
__attribute__((visibility("default"))) char fuseval_cudasim_loaded = 0;

#define FUSEVAL_CUDASIM_HOOK(kind, address, bytes)                                                                   \
  auto* const thread = fuseval::runtime::cudasim::current();                                                         \
  if (fuseval_cudasim_loaded && (reinterpret_cast<unsigned long>(address) ^                                          \
                                 reinterpret_cast<unsigned long>(thread)) >= fuseval::runtime::cudasim::stack_bytes) \
  thread->hooks.kind(thread, address, bytes, {__builtin_return_address(0), 0})
#define FUSEVAL_CUDASIM_ACCESS(kind, name, bytes) \
  FUSEVAL_CUDASIM_RAW void __tsan_##name(void* address) { FUSEVAL_CUDASIM_HOOK(kind, address, bytes); }
#define FUSEVAL_CUDASIM_ACCESSES(bytes)                        \
  FUSEVAL_CUDASIM_ACCESS(read, read##bytes, bytes)             \
  FUSEVAL_CUDASIM_ACCESS(write, write##bytes, bytes)           \
  FUSEVAL_CUDASIM_ACCESS(read, unaligned_read##bytes, bytes)   \
  FUSEVAL_CUDASIM_ACCESS(write, unaligned_write##bytes, bytes) \
  FUSEVAL_CUDASIM_ACCESS(read, volatile_read##bytes, bytes)    \
  FUSEVAL_CUDASIM_ACCESS(write, volatile_write##bytes, bytes)
FUSEVAL_CUDASIM_ACCESSES(1)
FUSEVAL_CUDASIM_ACCESSES(2)
FUSEVAL_CUDASIM_ACCESSES(4)
FUSEVAL_CUDASIM_ACCESSES(8)
FUSEVAL_CUDASIM_ACCESSES(16)
FUSEVAL_CUDASIM_RAW void __tsan_read_range(void* address, unsigned long bytes) {
  FUSEVAL_CUDASIM_HOOK(read, address, bytes);
}
FUSEVAL_CUDASIM_RAW void __tsan_write_range(void* address, unsigned long bytes) {
  FUSEVAL_CUDASIM_HOOK(write, address, bytes);
}
FUSEVAL_CUDASIM_RAW void __tsan_func_entry(void*) {}
FUSEVAL_CUDASIM_RAW void __tsan_func_exit() {}
FUSEVAL_CUDASIM_RAW void __tsan_init() {}

// Compilers turn copies of structures into calls of these.
FUSEVAL_CUDASIM_RAW void* memcpy(void* to, const void* from, unsigned long bytes) {
  { FUSEVAL_CUDASIM_HOOK(read, from, bytes); }
  { FUSEVAL_CUDASIM_HOOK(write, to, bytes); }
  void* const result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
  return result;
}
FUSEVAL_CUDASIM_RAW void* memset(void* to, int value, unsigned long bytes) {
  { FUSEVAL_CUDASIM_HOOK(write, to, bytes); }
  void* const result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return result;
}

// The first member of what -fsanitize's checks hand over.
struct FusevalCudasimLocation {
  const char* file;
  unsigned line, column;
};
#define FUSEVAL_CUDASIM_CHECK(name, what, ...)                               \
  FUSEVAL_CUDASIM_RAW void __ubsan_handle_##name(__VA_ARGS__) {              \
    fuseval::runtime::cudasim::fail(what, static_cast<int>(location->line)); \
  }
FUSEVAL_CUDASIM_CHECK(out_of_bounds, "indexes an array outside its bounds", FusevalCudasimLocation* location, void*)
FUSEVAL_CUDASIM_CHECK(type_mismatch_v1, "accesses memory at an address that is not aligned for the type",
                      FusevalCudasimLocation* location, void*)
FUSEVAL_CUDASIM_CHECK(divrem_overflow, "divides by zero, or the least integer by -1", FusevalCudasimLocation* location,
                      void*, void*)

}  // extern "C"

// A limit of the iterations of a thread's loops tells those that never end. An else, so that whatever is a loop's body
// remains one statement.
namespace fuseval::runtime::cudasim {
FUSEVAL_CUDASIM_RAW inline void step(int line) {
  if (fuseval_cudasim_loaded && --current()->steps < 0) fail("has used up the limit of steps: does it end?", line);
}
inline __attribute__((always_inline)) constexpr bool again(int line) {
  if (!__builtin_is_constant_evaluated()) step(line);
  return true;
}
}  // namespace fuseval::runtime::cudasim
// With a space before their parameters these would have none:
// clang-format off
#define for(...)                                              \
  for (__VA_ARGS__)                                           \
    if (!::fuseval::runtime::cudasim::again(__LINE__)) {      \
    } else
#define while(...) while (::fuseval::runtime::cudasim::again(__LINE__) && (__VA_ARGS__))
// clang-format on

// clang makes code that certainly leaves an array an illegal instruction, before it inserts the checks.
#if defined(__clang__)
#pragma clang optimize off
#endif
