#include "runtime/buffer.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "ir/error.hpp"
#include "runtime/block_pool.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

constexpr size_t mib = size_t{1} << 20;

/// The pool is the process's: each test starts from an empty one and leaves it so.
struct EmptyPool {
  EmptyPool() {
    set_pool_limit(256 * mib);
    trim_pool();
  }
  ~EmptyPool() { trim_pool(); }
};

}  // namespace

TEST_CASE("blocks are aligned and big enough for every size") {
  const EmptyPool empty;
  for (size_t bytes :
       {size_t{0}, size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{80}, size_t{81}, size_t{1000}, size_t{4096},
        32 * size_t{1024}, 32 * size_t{1024} + 1, mib - 1, mib, mib + 1, 2 * mib, 5 * mib}) {
    CAPTURE(bytes);
    const Buffer buffer(bytes);
    CHECK(buffer.size() == bytes);
    REQUIRE(buffer.data() != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % (bytes > mib ? 2 * mib : 64) == 0);
    std::memset(buffer.data(), 0xA5, bytes);
  }
  for (size_t bytes = 0; bytes < 5000; ++bytes) {
    const Block block = acquire_block(bytes);
    if (block.capacity < bytes || block.capacity > std::max<size_t>(64, bytes + bytes / 4))
      FAIL("class of ", block.capacity, " bytes for ", bytes);
    release_block(block);
  }
}

TEST_CASE("a destroyed buffer is used again") {
  const EmptyPool empty;
  for (const size_t bytes : {size_t{100}, size_t{20'000}, size_t{500'000}, 3 * mib, 50 * mib}) {
    CAPTURE(bytes);
    char* first = Buffer(bytes).data();
    CHECK(Buffer(bytes).data() == first);
    CHECK(pool_bytes() >= bytes);
    trim_pool();
    CHECK(pool_bytes() == 0);
  }
  char* big = Buffer(40 * mib).data();
  CHECK(Buffer(36 * mib).data() == big);  // wastes little
  CHECK(Buffer(10 * mib).data() != big);  // would waste much
  CHECK(Buffer(42 * mib).data() != big);  // too small
}

TEST_CASE("moving a buffer hands the block over") {
  const EmptyPool empty;
  Buffer first(1000);
  char* data = first.data();
  Buffer second(std::move(first));
  CHECK(first.data() == nullptr);
  CHECK(first.size() == 0);
  CHECK(second.data() == data);
  Buffer third(2000);
  third = std::move(second);
  CHECK(third.data() == data);
  CHECK(third.size() == 1000);
  Buffer& self = third;
  third = std::move(self);
  CHECK(third.data() == data);
}

TEST_CASE("the pool holds no more than its limit") {
  const EmptyPool empty;
  const size_t limit = 64 * mib;
  set_pool_limit(limit);
  std::vector<Buffer> buffers;
  for (size_t k = 0; k < 100; ++k) buffers.emplace_back((k % 7 + 2) * mib);
  buffers.clear();
  CHECK(pool_bytes() <= limit);
  CHECK(pool_bytes() >= limit / 2);
  char* last = Buffer(30 * mib).data();  // newer blocks push older ones out
  CHECK(Buffer(30 * mib).data() == last);
  CHECK(pool_bytes() <= limit);
  Buffer(100 * mib);
  CHECK(pool_bytes() <= limit);
  set_pool_limit(0);
  CHECK(pool_bytes() == 0);
  for (const size_t bytes : {size_t{64}, size_t{100'000}, 3 * mib}) Buffer{bytes};
  CHECK(pool_bytes() == 0);
}

TEST_CASE("what cannot be allocated is an error that says how much") {
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 100, SIZE_MAX / 2 + 1, size_t{1} << 60}) {
    try {
      const Buffer buffer(bytes);
      FAIL("allocated ", bytes);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::memory);
      CHECK(error.message() == "cannot allocate " + std::to_string(bytes) + " bytes");
    }
  }
}

TEST_CASE("no two living buffers share memory, whichever threads make and destroy them") {
  const EmptyPool empty;
  const unsigned seed = 20261121;
  INFO("seed ", seed);
  std::atomic<int> damaged{0};
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      std::mt19937 random(seed + id);
      std::vector<Buffer> living(8);
      for (int round = 0; round < 2000; ++round) {
        Buffer& slot = living[random() % living.size()];
        if (slot.data() && (slot.data()[0] != char(id) || slot.data()[slot.size() - 1] != char(id))) ++damaged;
        const size_t most = size_t{1} << (7 + random() % 16);
        slot = Buffer(1 + random() % most);
        slot.data()[0] = slot.data()[slot.size() - 1] = char(id);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(damaged == 0);
  CHECK(pool_bytes() <= 256 * mib);
}

TEST_CASE("the address range of a strided view") {
  char memory[1000];
  const auto at = [&](int64_t offset) { return reinterpret_cast<uintptr_t>(memory + offset); };
  const auto range = [&](DType dtype, Shape shape, std::vector<int64_t> strides) {
    return address_range({memory + 500, dtype, std::move(shape), std::move(strides)});
  };
  const auto is = [](AddressRange range, uintptr_t begin, uintptr_t end) {
    return range.begin == begin && range.end == end;
  };
  CHECK(is(range(DType::float64, {}, {}), at(500), at(508)));
  CHECK(is(range(DType::int32, {3, 4}, {16, 4}), at(500), at(548)));
  CHECK(is(range(DType::int32, {3, 4}, {16, -4}), at(488), at(536)));
  CHECK(is(range(DType::int32, {3, 4}, {-16, -4}), at(456), at(504)));
  CHECK(is(range(DType::int8, {5, 7}, {0, 0}), at(500), at(501)));
  CHECK(is(range(DType::float64, {1}, {-800}), at(500), at(508)));
  const AddressRange none = range(DType::float64, {3, 0, 4}, {32, 8, 8});
  CHECK(none.begin == none.end);
}
