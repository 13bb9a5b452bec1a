// A trial of what moves distributed arrays: there and back, by random layouts. For ranks that are threads and for ranks
// under MPI.
#pragma once

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/movement.hpp"
#include "tests/unit/engine/distributed_support.hpp"

namespace distributed_test {

inline bool is_part(const Result& result, const GlobalArray& global, const Layout& layout, int rank) {
  const Box box = layout.box_of(global.shape, rank);
  return result.dtype == global.dtype && result.shape == box.shape() && result.distribution != nullptr &&
         result.distribution->shape == global.shape && result.distribution->layout == layout &&
         result.strides == c_strides(result.shape, size_of(result.dtype)) && contents(result) == global.part(box);
}

inline bool is_whole(const Result& result, const GlobalArray& global) {
  return result.dtype == global.dtype && result.shape == global.shape && result.distribution == nullptr &&
         contents(result) == global.bytes;
}

inline Layout random_or_replicated(Random& random, const Shape& shape, int ranks) {
  return shape.empty() || random() % 5 == 0 ? Layout{} : random_layout(random, shape, ranks);
}

/// What one trial does, the same on all ranks.
struct MovementTrial {
  int ranks;
  uint64_t seed;
  GlobalArray global;
  Layout first, second;
  int root;

  static MovementTrial of(int ranks, uint64_t seed) {
    Random random(seed * 31 + static_cast<uint64_t>(ranks));
    const auto dtype = static_cast<DType>(random() % dtype_count);
    const GlobalArray global(random, dtype, random_shape(random, pick(random, 0, 3)));
    const Layout first = random_or_replicated(random, global.shape, ranks);
    return {ranks,
            seed,
            global,
            first,
            random_or_replicated(random, global.shape, ranks),
            static_cast<int>(pick(random, 0, ranks - 1))};
  }

  void run(Session& session, const std::shared_ptr<World>& world) const {
    const int me = world->rank();
    Random random(seed * 1009 + static_cast<uint64_t>(me));
    const PartView whole(random, global, Box::whole(global.shape));
    const Result part = scatter(session, world, me == root ? whole.view() : nullptr, root, first);
    CHECK(is_part(part, global, first, me));

    const PartView mine(random, global, first.box_of(global.shape, me));
    const Result moved = redistribute(session, mine.view(), *part.distribution, second);
    CHECK(is_part(moved, global, second, me));

    const fv_view view = view_of(moved);
    const std::optional<Result> gathered = gather(session, &view, *moved.distribution, root);
    REQUIRE(gathered.has_value() == (me == root));
    if (gathered) CHECK(is_whole(*gathered, global));
    const std::optional<Result> everywhere = gather(session, mine.view(), *part.distribution, every_rank);
    REQUIRE(everywhere.has_value());
    CHECK(is_whole(*everywhere, global));

    if (first.is_replicated()) return;
    CHECK(is_part(from_local(session, world, mine.view(), first.axis), global, first, me));
  }
};

}  // namespace distributed_test
