#include "engine/arrays/movement.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/arrays/array_copy.hpp"
#include "engine/base/views.hpp"
#include "engine/cpu/strided_copy.hpp"
#include "engine/world/box_exchange.hpp"
#include "engine/world/part_view.hpp"
#include "engine/world/world.hpp"
#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

/// An array without axes goes as one of a single element: boxes of rank 0 cannot be empty.
Shape with_an_axis(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

std::vector<Box> boxes_of(const Layout& layout, const Shape& shape, int ranks) {
  std::vector<Box> boxes;
  for (int rank = 0; rank < ranks; ++rank) boxes.push_back(layout.box_of(with_an_axis(shape), rank));
  return boxes;
}

std::vector<Box> boxes_on(int root, const Shape& shape, int ranks) {
  const Box whole = Box::whole(with_an_axis(shape));
  std::vector<Box> boxes(static_cast<size_t>(ranks), root == every_rank ? whole : Box::empty(whole.lower.size()));
  if (root != every_rank) boxes[static_cast<size_t>(root)] = whole;
  return boxes;
}

/// What is replicated needs no messages: everybody holds what it needs.
std::vector<Box> held_boxes(const Distribution& distribution, const std::vector<Box>& needed) {
  if (distribution.layout.is_replicated()) return needed;
  return boxes_of(distribution.layout, distribution.shape, distribution.world->size());
}

BoxMemory memory_of(const fv_view& view) {
  std::vector<int64_t> strides = strides_of(view);
  if (strides.empty()) strides = {size_of(dtype_of(view))};
  return {static_cast<char*>(view.data), strides};
}

/// Of a box in an array whose lower corner is at `corner`.
BoxMemory memory_of(const fv_view& view, const std::vector<int64_t>& corner, const Box& box) {
  BoxMemory memory = memory_of(view);
  for (size_t k = 0; k < corner.size(); ++k) memory.data += (box.lower[k] - corner[k]) * memory.strides[k];
  return memory;
}

std::shared_ptr<const Distribution> shared(Distribution distribution) {
  return std::make_shared<const Distribution>(std::move(distribution));
}

/// What all movements are, once everybody knows what moves: boxes from where they are held to where they are needed.
struct Movement {
  const char* operation;
  World& world;
  DType dtype;
  std::vector<Box> held, needed;

  /// `source`: has this rank's held box in it, if that is not empty, and its own lower corner at `corner`. `shape`: of
  /// this rank's result.
  Result run(Session& session, const fv_view* source, const std::vector<int64_t>& corner, const Shape& shape) && {
    const auto mine = static_cast<size_t>(world.rank());
    const bool holds = !held[mine].is_empty();
    const BoxMemory from = holds ? memory_of(*source, corner, held[mine]) : BoxMemory{};
    Result result;
    HostBoxes host;
    std::optional<BoxExchange> exchange;
    std::optional<GuardedSource> guarded;
    all_or_none(world, [&] {
      result = new_array(session, {}, false, dtype, shape);
      exchange.emplace(world.communicator(),
                       std::vector{BoxTransfer{size_of(dtype), std::move(held), std::move(needed)}}, operation, host);
      guarded.emplace(holds ? source : nullptr);
    });
    const BoxMemory to = memory_of(view_of(result));
    exchange->run(std::span(&from, 1), std::span(&to, 1));
    all_or_none(world, [&] { guarded->require_whole(); });
    return result;
  }
};

void require_rank(const World& world, int root) {
  if (root >= 0 && root < world.size()) return;
  throw Error(ErrorCode::argument, fmt::format("the root {} is none of {}", root, counted(world.size(), "rank")));
}

/// Dtype and shape as ranks tell each other.
struct Description {
  int64_t dtype = 0;
  int64_t axes = 0;
  std::array<int64_t, max_rank> extents{};

  static Description of(const fv_view& view) {
    Description description{view.dtype, view.rank, {}};
    std::copy_n(view.shape, view.rank, description.extents.begin());
    return description;
  }
  DType type() const { return static_cast<DType>(dtype); }
  Shape shape() const { return {extents.begin(), extents.begin() + axes}; }
};

/// Down a tree, which the root's connection likes better than a message to each.
Result broadcast_copy(Session& session, World& world, const fv_view* view, int root, DType dtype, const Shape& shape) {
  Result result;
  std::optional<GuardedSource> guarded;
  all_or_none(world, [&] {
    result = new_array(session, {}, false, dtype, shape);
    if (world.rank() != root) return;
    guarded.emplace(view);
    copy_elements(result.data, result.strides, static_cast<const char*>(view->data), strides_of(*view), shape,
                  size_of(dtype));
    guarded->require_whole();
  });
  world.communicator().broadcast(result.data, static_cast<size_t>(element_count(shape) * size_of(dtype)), root);
  return result;
}

Layout layout_of_parts(const std::vector<Description>& parts, int axis) {
  Layout layout{axis, {0}};
  for (const Description& part : parts)
    layout.offsets.push_back(checked_add(layout.offsets.back(), part.extents[static_cast<size_t>(axis)]));
  return layout;
}

void require_same_but(int axis, const Description& first, const Description& part) {
  if (part.dtype != first.dtype)
    throw Error(ErrorCode::dtype,
                fmt::format("its part is of {}, rank 0's of {}", name_of(part.type()), name_of(first.type())));
  Shape expected = first.shape();
  if (expected.size() == part.shape().size())
    expected[static_cast<size_t>(axis)] = part.extents[static_cast<size_t>(axis)];
  if (part.shape() != expected)
    throw Error(ErrorCode::shape, fmt::format("its part has shape {}, rank 0's {}; they may differ along axis {} alone",
                                              to_string(part.shape()), to_string(first.shape()), axis));
}

}  // namespace

