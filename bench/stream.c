/* McCalpin's STREAM kernels and two read-only ones, over arrays of double that the caller owns, once a call.
 *
 * Ordinary stores read the line that they overwrite; non-temporal ones do not, and are the faster ceiling for arrays
 * above the caches. GCC emits them through intrinsics only. Every function returns a number that its caller verifies.
 */
#include <immintrin.h>
#include <omp.h>
#include <stddef.h>

enum { LINE = 8 }; /* doubles in 64 bytes */

/* Thread t's part of n elements: whole cache lines, so that threads share none. */
static void part(size_t n, size_t* begin, size_t* end) {
  const size_t lines = (n + LINE - 1) / LINE, threads = (size_t)omp_get_num_threads(), t = (size_t)omp_get_thread_num();
  *begin = lines * t / threads * LINE;
  *end = lines * (t + 1) / threads * LINE;
  if (*end > n) *end = n;
}

static void store_line(double* to, const double* values) {
#ifdef __AVX512F__
  _mm512_stream_pd(to, _mm512_load_pd(values));
#else
  _mm256_stream_pd(to, _mm256_load_pd(values));
  _mm256_stream_pd(to + 4, _mm256_load_pd(values + 4));
#endif
}

static size_t aligned_from(const double* p, size_t begin, size_t end) {
  while (begin < end && ((size_t)(p + begin) & 63) != 0) ++begin;
  return begin;
}

void stream_copy(double* restrict c, const double* restrict a, size_t n, int threads) {
#pragma omp parallel num_threads(threads)
  {
    size_t i, end;
    part(n, &i, &end);
    for (; i < end; ++i) c[i] = a[i];
  }
}

void stream_triad(double* restrict c, const double* restrict a, const double* restrict b, double s, size_t n,
                  int threads) {
#pragma omp parallel num_threads(threads)
  {
    size_t i, end;
    part(n, &i, &end);
    for (; i < end; ++i) c[i] = a[i] + s * b[i];
  }
}

void stream_copy_nt(double* restrict c, const double* restrict a, size_t n, int threads) {
#pragma omp parallel num_threads(threads)
  {
    size_t begin, end;
    part(n, &begin, &end);
    size_t i = aligned_from(c, begin, end);
    for (size_t k = begin; k < i; ++k) c[k] = a[k];
    for (; i + LINE <= end; i += LINE) {
      double line[LINE] __attribute__((aligned(64)));
      for (size_t k = 0; k < LINE; ++k) line[k] = a[i + k];
      store_line(c + i, line);
    }
    for (; i < end; ++i) c[i] = a[i];
    _mm_sfence();
  }
}

void stream_triad_nt(double* restrict c, const double* restrict a, const double* restrict b, double s, size_t n,
                     int threads) {
#pragma omp parallel num_threads(threads)
  {
    size_t begin, end;
    part(n, &begin, &end);
    size_t i = aligned_from(c, begin, end);
    for (size_t k = begin; k < i; ++k) c[k] = a[k] + s * b[k];
    for (; i + LINE <= end; i += LINE) {
      double line[LINE] __attribute__((aligned(64)));
      for (size_t k = 0; k < LINE; ++k) line[k] = a[i + k] + s * b[i + k];
      store_line(c + i, line);
    }
    for (; i < end; ++i) c[i] = a[i] + s * b[i];
    _mm_sfence();
  }
}

/* Eight lines of accumulators: as many loads in flight as the core has, whatever the latency of an addition. */
enum { WIDE = 8 * LINE };

double stream_sum(const double* restrict a, size_t n, int threads) {
  double total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
  {
    size_t i, end;
    part(n, &i, &end);
    double lanes[WIDE] = {0};
    for (; i + WIDE <= end; i += WIDE)
      for (size_t k = 0; k < WIDE; ++k) lanes[k] += a[i + k];
    for (; i < end; ++i) total += a[i];
    for (size_t k = 0; k < WIDE; ++k) total += lanes[k];
  }
  return total;
}

double stream_dot(const double* restrict a, const double* restrict b, size_t n, int threads) {
  double total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
  {
    size_t i, end;
    part(n, &i, &end);
    double lanes[WIDE] = {0};
    for (; i + WIDE <= end; i += WIDE)
      for (size_t k = 0; k < WIDE; ++k) lanes[k] += a[i + k] * b[i + k];
    for (; i < end; ++i) total += a[i] * b[i];
    for (size_t k = 0; k < WIDE; ++k) total += lanes[k];
  }
  return total;
}
