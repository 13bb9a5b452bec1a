#include "runtime/lru_cache.hpp"

#include <doctest/doctest.h>

#include <new>

#include "failing_allocations.hpp"

using failing_allocations::fail_after;
using fuseval::runtime::LruCache;

TEST_CASE("a cache drops what has not been used for longest") {
  LruCache<int> cache(2);
  cache.insert("a", 1);
  cache.insert("b", 2);
  CHECK(*cache.find("a") == 1);
  cache.insert("c", 3);
  CHECK(cache.find("b") == nullptr);
  CHECK(cache.size() == 2);
}

TEST_CASE("an insertion that finds no memory leaves the cache as it was") {
  for (int k = 0;; ++k) {
    CAPTURE(k);
    LruCache<int> cache(3);
    cache.insert("the first key, too long for a string to hold it", 1);
    cache.insert("the second key, too long for a string to hold it", 2);
    std::string key = "the third key, too long for a string to hold it";
    bool failed = false;
    fail_after(k);
    try {
      cache.insert(std::move(key), 3);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    fail_after(-1);
    int values = 0;
    cache.for_each([&](int) { ++values; });
    REQUIRE(values == (failed ? 2 : 3));  // before anything is dropped, which would not end
    CHECK((cache.find("the third key, too long for a string to hold it") == nullptr) == failed);
    for (const char* more : {"4", "5", "6", "7"}) cache.insert(more, 4);
    CHECK(cache.size() == 3);
    if (!failed) {
      CHECK(k >= 2);  // the entry and its place in the index
      break;
    }
  }
}