Layout completed(const Layout& asked, const Shape& shape, int ranks) {
  if (asked.is_replicated()) return {};
  if (asked.axis >= static_cast<int>(shape.size()))
    throw Error(ErrorCode::argument, fmt::format("axis {} is out of bounds for a distributed array of shape {}",
                                                 asked.axis, to_string(shape)));
  if (asked.offsets.empty()) return even_layout(shape, asked.axis, ranks);
  check_layout(asked, shape, ranks);
  return asked;
}

Result scatter(Session& session, const std::shared_ptr<World>& world, const fv_view* view, int root,
               const Layout& asked) {
  begin_together(*world, [&] {
    require_rank(*world, root);
    if (world->rank() == root) require_view(view);
    return CollectiveCall{fmt::format("scatter from rank {}, {}", root, words_of(asked)), values_of(asked.offsets)};
  });
  Description described = world->rank() == root ? Description::of(*view) : Description{};
  world->communicator().broadcast(&described, sizeof described, root);
  const Shape shape = described.shape();
  const Layout layout = completed(asked, shape, world->size());
  Result result;
  if (layout.is_replicated()) {
    result = broadcast_copy(session, *world, view, root, described.type(), shape);
  } else {
    result = Movement{"scatter", *world, described.type(), boxes_on(root, shape, world->size()),
                      boxes_of(layout, shape, world->size())}
                 .run(session, view, {}, layout.box_of(shape, world->rank()).shape());
  }
  result.distribution = shared({world, shape, layout});
  return result;
}

std::optional<Result> gather(Session& session, const fv_view* local, const Distribution& distribution, int root) {
  World& world = *distribution.world;
  begin_together(world, [&] {
    if (root != every_rank) require_rank(world, root);
    require_part(local, distribution);
    const std::string to = root == every_rank ? "every rank" : fmt::format("rank {}", root);
    return call_of("gather to " + to, *local, distribution);
  });
  const bool wanted = root == every_rank || root == world.rank();
  std::vector<Box> needed = boxes_on(root, distribution.shape, world.size());
  std::vector<Box> held = held_boxes(distribution, needed);
  Result result = Movement{"gather", world, dtype_of(*local), std::move(held), std::move(needed)}.run(
      session, local, distribution.box().lower, wanted ? distribution.shape : Shape{0});
  return wanted ? std::optional(std::move(result)) : std::nullopt;
}

Result redistribute(Session& session, const fv_view* local, const Distribution& distribution, const Layout& asked) {
  World& world = *distribution.world;
  Layout layout;
  begin_together(world, [&] {
    require_part(local, distribution);
    layout = completed(asked, distribution.shape, world.size());
    return call_of("redistribution to " + words_of(asked), *local, distribution, asked.offsets);
  });
  std::vector<Box> needed = boxes_of(layout, distribution.shape, world.size());
  std::vector<Box> held = held_boxes(distribution, needed);
  Result result = Movement{"redistribution", world, dtype_of(*local), std::move(held), std::move(needed)}.run(
      session, local, distribution.box().lower, layout.box_of(distribution.shape, world.rank()).shape());
  result.distribution = shared({distribution.world, distribution.shape, layout});
  return result;
}

std::shared_ptr<const Distribution> distribution_of_parts(const std::shared_ptr<World>& world, const fv_view* local,
                                                          int axis) {
  begin_together(*world, [&] {
    require_view(local);
    if (axis < 0 || axis >= local->rank)
      throw Error(ErrorCode::argument,
                  fmt::format("axis {} is out of bounds for a part of shape {}", axis, to_string(shape_of(*local))));
    return CollectiveCall{fmt::format("an array of parts along axis {}", axis), ""};
  });
  const Description mine = Description::of(*local);
  std::vector<Description> parts(static_cast<size_t>(world->size()));
  const std::vector<size_t> counts(parts.size(), sizeof mine);
  world->communicator().allgather(&mine, counts, parts.data());
  for (size_t rank = 1; rank < parts.size(); ++rank)
    if (const auto failure = failure_of([&] { require_same_but(axis, parts[0], parts[rank]); }))
      throw error_of_rank(*world, static_cast<int>(rank), *failure);
  const Layout layout = layout_of_parts(parts, axis);
  Shape shape = mine.shape();
  shape[static_cast<size_t>(axis)] = layout.offsets.back();
  element_count(shape);  // throws, on all ranks alike, when there are too many
  return shared({world, shape, layout});
}

Result from_local(Session& session, const std::shared_ptr<World>& world, const fv_view* local, int axis) {
  std::shared_ptr<const Distribution> distribution = distribution_of_parts(world, local, axis);
  Result result = redistribute(session, local, *distribution, distribution->layout);
  return result;
}

}  // namespace fuseval::engine
