#include "scalar_reference.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace fuseval::codegen::test {
namespace {

__extension__ typedef __int128 Wide;  // ISO C++ has no integer that holds every product of two int64

template <class T>
DType dtype_for() {
  for (DType dtype : computed_dtypes)
    if (with_type(dtype, [](auto zero) { return std::is_same_v<decltype(zero), T>; })) return dtype;
  throw std::logic_error("no such dtype");
}
template <class T>
HostValue boxed(T x) {
  return host_value(dtype_for<T>(), x);
}
HostValue truth(bool x) { return host_value(DType::bool_, x); }

Wide floor_quotient(Wide a, Wide b) {
  const Wide quotient = a / b;
  return a % b != 0 && (a % b < 0) != (b < 0) ? quotient - 1 : quotient;
}
Wide magnitude(Wide a) { return a < 0 ? -a : a; }
Wide gcd(Wide a, Wide b) { return b == 0 ? magnitude(a) : gcd(b, a % b); }

/// From the highest bit of the exponent down.
template <class T>
T integer_power(T base, T exponent) {
  using U = std::make_unsigned_t<T>;
  uint64_t result = 1;
  const uint64_t bits = static_cast<U>(exponent);
  for (int bit = 63; bit >= 0; --bit) {
    result *= result;
    if ((bits >> bit) % 2 != 0) result *= static_cast<uint64_t>(base);
  }
  return static_cast<T>(result);
}

/// Comparisons and the choice of extremes read the same for every kind of number.
template <class T>
HostValue compared(Op op, T a, T b) {
  if (op == Op::equal) return truth(a == b);
  if (op == Op::not_equal) return truth(a != b);
  if (op == Op::less) return truth(a < b);
  if (op == Op::less_equal) return truth(a <= b);
  if (op == Op::greater) return truth(a > b);
  if (op == Op::greater_equal) return truth(a >= b);
  throw std::logic_error("no reference for this op");
}

HostValue of_bools(Op op, bool a, bool b, bool c) {
  switch (op) {
    case Op::add:
    case Op::bitwise_or:
    case Op::logical_or:
    case Op::maximum:
    case Op::fmax:
      return truth(a || b);
    case Op::multiply:
    case Op::bitwise_and:
    case Op::logical_and:
    case Op::minimum:
    case Op::fmin:
      return truth(a && b);
    case Op::absolute:
      return truth(a);
    case Op::bitwise_xor:
    case Op::logical_xor:
      return truth(a != b);
    case Op::invert:
    case Op::logical_not:
      return truth(!a);
    case Op::where:
      return truth(a ? b : c);
    default:
      return compared(op, a, b);  // every other op has no bool loop, or compares
  }
}

template <class T>
HostValue of_integers(Op op, T a, T b) {
  const Wide x = a, y = b;
  const int width = 8 * sizeof(T);
  const bool inside = y >= 0 && y < width;
  const auto wrapped = [](Wide value) { return boxed(static_cast<T>(value)); };
  switch (op) {
    case Op::add:
      return wrapped(x + y);
    case Op::subtract:
      return wrapped(x - y);
    case Op::multiply:
      return wrapped(static_cast<Wide>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)));
    case Op::floor_divide:
      return wrapped(b == 0 ? 0 : floor_quotient(x, y));
    case Op::remainder:
      return wrapped(b == 0 ? 0 : x - floor_quotient(x, y) * y);
    case Op::fmod:
      return wrapped(b == 0 ? 0 : x % y);
    case Op::power:
      return boxed(integer_power(a, b));
    case Op::negative:
      return wrapped(-x);
    case Op::absolute:
      return wrapped(magnitude(x));
    case Op::sign:
      return wrapped(x > 0 ? 1 : x < 0 ? -1 : 0);
    case Op::square:
      return wrapped(static_cast<Wide>(static_cast<uint64_t>(a) * static_cast<uint64_t>(a)));
    case Op::reciprocal:
      return wrapped(a == 0 ? 0 : 1 / x);
    case Op::gcd:
      return wrapped(gcd(x, y));
    case Op::lcm:
      if (a == 0 || b == 0) return boxed(T(0));
      return boxed(
          static_cast<T>(static_cast<uint64_t>(magnitude(x) / gcd(x, y)) * static_cast<uint64_t>(magnitude(y))));
    case Op::bitwise_and:
      return wrapped(x & y);
    case Op::bitwise_or:
      return wrapped(x | y);
    case Op::bitwise_xor:
      return wrapped(x ^ y);
    case Op::invert:
      return wrapped(-x - 1);
    case Op::left_shift:
      return wrapped(inside ? static_cast<Wide>(static_cast<uint64_t>(a) << b) : 0);
    case Op::right_shift:
      return wrapped(inside ? floor_quotient(x, Wide{1} << b) : x < 0 ? -1 : 0);
    case Op::bitwise_count:
      return boxed(static_cast<uint8_t>(std::popcount(static_cast<uint64_t>(magnitude(x)))));
    case Op::maximum:
    case Op::fmax:
      return boxed(a > b ? a : b);
    case Op::minimum:
    case Op::fmin:
      return boxed(a < b ? a : b);
    default:
      return compared(op, a, b);
  }
}

