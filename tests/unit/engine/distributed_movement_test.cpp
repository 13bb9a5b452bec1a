#include <doctest/doctest.h>

#include <array>
#include <fstream>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/movement.hpp"
#include "runtime/npy.hpp"
#include "tests/unit/engine/movement_trial.hpp"
#include "tests/unit/hosts_mapping.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace distributed_test;

namespace {

constexpr fv_view floats(const float* data, const int64_t* shape, int32_t rank) {
  return {const_cast<float*>(data), FV_FLOAT32, rank, shape, nullptr, FV_DEVICE_CPU, 0, 0};
}

}  // namespace

TEST_CASE("arrays go to ranks, from layout to layout, and back, whatever they are") {
  Session session = session_of();
  for (int ranks = 1; ranks <= 7; ++ranks)
    for (uint64_t seed = 0; seed < 25; ++seed) {
      CAPTURE(ranks);
      CAPTURE(seed);
      const MovementTrial trial = MovementTrial::of(ranks, seed);
      on_ranks(
          ranks, [&](const auto& world) { trial.run(session, world); }, seed, seed % 4 == 0 ? 11 : size_t{1} << 30);
    }
}

TEST_CASE("a layout without offsets is even, negative axes are none") {
  CHECK(completed({1, {}}, {3, 7}, 3) == Layout{1, {0, 3, 5, 7}});
  CHECK(completed({1, {0, 0, 7}}, {3, 7}, 2) == Layout{1, {0, 0, 7}});
  CHECK(completed({}, {3, 7}, 3).is_replicated());
  CHECK(thrown([] {
          completed({2, {}}, {3, 7}, 3);
        }).message() == "axis 2 is out of bounds for a distributed array of shape (3, 7)");
  CHECK(thrown([] { completed({0, {}}, {}, 3); }).code() == ErrorCode::argument);
  CHECK(thrown([] { completed({1, {0, 8}}, {3, 7}, 1); }).code() == ErrorCode::argument);
}

TEST_CASE("scatter: what is wrong on one rank is the same error on all") {
  Session session = session_of(), small = session_of(30);
  const float numbers[12] = {};
  const int64_t shape[] = {4, 3};
  fv_view view = floats(numbers, shape, 2);
  const auto scattered = [&](int root_of_two, const Layout& of_two, const fv_view* given) {
    return [&session, root_of_two, of_two, given](const auto& world) {
      const bool two = world->rank() == 2;
      scatter(session, world, given, two ? root_of_two : 1, two ? of_two : Layout{0, {}});
    };
  };
  check_same_error(3, scattered(0, {0, {}}, &view), ErrorCode::argument,
                   "rank 2: ranks ask for different things: scatter from rank 0, axis 0 here, scatter from rank 1, "
                   "axis 0 on rank 0");
  check_same_error(4, scattered(1, {1, {}}, &view), ErrorCode::argument,
                   "rank 2: ranks ask for different things: scatter from rank 1, axis 1 here, scatter from rank 1, "
                   "axis 0 on rank 0");
  check_same_error(5, scattered(5, {0, {}}, &view), ErrorCode::argument, "rank 2: the root 5 is none of 5 ranks");
  check_same_error(3, scattered(1, {0, {}}, nullptr), ErrorCode::argument,
                   "rank 1: there is no array to move: the view is NULL");
  check_same_error(
      2,
      [&](const auto& world) {
        scatter(session, world, &view, 0, {0, {0, world->rank() == 0 ? 1 : 2, 4}});
      },
      ErrorCode::argument,
      "rank 1: ranks ask for different things: scatter from rank 0, axis 0 by offsets here, scatter from rank 0, axis "
      "0 by offsets on rank 0, with other numbers");
  check_same_error(
      3,
      [&](const auto& world) {
        scatter(session, world, &view, 0, {2, {}});
      },
      ErrorCode::argument, "axis 2 is out of bounds for a distributed array of shape (4, 3)");
  for (const Layout& layout : {Layout{0, {}}, Layout{}})
    check_same_error(
        3,
        [&](const auto& world) {
          scatter(world->rank() == 1 ? small : session, world, &view, 0,
                  layout.is_replicated() ? layout : Layout{0, {0, 0, 4, 4}});
        },
        ErrorCode::limit, "rank 1: an array of shape (4, 3) takes more than the 30 bytes that are allowed");
  view.data = nullptr;
  check_same_error(3, scattered(1, {0, {}}, &view), ErrorCode::invalid_handle, "rank 1: the array: data is NULL");
  view = floats(numbers, shape, 2);
  view.device_type = FV_DEVICE_CUDA;
  check_same_error(
      1,
      [&](const auto& world) {
        scatter(session, world, &view, 0, {0, {}});
      },
      ErrorCode::argument, "the array is on a device; copy it to the host first (fv_to_host)");
  const int64_t strides[] = {INT64_MAX, 4};
  view = floats(numbers, shape, 2);
  view.byte_strides = strides;
  check_same_error(3, scattered(1, {0, {}}, &view), ErrorCode::invalid_handle,
                   "rank 1: the array: byte strides (9223372036854775807, 4) over shape (4, 3) leave the address "
                   "space");
}

