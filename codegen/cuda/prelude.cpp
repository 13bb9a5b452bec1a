#include "codegen/cuda/prelude.hpp"

namespace fuseval::codegen {
namespace {

constexpr std::string_view prelude = R"(// fuseval: the prelude
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

// What one instruction loads or stores: up to 16 bytes, aligned to their number.
template <class T, int N>
struct alignas(sizeof(T) * N) Vector {
  T at[N];
};

// -x on a NaN is any NaN in PTX: signs are bits.
__device__ __forceinline__ f32 flip_sign(f32 x) { return __uint_as_float(__float_as_uint(x) ^ 0x80000000u); }
__device__ __forceinline__ f32 clear_sign(f32 x) { return __uint_as_float(__float_as_uint(x) & 0x7fffffffu); }
__device__ __forceinline__ f64 flip_sign(f64 x) {
  return __longlong_as_double((i64)((u64)__double_as_longlong(x) ^ 0x8000000000000000ull));
}
__device__ __forceinline__ f64 clear_sign(f64 x) {
  return __longlong_as_double(__double_as_longlong(x) & 0x7fffffffffffffffll);
}

// n / d for 0 <= n < 2^31 (2^63), with the multiplier and the shift that the host computed for d.
__device__ __forceinline__ i32 divide(i32 n, u64 multiplier, u64 shift) {
  return (i32)((__umulhi((u32)n, (u32)multiplier) + (u32)n) >> (u32)shift);
}
__device__ __forceinline__ i64 divide(i64 n, u64 multiplier, u64 shift) {
  return (i64)((__umul64hi((u64)n, multiplier) + (u64)n) >> (u32)shift);
}

__device__ __forceinline__ bool shuffle_down(bool x, u32 d) { return __shfl_down_sync(0xffffffffu, (i32)x, d) != 0; }
__device__ __forceinline__ i8 shuffle_down(i8 x, u32 d) { return (i8)__shfl_down_sync(0xffffffffu, (i32)x, d); }
__device__ __forceinline__ i16 shuffle_down(i16 x, u32 d) { return (i16)__shfl_down_sync(0xffffffffu, (i32)x, d); }
__device__ __forceinline__ i32 shuffle_down(i32 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
__device__ __forceinline__ i64 shuffle_down(i64 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
__device__ __forceinline__ u8 shuffle_down(u8 x, u32 d) { return (u8)__shfl_down_sync(0xffffffffu, (u32)x, d); }
__device__ __forceinline__ u16 shuffle_down(u16 x, u32 d) { return (u16)__shfl_down_sync(0xffffffffu, (u32)x, d); }
__device__ __forceinline__ u32 shuffle_down(u32 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
__device__ __forceinline__ u64 shuffle_down(u64 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
__device__ __forceinline__ f32 shuffle_down(f32 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
__device__ __forceinline__ f64 shuffle_down(f64 x, u32 d) { return __shfl_down_sync(0xffffffffu, x, d); }
)";

}  // namespace

std::string_view cuda_prelude() { return prelude; }

}  // namespace fuseval::codegen
