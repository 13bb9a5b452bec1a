// A trial of box exchanges: arrays, their parts in memory of any strides, and what must come of them. For ranks that
// are threads and for ranks under MPI.
#pragma once

#include <array>

#include "engine/world/box_exchange.hpp"
#include "tests/unit/engine/distributed_support.hpp"

namespace distributed_test {

/// One array of a test: what every rank knows of it.
struct Array {
  Shape shape;
  BoxTransfer transfer;
};

inline Array random_array(Random& random, int ranks) {
  Array array{random_shape(random, pick(random, 1, 3)), {}};
  array.transfer.itemsize = std::array{1, 2, 4, 8, 16}[random() % 5];
  array.transfer.held = boxes_of(random_layout(random, array.shape, ranks), array.shape, ranks);
  if (random() % 2 == 0) {
    array.transfer.needed = boxes_of(random_layout(random, array.shape, ranks), array.shape, ranks);
  } else {
    for (int rank = 0; rank < ranks; ++rank) array.transfer.needed.push_back(random_box(random, array.shape));
  }
  return array;
}

/// What element `number` of an array is at a step: bytes that differ for all that can be confused.
inline std::array<unsigned char, 16> element(size_t array, int step, int64_t number) {
  std::array<unsigned char, 16> bytes;
  uint64_t state = (array * 1000003 + static_cast<uint64_t>(step)) * 1000003 + static_cast<uint64_t>(number) + 1;
  for (unsigned char& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<unsigned char>(state >> 56);
  }
  return bytes;
}

/// Memory for a box with strides of any kind.
class StridedMemory {
 public:
  StridedMemory(Random& random, const Box& box, int64_t itemsize) : box_(box), itemsize_(itemsize) {
    const RandomStrides layout(random, box.shape(), itemsize);
    bytes_.assign(static_cast<size_t>(layout.bytes), static_cast<char>(0xEE));
    memory_ = {box.is_empty() ? nullptr : bytes_.data() + layout.begin, layout.strides};
  }

  const BoxMemory& memory() const { return memory_; }
  char* at(const std::vector<int64_t>& index) const {
    char* data = memory_.data;
    for (size_t k = 0; k < index.size(); ++k) data += (index[k] - box_.lower[k]) * memory_.strides[k];
    return data;
  }
  void fill(size_t array, const Shape& shape, int step) {
    for_each(box_, [&](const auto& index) {
      std::memcpy(at(index), element(array, step, flat(shape, index)).data(), static_cast<size_t>(itemsize_));
    });
  }
  /// How many elements are not what they should be, and bytes outside elements that are not as they were.
  int64_t wrong(size_t array, const Shape& shape, int step) const {
    int64_t wrong = 0;
    std::vector<char> rest = bytes_;
    for_each(box_, [&](const auto& index) {
      const auto expected = element(array, step, flat(shape, index));
      if (std::memcmp(at(index), expected.data(), static_cast<size_t>(itemsize_)) != 0) ++wrong;
      std::memset(rest.data() + (at(index) - bytes_.data()), 0xEE, static_cast<size_t>(itemsize_));
    });
    return wrong + std::count_if(rest.begin(), rest.end(), [](char c) { return c != static_cast<char>(0xEE); });
  }

