// A trial of datasets that ranks write, read and write again together. For ranks that are threads and for ranks under
// MPI.
#pragma once

#include <string>

#include "engine/arrays/slabs.hpp"
#include "tests/unit/engine/distributed_support.hpp"

namespace distributed_test {

struct Hdf5Trial {
  GlobalArray global;
  Layout written, read;

  static Hdf5Trial of(int ranks, uint64_t seed) {
    Random random(seed * 173 + static_cast<uint64_t>(ranks));
    const GlobalArray global(random, static_cast<DType>(random() % dtype_count),
                             random_shape(random, pick(random, 0, 3)));
    const auto layout = [&] {
      const bool replicated = global.shape.empty() || random() % 5 == 0;
      return replicated ? Layout{} : random_layout(random, global.shape, ranks);
    };
    Layout first = layout();
    return {global, std::move(first), layout()};
  }

  /// Collective. `path`: of a file that is not there, or of an earlier trial, with a dataset /group/a.
  void run(Session& session, const std::shared_ptr<World>& world, const std::string& path, uint64_t seed) const {
    Random random(seed * 7 + static_cast<uint64_t>(world->rank()));
    const PartView part(random, global, written.box_of(global.shape, world->rank()));
    save_slab(path + ":/group/a", part.view(), {world, global.shape, written});
    const Result found = load_slab(session, world, path + ":group/a", read);
    const Box box = read.box_of(global.shape, world->rank());
    CHECK(found.dtype == global.dtype);
    CHECK(found.shape == box.shape());
    CHECK(contents(found) == global.part(box));
    CHECK(found.distribution->shape == global.shape);
    CHECK(found.distribution->layout == read);
    CHECK(!found.is_readonly);
    CHECK(found.mapping == nullptr);
    world->communicator().barrier();
  }
};

}  // namespace distributed_test
