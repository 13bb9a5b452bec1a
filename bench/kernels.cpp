// The benchmark's expressions as one would write them in C++, compiled twice: -ffp-contract=off and -ffast-math.
#include <omp.h>

#include <cmath>
#include <cstddef>

namespace {

template <class T, class F>
void map(T* c, const T* a, const T* b, std::size_t n, int threads, F f) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) c[i] = f(a[i], b[i]);
}

template <class T>
T dot(const T* a, const T* b, std::size_t n, int threads) {
  T total = 0;
#pragma omp parallel num_threads(threads)
  {
    const std::size_t t = omp_get_thread_num(), count = omp_get_num_threads();
    T mine = 0;
    for (std::size_t i = n * t / count; i < n * (t + 1) / count; ++i) mine += a[i] * b[i];
#pragma omp critical
    total += mine;
  }
  return total;
}

template <class T>
void rows(T* c, const T* a, const T* b, std::size_t n, std::size_t m, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) {
    T sum = 0;
    for (std::size_t j = 0; j < m; ++j) sum += a[i * m + j] * b[i * m + j];
    c[i] = sum;
  }
}

template <class T>
void columns(T* c, const T* a, const T* b, std::size_t n, std::size_t m, int threads) {
#pragma omp parallel num_threads(threads)
  {
    const std::size_t t = omp_get_thread_num(), count = omp_get_num_threads();
    const std::size_t begin = m * t / count, end = m * (t + 1) / count;
    for (std::size_t j = begin; j < end; ++j) c[j] = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = begin; j < end; ++j) c[j] += a[i * m + j] * b[i * m + j];
  }
}

// One row at a time, which is in the cache when it is read again.
template <class T>
void centred(T* c, const T* a, std::size_t n, std::size_t m, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) {
    T sum = 0;
    for (std::size_t j = 0; j < m; ++j) sum += a[i * m + j];
    const T mean = sum / static_cast<T>(m);
    for (std::size_t j = 0; j < m; ++j) c[i * m + j] = a[i * m + j] - mean;
  }
}

template <class T>
void softmax(T* c, const T* a, std::size_t n, std::size_t m, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) {
    T largest = a[i * m], sum = 0;
    for (std::size_t j = 1; j < m; ++j) largest = a[i * m + j] > largest ? a[i * m + j] : largest;
    for (std::size_t j = 0; j < m; ++j) c[i * m + j] = std::exp(a[i * m + j] - largest);
    for (std::size_t j = 0; j < m; ++j) sum += c[i * m + j];
    for (std::size_t j = 0; j < m; ++j) c[i * m + j] /= sum;
  }
}

}  // namespace

#define KERNELS(T, name)                                                                                        \
  extern "C" void linear_##name(T* c, const T* a, const T* b, std::size_t n, int threads) {                     \
    map(c, a, b, n, threads, [](T x, T y) { return 2 * x + 3 * y; });                                           \
  }                                                                                                             \
  extern "C" void square_##name(T* c, const T* a, const T* b, std::size_t n, int threads) {                     \
    map(c, a, b, n, threads, [](T x, T y) { return x * x + y * y + 2 * x * y; });                               \
  }                                                                                                             \
  extern "C" void waves_##name(T* c, const T* a, const T* b, std::size_t n, int threads) {                      \
    map(c, a, b, n, threads, [](T x, T y) { return std::sin(x) * std::sin(x) + std::cos(y) * std::cos(y); });   \
  }                                                                                                             \
  extern "C" T dot_##name(const T* a, const T* b, std::size_t n, int threads) { return dot(a, b, n, threads); } \
  extern "C" void rows_##name(T* c, const T* a, const T* b, std::size_t n, std::size_t m, int threads) {        \
    rows(c, a, b, n, m, threads);                                                                               \
  }                                                                                                             \
  extern "C" void columns_##name(T* c, const T* a, const T* b, std::size_t n, std::size_t m, int threads) {     \
    columns(c, a, b, n, m, threads);                                                                            \
  }                                                                                                             \
  extern "C" void centred_##name(T* c, const T* a, std::size_t n, std::size_t m, int threads) {                 \
    centred(c, a, n, m, threads);                                                                               \
  }                                                                                                             \
  extern "C" void softmax_##name(T* c, const T* a, std::size_t n, std::size_t m, int threads) {                 \
    softmax(c, a, n, m, threads);                                                                               \
  }

KERNELS(double, float64)
KERNELS(float, float32)