template <class T>
T python_remainder(T a, T b) {
  const T rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(T(0), b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}
template <class T>
T python_floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = std::fmod(a, b);
  T quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T(0), a / b);
  const T floor = std::floor(quotient);
  return quotient - floor > T(0.5) ? floor + 1 : floor;
}
/// -0 ranks below +0.
template <class T>
bool ranks_below(T a, T b) {
  return a < b || (a == b && std::signbit(a) && !std::signbit(b));
}
template <class T>
T extreme(Op op, T a, T b) {
  const bool nan_loses = op == Op::fmax || op == Op::fmin;
  if (std::isnan(a)) return nan_loses ? b : a;
  if (std::isnan(b)) return nan_loses ? a : b;
  return ranks_below(a, b) == (op == Op::minimum || op == Op::fmin) ? a : b;
}
template <class T>
T sign(T a) {
  return a > 0 ? 1 : a < 0 ? -1 : a == 0 ? T(0) : a;
}
template <class T>
T spacing(T a) {
  if (std::isinf(a)) return std::numeric_limits<T>::quiet_NaN();
  if (a == 0) return std::numeric_limits<T>::denorm_min();
  return std::nextafter(a, std::copysign(std::numeric_limits<T>::infinity(), a)) - a;
}

template <class T>
HostValue elementary(Op op, long double a, long double b) {
  const auto rounded = [](long double x) { return boxed(static_cast<T>(x)); };
  switch (op) {
    case Op::power:
      // glibc 2.36's powl(-inf, -2**63) is infinite; its pow is within 0.52 ulp.
      return rounded(std::pow(static_cast<double>(a), static_cast<double>(b)));
    case Op::hypot:
      return rounded(std::hypot(a, b));
    case Op::exp:
      return rounded(std::exp(a));
    case Op::log:
      return rounded(std::log(a));
    case Op::sin:
      return rounded(std::sin(a));
    case Op::cos:
      return rounded(std::cos(a));
    case Op::tan:
      return rounded(std::tan(a));
    case Op::arcsin:
      return rounded(std::asin(a));
    case Op::arccos:
      return rounded(std::acos(a));
    case Op::arctan:
      return rounded(std::atan(a));
    case Op::arctan2:
      return rounded(std::atan2(a, b));
    case Op::tanh:
      return rounded(std::tanh(a));
    default:
      return compared(op, static_cast<T>(a), static_cast<T>(b));
  }
}

template <class T>
HostValue of_floats(Op op, T a, T b, T c) {
  int exponent = 0;
  switch (op) {
    case Op::add:
      return boxed(a + b);
    case Op::subtract:
      return boxed(a - b);
    case Op::multiply:
      return boxed(a * b);
    case Op::divide:
      return boxed(a / b);
    case Op::floor_divide:
      return boxed(python_floor_divide(a, b));
    case Op::remainder:
      return boxed(python_remainder(a, b));
    case Op::fmod:
      return boxed(std::fmod(a, b));
    case Op::negative:
      return boxed(-a);
    case Op::absolute:
      return boxed(std::fabs(a));
    case Op::sign:
      return boxed(sign(a));
    case Op::square:
      return boxed(a * a);
    case Op::sqrt:
      return boxed(std::sqrt(a));
    case Op::reciprocal:
      return boxed(1 / a);
    case Op::fma:
      return boxed(std::fma(a, b, c));
    case Op::maximum:
    case Op::minimum:
    case Op::fmax:
    case Op::fmin:
      return boxed(extreme(op, a, b));
    case Op::floor:
      return boxed(std::floor(a));
    case Op::ceil:
      return boxed(std::ceil(a));
    case Op::trunc:
      return boxed(std::trunc(a));
    case Op::rint:
      return boxed(std::rint(a));
    case Op::isnan:
      return truth(std::isnan(a));
    case Op::isinf:
      return truth(std::isinf(a));
    case Op::isfinite:
      return truth(std::isfinite(a));
    case Op::signbit:
      return truth(std::signbit(a));
    case Op::copysign:
      return boxed(std::copysign(a, b));
    case Op::nextafter:
      return boxed(std::nextafter(a, b));
    case Op::spacing:
      return boxed(spacing(a));
    case Op::frexp_mantissa:
      return boxed(std::frexp(a, &exponent));
    case Op::frexp_exponent:
      std::frexp(a, &exponent);
      return boxed(std::isfinite(a) ? exponent : 0);
    default:
      return elementary<T>(op, a, b);
  }
}

HostValue scaled(HostValue a, HostValue b) {
  const int64_t wanted = b.dtype == DType::int32 ? host_get<int32_t>(b) : host_get<int64_t>(b);
  const int exponent = static_cast<int>(std::min<int64_t>(std::max<int64_t>(wanted, -1'000'000), 1'000'000));
  if (a.dtype == DType::float32) return boxed(std::ldexp(host_get<float>(a), exponent));
  return boxed(std::ldexp(host_get<double>(a), exponent));
}

}  // namespace

HostValue reference(Op op, std::span<const HostValue> arguments) {
  const HostValue a = arguments[0];
  const HostValue b = arguments.size() > 1 ? arguments[1] : a;
  const HostValue c = arguments.size() > 2 ? arguments[2] : a;
  if (op == Op::where) return a.bits != 0 ? b : c;
  if (op == Op::ldexp) return scaled(a, b);
  return with_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>)
      return of_bools(op, host_get<T>(a), host_get<T>(b), host_get<T>(c));
    else if constexpr (std::is_floating_point_v<T>)
      return of_floats(op, host_get<T>(a), host_get<T>(b), host_get<T>(c));
    else
      return of_integers(op, host_get<T>(a), host_get<T>(b));
  });
}

int allowed_ulps(Op op, DType loop) {
  if (!is_float(loop)) return 0;
  if (op == Op::power) return 2;
  return info(op).cost >= 12 ? 1 : 0;
}

}  // namespace fuseval::codegen::test
