// Runs CUDA text on the host, for these tests: the built-in names that docs/gpu.md lists, and one fiber a CUDA thread
// where a kernel has barriers or shuffles. Shared memory is poisoned before each block.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __shared__ static __attribute__((section("sim_shared")))
#define __launch_bounds__(n)
#define __grid_constant__

struct SimDimension {
  unsigned x;
};
static SimDimension threadIdx, blockIdx, blockDim, gridDim;

extern "C" char __start_sim_shared[] __attribute__((weak));
extern "C" char __stop_sim_shared[] __attribute__((weak));

namespace sim {

constexpr size_t stack_bytes = 128 << 10;

struct Barrier {
  unsigned expected = 0, arrived = 0, generation = 0;
};
struct Warp {
  unsigned long long slots[32];
  Barrier barrier;
};
// swapcontext makes a system call each time, so it only starts a fiber; from then on _setjmp and _longjmp do.
struct Fiber {
  ucontext_t context;
  jmp_buf state;
  bool started = false, done = false;
};

inline std::vector<Fiber> fibers;
inline std::vector<Warp> warps;
inline std::vector<std::unique_ptr<char[]>> stacks;
inline Barrier block_barrier;
inline ucontext_t scheduler;
inline jmp_buf scheduler_state;
inline const std::function<void()>* body;
inline bool progress;

inline void yield() {
  if (!_setjmp(fibers[threadIdx.x].state)) _longjmp(scheduler_state, 1);
}
inline void resume(Fiber& fiber) {
  if (_setjmp(scheduler_state)) return;
  if (fiber.started) _longjmp(fiber.state, 1);
  fiber.started = true;
  swapcontext(&scheduler, &fiber.context);
}
inline void wait(Barrier& barrier) {
  const unsigned mine = barrier.generation;
  progress = true;
  if (++barrier.arrived == barrier.expected) {
    barrier.arrived = 0;
    ++barrier.generation;
    return;
  }
  while (barrier.generation == mine) yield();
  progress = true;
}
inline Warp& warp() { return warps[threadIdx.x / 32]; }

template <class T>
T shuffle(T value, unsigned from) {
  static_assert(sizeof(T) <= 8);
  Warp& w = warp();
  std::memcpy(&w.slots[threadIdx.x % 32], &value, sizeof(T));
  wait(w.barrier);
  if (from < 32) std::memcpy(&value, &w.slots[from], sizeof(T));
  wait(w.barrier);
  return value;
}

inline void entry() {
  (*body)();
  fibers[threadIdx.x].done = true;
  progress = true;
  _longjmp(scheduler_state, 1);
}

// Threads of a block in turn, until each has returned; false when none can go on.
inline bool run_block(unsigned threads) {
  fibers.resize(threads);
  warps.assign((threads + 31) / 32, {});
  for (Warp& w : warps) w.barrier.expected = 32;
  block_barrier = {threads, 0, 0};
  while (stacks.size() < threads) stacks.emplace_back(new char[stack_bytes]);
  for (unsigned t = 0; t < threads; ++t) {
    fibers[t].started = fibers[t].done = false;
    getcontext(&fibers[t].context);
    fibers[t].context.uc_stack.ss_sp = stacks[t].get();
    fibers[t].context.uc_stack.ss_size = stack_bytes;
    fibers[t].context.uc_link = nullptr;
    makecontext(&fibers[t].context, entry, 0);
  }
  for (bool left = true; left;) {
    left = progress = false;
    for (unsigned t = 0; t < threads; ++t) {
      if (fibers[t].done) continue;
      left = true;
      threadIdx.x = t;
      resume(fibers[t]);
    }
    if (left && !progress) return false;
  }
  return true;
}

inline bool launch(unsigned grid, unsigned block, bool has_fibers, const std::function<void()>& f) {
  body = &f;
  gridDim.x = grid;
  blockDim.x = block;
  for (unsigned b = 0; b < grid; ++b) {
    blockIdx.x = b;
    if (__start_sim_shared)
      std::memset(__start_sim_shared, 0xa5, static_cast<size_t>(__stop_sim_shared - __start_sim_shared));
    if (has_fibers) {
      if (!run_block(block)) return false;
    } else {
      for (threadIdx.x = 0; threadIdx.x < block; ++threadIdx.x) f();
    }
  }
  return true;
}

}  // namespace sim

inline void __syncthreads() { sim::wait(sim::block_barrier); }
template <class T>
T __shfl_down_sync(unsigned, T value, unsigned d) {
  return sim::shuffle(value, threadIdx.x % 32 + d);
}

template <class To, class From>
To sim_bits(From x) {
  static_assert(sizeof(To) == sizeof(From));
  To y;
  std::memcpy(&y, &x, sizeof(To));
  return y;
}
inline int __float_as_int(float x) { return sim_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return sim_bits<unsigned>(x); }
inline float __int_as_float(int x) { return sim_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return sim_bits<float>(x); }
inline long long __double_as_longlong(double x) { return sim_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return sim_bits<double>(x); }
inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
inline double __dsqrt_rn(double a) { return __builtin_sqrt(a); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((1ull * a * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
