#include "hostile_sizes.hpp"

#include <algorithm>
#include <cstdlib>

namespace fuseval::fuzz {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

bool HostileLayout::reach(std::int64_t itemsize, __int128& begin, __int128& end) const {
  begin = 0;
  end = itemsize;
  for (size_t k = 0; k < shape.size(); ++k) {
    if (shape[k] == 0) return false;
    const __int128 far = static_cast<__int128>(shape[k] - 1) * strides[k];
    (far < 0 ? begin : end) += far;
  }
  return true;
}

bool HostileLayout::is_lawful(std::int64_t itemsize) const {
  constexpr __int128 farthest = __int128{1} << 60, most = __int128{1} << 56;
  __int128 count = 1, begin = 0, end = 0;
  for (const std::int64_t extent : shape) count = std::min(most + 1, count * std::max<std::int64_t>(extent, 1));
  if (count > most) return false;
  return !reach(itemsize, begin, end) || (begin >= -farthest && end <= farthest);
}

std::string HostileSizes::decimal(unsigned __int128 value) {
  std::string digits;
  do digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  while ((value /= 10) > 0);
  return digits;
}

unsigned __int128 HostileSizes::extent() {
  static const std::vector<int> exponents = {20, 31, 32, 40, 48, 53, 54, 55, 56, 57, 59, 60, 61, 62, 63, 64};
  static const std::vector<unsigned> few = {0, 1, 2, 3, 5, 8, 17, 1000};
  if (below(4) == 0) return one_of(few);
  const unsigned __int128 power = static_cast<unsigned __int128>(1) << one_of(exponents);
  switch (below(4)) {
    case 0:
      return power;
    case 1:
      return power + 1 + below(3);
    case 2:
      return power - 1 - below(3);
    default:
      return power / (3 + 2 * below(8)) + 1;
  }
}

std::vector<std::string> HostileSizes::factors() {
  static const std::vector<int> exponents = {32, 53, 55, 56, 57, 61, 63, 64};
  const unsigned __int128 product = static_cast<unsigned __int128>(1) << one_of(exponents);
  const unsigned __int128 first = (static_cast<unsigned __int128>(1) << (1 + below(40))) + below(3);
  return {decimal(first), decimal(product / first + below(2))};
}

std::string HostileSizes::array() {
  static const std::vector<std::string> forms = {"arange(N)",
                                                 "arange(N, dtype=float32)",
                                                 "arange(M, N, 3)",
                                                 "zeros(N)",
                                                 "ones((P, Q))",
                                                 "zeros((P, Q, 2), dtype=int8)",
                                                 "full((P, Q, 0), 2.5)",
                                                 "zeros((0, P, Q))",
                                                 "broadcast_to(1.5, (P, Q))",
                                                 "broadcast_to(a, (N, 4, 3))",
                                                 "broadcast_to(arange(3), (N, 3))",
                                                 "indices((P, Q))",
                                                 "eye(P, Q)",
                                                 "tri(P, Q, N)",
                                                 "linspace(0, 1, N)",
                                                 "arange(N)[:, newaxis]*arange(M)",
                                                 "arange(P)[:, newaxis]*arange(Q)",
                                                 "(arange(P)[:, newaxis] + arange(Q))",
                                                 "a",
                                                 "a*2.5",
                                                 "exp(a)"};
  const std::vector<std::string> pair = factors();
  return replaced(replaced(replaced(replaced(one_of(forms), "P", pair[0]), "Q", pair[1]), "N", number()), "M",
                  number());
}

std::string HostileSizes::viewed(const std::string& array) {
  static const std::vector<std::string> forms = {"X",
                                                 "X[::-1]",
                                                 "X[::N]",
                                                 "X[N:]",
                                                 "X[-N:]",
                                                 "X[:N]",
                                                 "X[..., ::-N]",
                                                 "X.T",
                                                 "ravel(X)",
                                                 "ravel(X*1)[::-1]",
                                                 "reshape(X, (P, Q))",
                                                 "reshape(X, (-1, N))",
                                                 "reshape(X, (N, -1))",
                                                 "flip(X)",
                                                 "X[..., newaxis]*arange(3)",
                                                 "X[newaxis]",
                                                 "diagonal(X, N)",
                                                 "tril(X, N)",
                                                 "X.astype(int8)",
                                                 "X[N]"};
  const std::vector<std::string> pair = factors();
  const std::string form = replaced(replaced(one_of(forms), "P", pair[0]), "Q", pair[1]);
  return replaced(replaced(form, "N", number()), "X", "(" + array + ")");
}

std::string HostileSizes::reduced(const std::string& array) {
  static const std::vector<std::string> forms = {"X",
                                                 "sum(X)",
                                                 "sum(X, axis=0)",
                                                 "sum(X, axis=-1)[::-1]",
                                                 "mean(X, axis=0)",
                                                 "X - mean(X, axis=-1, keepdims=True)",
                                                 "exp(X)/sum(exp(X), axis=0)",
                                                 "var(X)",
                                                 "max(X, axis=0, initial=0)",
                                                 "argmax(X, axis=-1)",
                                                 "any(X > 1)",
                                                 "X.size + X.nbytes"};
  return replaced(one_of(forms), "X", array);
}

std::string HostileSizes::text() {
  switch (below(6)) {
    case 0:
      return sum_of_temporaries();
    case 1:
      return reduced(viewed(array())) + ", " + reduced(viewed(array()));
    case 2:
      return reduced(viewed(array()) + " + " + viewed(array()));
    case 3:
      return "sum(" + reduced(viewed(array())) + ") + max(" + reduced(viewed(viewed(array()))) + ")";
    default:
      return reduced(viewed(viewed(array())));
  }
}

std::string HostileSizes::sum_of_temporaries() {
  static const std::vector<std::string> forms = {"sum(arange(N)[:, newaxis]*(arange(2) + K), axis=1)[::-1]",
                                                 "sum(arange(N)[:, newaxis] + arange(3)*K, axis=1)[::-1]",
                                                 "mean((arange(2) + K)[:, newaxis]*arange(N), axis=0)[::-1]",
                                                 "max(arange(N)[:, newaxis]*(arange(2) + K), axis=1)[::-1]"};
  const std::uint64_t terms = 8 + below(130);
  const std::uint64_t extent = (std::uint64_t{1} << (below(3) == 0 ? 60 : 61)) / terms + 1 + below(200);
  const std::string form = replaced(one_of(forms), "N", std::to_string(extent));
  std::string text;
  for (std::uint64_t k = 0; k < terms; ++k) text += (k == 0 ? "" : " + ") + replaced(form, "K", std::to_string(k));
  return "sum(" + text + ")";
}

HostileLayout HostileSizes::layout() {
  HostileLayout layout;
  const auto rank = 1 + below(4);
  for (std::uint64_t k = 0; k < rank; ++k) {
    const auto extent = std::min<unsigned __int128>(this->extent(), INT64_MAX);
    layout.shape.push_back(static_cast<std::int64_t>(below(3) == 0 ? extent : below(4)));
    switch (below(6)) {
      case 0:
      case 1:
        layout.strides.push_back(static_cast<std::int64_t>(8 * below(16)));
        break;
      case 2:
        layout.strides.push_back(-static_cast<std::int64_t>(8 * below(16)));
        break;
      case 3:
        layout.strides.push_back(0);
        break;
      case 4:
        layout.strides.push_back(below(2) == 0 ? INT64_MIN + static_cast<std::int64_t>(below(2)) : INT64_MAX);
        break;
      default: {
        const auto size = static_cast<std::int64_t>(std::min<unsigned __int128>(this->extent(), INT64_MAX));
        layout.strides.push_back(below(2) == 0 ? size : -size);
      }
    }
  }
  return layout;
}

}  // namespace fuseval::fuzz
