// A trial of files that ranks read and write together. For ranks that are threads and for ranks under MPI.
#pragma once

#include <string>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/slabs.hpp"
#include "runtime/npy_header.hpp"
#include "tests/unit/engine/distributed_support.hpp"

namespace distributed_test {

/// The bytes of a .npy file, made element by element.
inline std::string npy_text(const GlobalArray& global, bool fortran_order, bool swapped) {
  std::string header = runtime::make_npy_header(global.dtype, fortran_order, global.shape);
  const auto width = static_cast<size_t>(size_of(global.dtype));
  if (swapped) header.replace(header.find("'<"), 2, "'>");
  std::string data(global.bytes.size(), '\0');
  for_each(Box::whole(global.shape), [&](const std::vector<int64_t>& index) {
    const auto from = static_cast<size_t>(flat(global.shape, index));
    const std::vector<int64_t> turned(index.rbegin(), index.rend());
    const Shape turned_shape(global.shape.rbegin(), global.shape.rend());
    const auto to = fortran_order ? static_cast<size_t>(flat(turned_shape, turned)) : from;
    std::string element(global.bytes.data() + from * width, width);
    if (swapped) {
      const size_t part = is_complex(global.dtype) ? width / 2 : width;
      for (size_t k = 0; k < width; k += part)
        std::reverse(element.begin() + static_cast<long>(k), element.begin() + static_cast<long>(k + part));
    }
    data.replace(to * width, width, element);
  });
  return header + data;
}

struct SlabTrial {
  GlobalArray global;
  Layout layout;
  bool fortran_order, swapped, copy;

  static SlabTrial of(int ranks, uint64_t seed) {
    Random random(seed * 131 + static_cast<uint64_t>(ranks));
    const auto dtype = static_cast<DType>(random() % dtype_count);
    const GlobalArray global(random, dtype, random_shape(random, pick(random, 0, 3)));
    const bool replicated = global.shape.empty() || random() % 6 == 0;
    return {global, replicated ? Layout{} : random_layout(random, global.shape, ranks), random() % 2 == 0,
            size_of(dtype) > 1 && random() % 3 == 0, random() % 3 == 0};
  }

  void load(Session& session, const std::shared_ptr<World>& world, const std::string& path) const {
    const Result part = load_slab(session, world, path, layout, copy);
    const Box box = layout.box_of(global.shape, world->rank());
    CHECK(part.dtype == global.dtype);
    CHECK(part.shape == box.shape());
    CHECK(contents(part) == global.part(box));
    CHECK(part.distribution->shape == global.shape);
    CHECK(part.distribution->layout == layout);
    CHECK(part.is_readonly == !copy);
    CHECK(((view_of(part).flags & FV_VIEW_MAPPED) != 0) == (part.mapping != nullptr));
    if (copy || swapped || box.is_empty()) CHECK(part.mapping == nullptr);
    const bool slowest =
        layout.is_replicated() || layout.axis == (fortran_order ? static_cast<int>(global.shape.size()) - 1 : 0);
    if (!copy && !swapped && !box.is_empty() && slowest) CHECK(part.mapping != nullptr);
  }

  void save(const std::shared_ptr<World>& world, const std::string& path, uint64_t seed) const {
    Random random(seed * 7 + static_cast<uint64_t>(world->rank()));
    const PartView part(random, global, layout.box_of(global.shape, world->rank()));
    save_slab(path, part.view(), {world, global.shape, layout});
  }
};

}  // namespace distributed_test
