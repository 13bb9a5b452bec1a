// Which part of an array each rank holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/world.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Immutable; copies share it. Cut along one axis, or replicated: every rank has all of it.
class Distribution {
 public:
  /// Replicated, of any shape.
  Distribution() = default;
  /// Rank r holds [offsets[r], offsets[r + 1]) of the axis (-1: replicated); without offsets lengths differ by one at
  /// most, the longer first. The same on all ranks; not collective.
  Distribution(const World& world, const std::vector<std::int64_t>& shape, int axis = 0,
               const std::vector<std::int64_t>& offsets = {});
  /// Takes the handle over; none: replicated.
  explicit Distribution(detail::Handle<fv_distribution, fv_distribution_release> handle) : handle_(std::move(handle)) {}

  bool is_replicated() const { return axis() < 0; }
  /// -1: replicated.
  int axis() const { return fv_distribution_axis(handle()); }
  /// Of the whole array, and of this rank's part. Empty for the one that is of any shape.
  std::vector<std::int64_t> shape() const { return list(fv_distribution_shape(handle()), rank()); }
  std::vector<std::int64_t> local_shape() const { return list(fv_distribution_local_shape(handle()), rank()); }
  /// One more than there are ranks; empty: replicated.
  std::vector<std::int64_t> offsets() const {
    if (is_replicated()) return {};
    return list(fv_distribution_offsets(handle()), static_cast<std::size_t>(world().size()) + 1);
  }
  World world() const {
    fv_world* world = nullptr;
    detail::check([&](fv_error** error) { return fv_distribution_world(handle(), &world, error); });
    return World(detail::Handle<fv_world, fv_world_release>(world));
  }
  /// "Block(axis 0, even)"
  std::string describe() const {
    char* text = nullptr;
    detail::check([&](fv_error** error) { return fv_distribution_describe(handle(), &text, error); });
    const detail::Handle<char, fv_string_release> owned(text);
    return text;
  }

  const fv_distribution* handle() const { return handle_.get(); }

 private:
  std::size_t rank() const { return static_cast<std::size_t>(fv_distribution_rank(handle())); }
  static std::vector<std::int64_t> list(const std::int64_t* numbers, std::size_t count) {
    return numbers ? std::vector<std::int64_t>(numbers, numbers + count) : std::vector<std::int64_t>();
  }

  std::shared_ptr<const fv_distribution> handle_{};
};

namespace detail {

/// As the C ABI takes them: NULL where there are none. Throws Error(FV_ERROR_ARGUMENT) for another number of them than
/// the world needs, which the C ABI cannot see.
inline const std::int64_t* raw_offsets(const World& world, const std::vector<std::int64_t>& offsets) {
  if (offsets.empty()) return nullptr;
  const auto needed = static_cast<std::size_t>(world.size()) + 1;
  if (offsets.size() != needed)
    throw Error(FV_ERROR_ARGUMENT, std::to_string(world.size()) + " ranks need " + std::to_string(needed) +
                                       " offsets, not " + std::to_string(offsets.size()));
  return offsets.data();
}

}  // namespace detail

inline Distribution::Distribution(const World& world, const std::vector<std::int64_t>& shape, int axis,
                                  const std::vector<std::int64_t>& offsets) {
  const std::int64_t* raw = detail::raw_offsets(world, offsets);
  fv_distribution* made = nullptr;
  detail::check([&](fv_error** error) {
    return fv_distribution_create(world.handle(), static_cast<std::int32_t>(shape.size()), shape.data(), axis, raw,
                                  &made, error);
  });
  handle_.reset(made, fv_distribution_release);
}

}  // namespace abi_0
}  // namespace fuseval
