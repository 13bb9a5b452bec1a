// The host emitter: a Value is one number. It is the reference interpreter's and the constant folder's arithmetic.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <type_traits>

#include "ir/dtype.hpp"

namespace fuseval::codegen {

/// One element: its dtype and its bits, zero-extended to 64 (a bool is 0 or 1).
struct HostValue {
  DType dtype = DType::float64;
  uint64_t bits = 0;
  bool operator==(const HostValue&) const = default;
};

/// Calls f with a value-initialised C++ number of the dtype's type (bool for bool_).
template <class F>
decltype(auto) with_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_:
      return f(bool{});
    case DType::int8:
      return f(int8_t{});
    case DType::int16:
      return f(int16_t{});
    case DType::int32:
      return f(int32_t{});
    case DType::int64:
      return f(int64_t{});
    case DType::uint8:
      return f(uint8_t{});
    case DType::uint16:
      return f(uint16_t{});
    case DType::uint32:
      return f(uint32_t{});
    case DType::uint64:
      return f(uint64_t{});
    case DType::float32:
      return f(float{});
    case DType::float16:
    case DType::float64:
    case DType::complex64:
    case DType::complex128:
      break;  // of these, values are float64 only
  }
  return f(double{});
}

template <class T>
T host_get(HostValue v) {
  if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(v.bits));
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<double>(v.bits);
  else
    return static_cast<T>(v.bits);
}

template <class T>
HostValue host_value(DType dtype, T x) {
  if constexpr (std::is_same_v<T, float>)
    return {dtype, std::bit_cast<uint32_t>(x)};
  else if constexpr (std::is_same_v<T, double>)
    return {dtype, std::bit_cast<uint64_t>(x)};
  else if constexpr (std::is_same_v<T, bool>)
    return {dtype, x ? 1u : 0u};
  else
    return {dtype, static_cast<uint64_t>(static_cast<std::make_unsigned_t<T>>(x))};
}

class HostEmitter {
 public:
  using Value = HostValue;

  DType dtype_of(Value v) const { return v.dtype; }
  Value constant(DType t, uint64_t bits) { return {t, bits}; }
  Value real(DType t, double x) {
    return t == DType::float32 ? host_value(t, static_cast<float>(x)) : host_value(t, x);
  }
  Value integer(DType t, int64_t x) {
    return with_type(t, [&](auto zero) { return host_value(t, static_cast<decltype(zero)>(x)); });
  }

  Value add(Value a, Value b) {
    return arithmetic(a, b, [](auto x, auto y) { return x + y; });
  }
  Value sub(Value a, Value b) {
    return arithmetic(a, b, [](auto x, auto y) { return x - y; });
  }
  Value mul(Value a, Value b) {
    return arithmetic(a, b, [](auto x, auto y) { return x * y; });
  }
  Value div(Value a, Value b) {
    return floating(a, [&](auto x) { return x / host_get<decltype(x)>(b); });
  }
  Value quotient(Value a, Value b) {
    return integral(a, [&](auto x) { return x / host_get<decltype(x)>(b); });
  }
  Value rest(Value a, Value b) {
    return integral(a, [&](auto x) { return x % host_get<decltype(x)>(b); });
  }
  Value fma(Value a, Value b, Value c) {
    return floating(a, [&](auto x) { return std::fma(x, host_get<decltype(x)>(b), host_get<decltype(x)>(c)); });
  }
  Value sqrt(Value a) {
    return floating(a, [](auto x) { return std::sqrt(x); });
  }

  Value bit_and(Value a, Value b) { return {a.dtype, a.bits & b.bits}; }
  Value bit_or(Value a, Value b) { return {a.dtype, a.bits | b.bits}; }
  Value bit_xor(Value a, Value b) { return {a.dtype, a.bits ^ b.bits}; }
  Value bit_not(Value a) { return {a.dtype, ~a.bits & width_mask(a.dtype)}; }
  Value shift_left(Value a, Value b) { return {a.dtype, (a.bits << b.bits) & width_mask(a.dtype)}; }
  Value shift_right(Value a, Value b) {
    return integral(a, [&](auto x) { return x >> b.bits; });
  }
  Value popcount(Value a) { return {a.dtype, static_cast<uint64_t>(std::popcount(a.bits))}; }

  Value floor(Value a) {
    return floating(a, [](auto x) { return std::floor(x); });
  }
  Value ceil(Value a) {
    return floating(a, [](auto x) { return std::ceil(x); });
  }
  Value trunc(Value a) {
    return floating(a, [](auto x) { return std::trunc(x); });
  }
  Value rint(Value a) {
    return floating(a, [](auto x) { return std::nearbyint(x); });
  }
  Value neg(Value a) { return {a.dtype, a.bits ^ sign_mask(a.dtype)}; }
  Value abs(Value a) { return {a.dtype, a.bits & ~sign_mask(a.dtype)}; }

  Value eq(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x == y; });
  }
  Value ne(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x != y; });
  }
  Value lt(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x < y; });
  }
  Value le(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x <= y; });
  }
  Value gt(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x > y; });
  }
  Value ge(Value a, Value b) {
    return compare(a, b, [](auto x, auto y) { return x >= y; });
  }

  Value select(Value mask, Value a, Value b) { return mask.bits ? a : b; }
  Value convert(Value a, DType to) {
    return with_type(a.dtype, [&](auto from) {
      const auto x = host_get<decltype(from)>(a);
      return with_type(to, [&](auto zero) { return host_value(to, static_cast<decltype(zero)>(x)); });
    });
  }
  Value bitcast(Value a, DType to) { return {to, a.bits}; }
  Value lookup(std::span<const uint64_t> table, DType t, Value index) { return {t, table[index.bits] & width_mask(t)}; }
  template <class F>
  Value rarely(Value mask, Value value, F&& f) {
    return mask.bits ? f() : value;
  }
  template <size_t N, class Active, class Step>
  std::array<Value, N> repeat_while(std::array<Value, N> state, Active&& active, Step&& step) {
    while (active(state).bits) state = step(state);
    return state;
  }

 private:
  static uint64_t width_mask(DType t) { return t == DType::bool_ ? 1 : ~uint64_t{0} >> (64 - 8 * size_of(t)); }
  static uint64_t sign_mask(DType t) { return uint64_t{1} << (8 * size_of(t) - 1); }

  template <class F>
  Value floating(Value a, F&& f) {
    if (a.dtype == DType::float32) return host_value(a.dtype, f(host_get<float>(a)));
    return host_value(a.dtype, f(host_get<double>(a)));
  }
  template <class F>
  Value integral(Value a, F&& f) {
    return with_type(a.dtype, [&](auto zero) {
      using T = decltype(zero);
      if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, bool>)
        return a;
      else
        return host_value(a.dtype, static_cast<T>(f(host_get<T>(a))));
    });
  }
  // Integers go through uint64 arithmetic, which wraps, and are cut to their width.
  template <class F>
  Value arithmetic(Value a, Value b, F&& f) {
    if (is_float(a.dtype)) return floating(a, [&](auto x) { return f(x, host_get<decltype(x)>(b)); });
    return {a.dtype, f(a.bits, b.bits) & width_mask(a.dtype)};
  }
  template <class F>
  Value compare(Value a, Value b, F&& f) {
    return with_type(a.dtype, [&](auto zero) {
      using T = decltype(zero);
      return host_value(DType::bool_, static_cast<bool>(f(host_get<T>(a), host_get<T>(b))));
    });
  }
};

}  // namespace fuseval::codegen