TEST_CASE("gather and redistribute: what is wrong on one rank is the same error on all") {
  Session session = session_of(), small = session_of(30);
  const float numbers[12] = {};
  const int64_t shape[] = {2, 3}, other[] = {3, 3};
  const fv_view view = floats(numbers, shape, 2), longer = floats(numbers, other, 2);
  fv_view integers = view;
  integers.dtype = FV_INT32;
  const auto with = [](const std::shared_ptr<World>& world) {
    const int64_t rows = 2 * world->size();
    return Distribution{world, {rows, 3}, even_layout({rows, 3}, 0, world->size())};
  };
  check_same_error(
      4, [&](const auto& world) { gather(session, world->rank() == 3 ? &longer : &view, with(world), 0); },
      ErrorCode::shape, "rank 3: the part of a distributed array has shape (2, 3) here, not (3, 3)");
  check_same_error(
      4, [&](const auto& world) { gather(session, &view, with(world), world->rank() == 1 ? every_rank : 0); },
      ErrorCode::argument,
      "rank 1: ranks ask for different things: gather to every rank of float32 (8, 3), axis 0 by offsets here, gather "
      "to rank 0 of float32 (8, 3), axis 0 by offsets on rank 0");
  check_same_error(
      2, [&](const auto& world) { redistribute(session, world->rank() == 1 ? &integers : &view, with(world), {}); },
      ErrorCode::argument,
      "rank 1: ranks ask for different things: redistribution to replicated of int32 (4, 3), axis 0 by offsets here, "
      "redistribution to replicated of float32 (4, 3), axis 0 by offsets on rank 0");
  check_same_error(
      2, [&](const auto& world) { gather(world->rank() == 1 ? small : session, &view, with(world), every_rank); },
      ErrorCode::limit, "rank 1: an array of shape (4, 3) takes more than the 30 bytes that are allowed");
  check_same_error(
      3,
      [&](const auto& world) {
        redistribute(session, world->rank() == 0 ? nullptr : &view, with(world), {1, {}});
      },
      ErrorCode::argument, "rank 0: there is no array to move: the view is NULL");
}