 private:
  Box box_;
  int64_t itemsize_;
  std::vector<char> bytes_;
  BoxMemory memory_;
};

/// Traffic from first principles: element by element.
inline BoxExchange::Traffic traffic_by_elements(const std::vector<Array>& arrays, int me) {
  BoxExchange::Traffic traffic;
  const auto common = [](const Box& a, const Box& b) {
    int64_t count = 0;
    for_each(a, [&](const auto& index) {
      count += b.contains({index, [&] {
                             auto next = index;
                             for (int64_t& k : next) ++k;
                             return next;
                           }()});
    });
    return count;
  };
  const auto between = [&](size_t from, size_t to) {
    int64_t bytes = 0;
    for (const Array& array : arrays)
      bytes += common(array.transfer.held[from], array.transfer.needed[to]) * array.transfer.itemsize;
    return bytes;
  };
  const auto mine = static_cast<size_t>(me);
  for (size_t peer = 0; peer < arrays[0].transfer.held.size(); ++peer) {
    if (peer == mine) continue;
    if (const int64_t bytes = between(mine, peer); bytes > 0) ++traffic.messages_sent, traffic.bytes_sent += bytes + 8;
    if (const int64_t bytes = between(peer, mine); bytes > 0)
      ++traffic.messages_received, traffic.bytes_received += bytes + 8;
  }
  return traffic;
}

inline bool same(const BoxExchange::Traffic& a, const BoxExchange::Traffic& b) {
  return a.messages_sent == b.messages_sent && a.messages_received == b.messages_received &&
         a.bytes_sent == b.bytes_sent && a.bytes_received == b.bytes_received;
}

inline std::vector<BoxTransfer> transfers_of(const std::vector<Array>& arrays) {
  std::vector<BoxTransfer> transfers;
  for (const Array& array : arrays) transfers.push_back(array.transfer);
  return transfers;
}

/// The flags of a rank and of those that send it something.
inline uint64_t expected_flags(const std::vector<Array>& arrays, int me, int step) {
  const auto flags_of = [&](size_t rank) { return uint64_t{1} << ((rank + static_cast<size_t>(step)) % 64); };
  uint64_t flags = flags_of(static_cast<size_t>(me));
  for (size_t peer = 0; peer < arrays[0].transfer.held.size(); ++peer)
    for (const Array& array : arrays)
      if (have_common(array.transfer.held[peer], array.transfer.needed[static_cast<size_t>(me)]))
        flags |= flags_of(peer);
  return flags;
}

/// Random arrays, the same on all ranks.
inline std::vector<Array> random_arrays(int ranks, uint64_t seed) {
  Random random(seed * 100 + static_cast<uint64_t>(ranks));
  std::vector<Array> arrays;
  for (int64_t count = pick(random, 1, 3); count > 0; --count) arrays.push_back(random_array(random, ranks));
  return arrays;
}

/// Collective: three steps of an exchange of random arrays in random memory, checked element by element. `around` is
/// given each step, to count what it sends: around(step, traffic of one start).
template <class Around>
void check_boxes(World& world, uint64_t seed, Around&& around) {
  const std::vector<Array> arrays = random_arrays(world.size(), seed);
  const int me = world.rank();
  Random random(seed * 7 + static_cast<uint64_t>(me));
  std::vector<StridedMemory> from, to;
  for (const Array& array : arrays) {
    from.emplace_back(random, array.transfer.held[static_cast<size_t>(me)], array.transfer.itemsize);
    to.emplace_back(random, array.transfer.needed[static_cast<size_t>(me)], array.transfer.itemsize);
  }
  std::vector<BoxMemory> sources, targets;
  for (size_t k = 0; k < arrays.size(); ++k) {
    sources.push_back(from[k].memory());
    targets.push_back(to[k].memory());
  }
  HostBoxes host;
  BoxExchange exchange(world.communicator(), transfers_of(arrays), "test of boxes", host);
  CHECK(same(exchange.traffic(), traffic_by_elements(arrays, me)));
  for (int step = 0; step < 3; ++step) {
    const auto one_step = [&] {
      for (size_t k = 0; k < arrays.size(); ++k) from[k].fill(k, arrays[k].shape, step);
      exchange.pack(sources);
      exchange.post(uint64_t{1} << ((me + step) % 64));
      exchange.copy_own(sources, targets);
      // What was held is free again: the next step's data are written into it at once.
      for (size_t k = 0; k < arrays.size(); ++k) from[k].fill(k, arrays[k].shape, step + 1000);
      exchange.progress();
      CHECK(exchange.wait() == expected_flags(arrays, me, step));
      exchange.unpack(targets);
    };
    around(one_step, exchange.traffic());
    for (size_t k = 0; k < arrays.size(); ++k) CHECK(to[k].wrong(k, arrays[k].shape, step) == 0);
  }
}

}  // namespace distributed_test
