#include "failing_allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

constinit thread_local int until_failure = -1;

}  // namespace

void failing_allocations::fail_after(int k) { until_failure = k; }

void* operator new(std::size_t bytes) {
  if (until_failure >= 0 && until_failure-- == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