TEST_CASE("parts that ranks have: the array that they are, and what does not fit together") {
  Session session = session_of();
  const float numbers[64] = {};
  on_ranks(4, [&](const auto& world) {
    const int64_t shape[] = {2, std::array{3, 0, 0, 5}[static_cast<size_t>(world->rank())]};
    const fv_view view = floats(numbers, shape, 2);
    const auto distribution = distribution_of_parts(world, &view, 1);
    CHECK(distribution->world == world);
    CHECK(distribution->shape == Shape{2, 8});
    CHECK(distribution->layout == Layout{1, {0, 3, 3, 3, 8}});
  });
  const auto parts = [&](Shape of_two, int32_t dtype_of_two, int axis_of_two) {
    return [&session, &numbers, of_two, dtype_of_two, axis_of_two](const auto& world) {
      const bool two = world->rank() == 2;
      const Shape shape = two ? of_two : Shape{4, 3};
      fv_view view = floats(numbers, shape.data(), static_cast<int32_t>(shape.size()));
      if (two) view.dtype = dtype_of_two;
      from_local(session, world, &view, two ? axis_of_two : 0);
    };
  };
  check_same_error(3, parts({4, 5}, FV_FLOAT32, 0), ErrorCode::shape,
                   "rank 2: its part has shape (4, 5), rank 0's (4, 3); they may differ along axis 0 alone");
  check_same_error(3, parts({4}, FV_FLOAT32, 0), ErrorCode::shape,
                   "rank 2: its part has shape (4,), rank 0's (4, 3); they may differ along axis 0 alone");
  check_same_error(3, parts({4, 3}, FV_INT32, 0), ErrorCode::dtype,
                   "rank 2: its part is of int32, rank 0's of float32");
  check_same_error(3, parts({4, 3}, FV_FLOAT32, 1), ErrorCode::argument,
                   "rank 2: ranks ask for different things: an array of parts along axis 1 here, an array of parts "
                   "along axis 0 on rank 0");
  check_same_error(3, parts({4, 3}, FV_FLOAT32, 2), ErrorCode::argument,
                   "rank 2: axis 2 is out of bounds for a part of shape (4, 3)");
  check_same_error(3, parts({}, FV_FLOAT32, 0), ErrorCode::argument,
                   "rank 2: axis 0 is out of bounds for a part of shape ()");
  const auto huge = [](const auto& world) {
    const int64_t shape[] = {int64_t{1} << 55, 0};
    const fv_view view = floats(nullptr, shape, 2);
    distribution_of_parts(world, &view, 0);
  };
  check_same_error(3, huge, ErrorCode::memory, "an array of shape (108086391056891904, 0) has too many elements");
}

TEST_CASE("a mapped file that shrank before it is moved is an error on all ranks") {
  Session session = session_of();
  const TemporaryFolder folder;
  std::vector<double> numbers(1 << 16, 1.0);
  const Shape shape = {1 << 16};
  runtime::write_npy(folder.path("a.npy"), {reinterpret_cast<char*>(numbers.data()), DType::float64, shape, {8}});
  const auto file = runtime::NpyFile::open(folder.path("a.npy"));
  const fv_view mapped{file->view().data, FV_FLOAT64, 1, shape.data(), nullptr, FV_DEVICE_CPU, 0, FV_VIEW_MAPPED};
  fv_view plain = mapped, hosts = mapped;
  plain.data = numbers.data();
  plain.flags = 0;
  const HostsMapping mapping(folder.path("a.npy"));
  hosts.data = mapping.data() + 128;
  std::filesystem::resize_file(folder.path("a.npy"), 4096);
  for (const fv_view* const view : std::array<const fv_view*, 2>{&mapped, &hosts}) {
    const std::string reason =
        view == &hosts ? "a mapped input file shrank while it was read"
                       : "the mapped file \"" + folder.path("a.npy") + "\" has become shorter since it was opened";
    for (const Layout& layout : {Layout{0, {}}, Layout{}})
      check_same_error(
          3, [&](const auto& world) { scatter(session, world, view, 0, layout); }, ErrorCode::file,
          "rank 0: " + reason);
    check_same_error(
        3,
        [&](const auto& world) {
          const Distribution whole{world, {3 << 16}, even_layout({3 << 16}, 0, 3)};
          gather(session, world->rank() == 1 ? view : &plain, whole, 2);
        },
        ErrorCode::file, "rank 1: " + reason);
  }
}
