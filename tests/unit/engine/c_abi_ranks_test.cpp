// Worlds, distributions and the functions that move distributed arrays, as the C ABI has them: what they refuse, what
// they say of themselves, who owns what. Where the elements go: tests/unit/include/distributed_array_test.cpp.
#include <cstddef>
#include <functional>
#include <limits>
#include <stdexcept>

#include "c_abi_support.hpp"

using namespace engine_test;

namespace {

struct World {
  explicit World(const fv_world_options& options) { REQUIRE(fv_world_create(&options, &handle, nullptr) == FV_OK); }
  ~World() { fv_world_release(handle); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  fv_world* handle = nullptr;
};

fv_world_options kind(fv_world_kind wanted, int ranks = 0) {
  auto options = sized<fv_world_options>();
  options.kind = wanted;
  options.ranks = ranks;
  return options;
}

Failure refused(const fv_world_options& options) {
  return failure_of([&](fv_error** error) {
    fv_world* world = reinterpret_cast<fv_world*>(&world);
    const fv_status status = fv_world_create(&options, &world, error);
    CHECK((world != nullptr) == (status == FV_OK));
    fv_world_release(world);
    return status;
  });
}

Failure refused(fv_world* world, std::int32_t rank, const std::vector<std::int64_t>& shape, std::int32_t axis,
                const std::vector<std::int64_t>& offsets = {}) {
  return failure_of([&](fv_error** error) {
    fv_distribution* made = reinterpret_cast<fv_distribution*>(&made);
    const fv_status status = fv_distribution_create(world, rank, shape.data(), axis,
                                                    offsets.empty() ? nullptr : offsets.data(), &made, error);
    CHECK((made != nullptr) == (status == FV_OK));
    fv_distribution_release(made);
    return status;
  });
}

fv_distribution* made(fv_world* world, const std::vector<std::int64_t>& shape, std::int32_t axis) {
  fv_distribution* distribution = nullptr;
  REQUIRE(fv_distribution_create(world, static_cast<std::int32_t>(shape.size()), shape.data(), axis, nullptr,
                                 &distribution, nullptr) == FV_OK);
  return distribution;
}

/// fv_run_ranks of anything; what it returns is the rank's function's.
Failure on_ranks(int count, std::function<int(fv_world*)> function) {
  const fv_rank_function call = [](void* user, fv_world* world) {
    return (*static_cast<std::function<int(fv_world*)>*>(user))(world);
  };
  return failure_of([&](fv_error** error) { return fv_run_ranks(count, call, &function, error); });
}

std::vector<std::int64_t> list(const std::int64_t* numbers, std::size_t count) { return {numbers, numbers + count}; }

}  // namespace

TEST_CASE("options of a world") {
  CHECK(refused(kind(FV_WORLD_SELF)).status == FV_OK);
  CHECK(refused(kind(static_cast<fv_world_kind>(17))).message == "there is no kind 17 of worlds");
  CHECK(refused(kind(FV_WORLD_COMMUNICATOR)).message == "fv_world_options.communicator is NULL");
  CHECK(refused(kind(FV_WORLD_PLANNED)).message == "0 ranks: there must be at least one");
  auto options = kind(FV_WORLD_SELF);
  for (const double seconds : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
    options.watchdog_seconds = seconds;
    CHECK(contains(refused(options).message, "watchdog_seconds is "));
    CHECK(refused(options).status == FV_ERROR_ARGUMENT);
  }
  options = kind(FV_WORLD_SELF);
  options.largest_message = -1;
  CHECK(refused(options).message == "largest_message is -1; it must not be negative");
  options.largest_message = std::int64_t{1} << 40;
  CHECK(refused(options).status == FV_ERROR_ARGUMENT);
  options.struct_size = 4;
  CHECK(contains(refused(options).message, "fv_world_options.struct_size is 4"));
  options = kind(static_cast<fv_world_kind>(17));
  options.struct_size = offsetof(fv_world_options, kind);  // an older caller, who knows no kinds
  CHECK(refused(options).status == FV_OK);
}

TEST_CASE("a rank by itself, and one of many that are not there") {
  const World self(kind(FV_WORLD_SELF)), planned(kind(FV_WORLD_PLANNED, 1000));
  CHECK(fv_world_rank(self.handle) == 0);
  CHECK(fv_world_size(self.handle) == 1);
  CHECK(fv_world_local_rank(self.handle) == 0);
  CHECK(fv_world_local_size(self.handle) == 1);
  CHECK(fv_world_threads(self.handle) >= 1);
  CHECK(fv_world_barrier(self.handle, nullptr) == FV_OK);
  CHECK(fv_world_size(planned.handle) == 1000);
  CHECK(fv_world_threads(planned.handle) >= 1);
  const Failure failure = failure_of([&](fv_error** error) { return fv_world_barrier(planned.handle, error); });
  CHECK(failure.status == FV_ERROR_COMMUNICATION);
  CHECK(contains(failure.message, "the world is planned: there are no ranks to send to or to receive from"));
}

TEST_CASE("ranks agree on the error of the first of them that has one") {
  std::int32_t rank = 7;
  const World self(kind(FV_WORLD_SELF));
  CHECK(fv_world_agree(self.handle, FV_OK, nullptr, &rank, nullptr) == FV_OK);
  CHECK(rank == -1);
  CHECK(fv_world_agree(self.handle, FV_ERROR_FILE, "no such file", nullptr, nullptr) == FV_ERROR_FILE);
  CHECK(failure_of([&](fv_error** error) {
          return fv_world_agree(self.handle, FV_ERROR_FILE, nullptr, &rank, error);
        }).message == "message is NULL");
  const Failure done = on_ranks(4, [](fv_world* world) {
    const int mine = fv_world_rank(world);
    const std::string message = "rank " + std::to_string(mine) + " has no paper";
    std::int32_t first = -1;
    fv_error* error = nullptr;
    const fv_status status = fv_world_agree(world, mine >= 2 ? FV_ERROR_VALUE : FV_OK, message.c_str(), &first, &error);
    const bool expected =
        status == FV_ERROR_VALUE && first == 2 && fv_error_message(error) == std::string("rank 2 has no paper");
    fv_error_release(error);
    return expected && fv_world_agree(world, FV_OK, nullptr, &first, nullptr) == FV_OK && first == -1 ? 0 : 1;
  });
  CHECK(done.status == FV_OK);
}

TEST_CASE("functions that fail on some rank") {
  CHECK(on_ranks(0, [](fv_world*) { return 0; }).status == FV_ERROR_ARGUMENT);
  CHECK(on_ranks(3, [](fv_world* world) { return fv_world_size(world) == 3 ? 0 : 1; }).status == FV_OK);
  const Failure failed = on_ranks(3, [](fv_world* world) { return fv_world_rank(world) == 1 ? 5 : 0; });
  CHECK(failed.status == FV_ERROR_HOOK);
  CHECK(failed.message == "the function of rank 1 returned 5");
  const Failure thrown = on_ranks(2, [](fv_world* world) -> int {
    if (fv_world_rank(world) == 1) throw std::runtime_error("no more paper");
    return fv_world_barrier(world, nullptr) == FV_ERROR_COMMUNICATION ? 0 : 1;  // ends, since the other one has
  });
  CHECK(thrown.status == FV_ERROR_HOOK);
  CHECK(contains(thrown.message, "the rank hook threw an exception: no more paper"));
  std::vector<std::string> messages(2);
  on_ranks(2, [&](fv_world* world) {
    const auto mine = static_cast<std::size_t>(fv_world_rank(world));
    fv_error* error = nullptr;
    if (mine == 0) fv_world_barrier(world, &error);  // the other one never comes
    messages[mine] = fv_error_message(error);
    fv_error_release(error);
    return 0;
  });
  CHECK(contains(messages[0], "all ranks wait for ever: rank 0 waits in barrier"));
}

TEST_CASE("a distribution says what it is") {
  const Failure done = on_ranks(3, [](fv_world* world) {
    const std::int64_t shape[2] = {2, 7}, offsets[4] = {0, 0, 5, 7};
    fv_distribution *even = nullptr, *uneven = nullptr;
    REQUIRE(fv_distribution_create(world, 2, shape, 1, nullptr, &even, nullptr) == FV_OK);
    REQUIRE(fv_distribution_create(world, 2, shape, 1, offsets, &uneven, nullptr) == FV_OK);
    fv_world* again = nullptr;
    REQUIRE(fv_distribution_world(uneven, &again, nullptr) == FV_OK);
    const auto rank = static_cast<std::size_t>(fv_world_rank(world));
    const bool holds =
        fv_distribution_axis(even) == 1 && fv_distribution_rank(even) == 2 &&
        list(fv_distribution_shape(even), 2) == std::vector<std::int64_t>{2, 7} &&
        list(fv_distribution_offsets(even), 4) == std::vector<std::int64_t>{0, 3, 5, 7} &&
        list(fv_distribution_offsets(uneven), 4) == std::vector<std::int64_t>{0, 0, 5, 7} &&
        list(fv_distribution_local_shape(uneven), 2) == std::vector<std::int64_t>{2, offsets[rank + 1] - offsets[rank]};
    fv_distribution_release(even);
    fv_distribution_release(uneven);
    const bool same = fv_world_rank(again) == fv_world_rank(world) && fv_world_barrier(again, nullptr) == FV_OK;
    fv_world_release(again);
    return holds && same ? 0 : 1;
  });
  CHECK(done.status == FV_OK);

  const World self(kind(FV_WORLD_SELF));
  fv_distribution* number = made(self.handle, {}, -1);
  CHECK(fv_distribution_axis(number) == -1);
  CHECK(fv_distribution_rank(number) == 0);
  CHECK(fv_distribution_offsets(number) == nullptr);
  fv_distribution_release(number);
  fv_distribution* rows = made(self.handle, {4, 3}, 0);
  char* text = nullptr;
  CHECK(fv_distribution_describe(rows, &text, nullptr) == FV_OK);
  CHECK(text == std::string("Block(axis 0, even)"));
  fv_string_release(text);
  fv_distribution_release(rows);
}

TEST_CASE("distributions that cannot be") {
  const World planned(kind(FV_WORLD_PLANNED, 2));
  fv_world* const world = planned.handle;
  CHECK(refused(world, 2, {3, 4}, 1).status == FV_OK);
  CHECK(refused(world, 1, {3}, -2).message == "axis is -2; it is one of the array's from 0, or -1: replicated");
  CHECK(refused(world, 1, {3}, 1).status == FV_ERROR_ARGUMENT);
  CHECK(refused(world, 0, {}, 0).status == FV_ERROR_ARGUMENT);
  CHECK(refused(world, -1, {}, -1).message == "an array cannot have -1 axes");
  CHECK(refused(world, 65, std::vector<std::int64_t>(65), 0).message == "an array cannot have 65 axes");
  CHECK(refused(world, 2, {3, -4}, 0).message == "the shape (3, -4) has a negative extent");
  CHECK(contains(refused(world, 1, {3}, 0, {0, 1, 4}).message, "offsets go from 0 to the axis's extent 3"));
  CHECK(contains(refused(world, 1, {3}, 0, {0, 4, 3}).message, "offsets may not fall"));
  CHECK(failure_of([&](fv_error** error) {
          return fv_distribution_create(world, 1, nullptr, 0, nullptr, nullptr, error);
        }).message == "distribution is NULL");
  CHECK(failure_of([&](fv_error** error) {
          fv_distribution* never = nullptr;
          return fv_distribution_create(world, 1, nullptr, 0, nullptr, &never, error);
        }).message == "shape is NULL");
}

TEST_CASE("a call takes distributions of one world") {
  Doubles a;
  const World first(kind(FV_WORLD_SELF)), second(kind(FV_WORLD_SELF));
  fv_distribution* of_second = made(second.handle, {2, 3}, 0);
  Call call;
  call.inputs = {a.view()};
  call.options.world = first.handle;
  call.options.input_distributions = &of_second;
  CHECK(call.failure().status == FV_ERROR_ARGUMENT);
  CHECK(call.failure().message == "a call is made by one world; a distribution is of another");
  call.options.input_distributions = nullptr;
  call.options.device = "cudasim";
  CHECK(call.failure().status == FV_OK);
  call.options.device = "cpu";
  call.options.results_on = FV_RESULTS_ON_DEVICE;
  CHECK(call.failure().status == FV_ERROR_ARGUMENT);
  call.options.results_on = FV_RESULTS_ON_HOST;
  CHECK(call.failure().status == FV_OK);
  call.options.input_distributions = &of_second;
  call.options.struct_size = offsetof(fv_run_options, world);  // an older caller, who knows no worlds
  CHECK(call.failure().status == FV_OK);
  call.options = sized<fv_run_options>();
  const fv_distribution* nothing = nullptr;
  call.options.input_distributions = &nothing;  // of nobody: a call like any other
  CHECK(call.failure().status == FV_OK);
  fv_distribution_release(of_second);
}

TEST_CASE("results of calls that nobody else makes are not distributed") {
  fv_results* results = nullptr;
  REQUIRE(fv_evaluate(nullptr, "1.5, 2", 6, nullptr, nullptr, 0, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
  fv_distribution* distribution = reinterpret_cast<fv_distribution*>(&results);
  CHECK(fv_results_distribution(results, 1, &distribution, nullptr) == FV_OK);
  CHECK(distribution == nullptr);
  CHECK(failure_of([&](fv_error** error) {
          return fv_results_distribution(results, 2, &distribution, error);
        }).status == FV_ERROR_INVALID_HANDLE);
  fv_results_release(results);
}

TEST_CASE("ranks: null pointers everywhere") {
  const World self(kind(FV_WORLD_SELF));
  fv_distribution* rows = made(self.handle, {2, 3}, 0);
  Doubles a;
  const fv_view view = a.view();
  fv_array* array = nullptr;
  fv_distribution* distribution = nullptr;
  fv_world* world = nullptr;
  char* text = nullptr;
  const auto refused = [](auto&& call) { return failure_of(call).status == FV_ERROR_INVALID_HANDLE; };
  CHECK(refused([&](fv_error** e) { return fv_world_create(nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_world_barrier(nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_world_agree(nullptr, FV_OK, nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_run_ranks(1, nullptr, nullptr, e); }));
  CHECK(refused(
      [&](fv_error** e) { return fv_distribution_create(nullptr, 0, nullptr, -1, nullptr, &distribution, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribution_world(nullptr, &world, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribution_world(rows, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribution_describe(nullptr, &text, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribution_describe(rows, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_results_distribution(nullptr, 0, &distribution, e); }));
  CHECK(refused([&](fv_error** e) {
    return fv_explain_distributed(nullptr, nullptr, 0, nullptr, nullptr, 0, self.handle, nullptr, &text, e);
  }));
  CHECK(refused([&](fv_error** e) {
    return fv_explain_distributed(nullptr, "1", 1, nullptr, nullptr, 0, self.handle, nullptr, nullptr, e);
  }));
  CHECK(refused([&](fv_error** e) {
    return fv_explain_distributed(nullptr, "1", 1, nullptr, nullptr, 0, nullptr, nullptr, &text, e);
  }));
  CHECK(refused([&](fv_error** e) {
    return fv_explain_distributed(nullptr, "1", 1, nullptr, nullptr, -1, self.handle, nullptr, &text, e);
  }));
  CHECK(refused(
      [&](fv_error** e) { return fv_scatter(nullptr, nullptr, &view, 0, 0, nullptr, &array, &distribution, e); }));
  CHECK(refused(
      [&](fv_error** e) { return fv_scatter(nullptr, self.handle, &view, 0, 0, nullptr, nullptr, &distribution, e); }));
  CHECK(refused(
      [&](fv_error** e) { return fv_scatter(nullptr, self.handle, &view, 0, 0, nullptr, &array, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_gather(nullptr, &view, nullptr, 0, &array, e); }));
  CHECK(refused([&](fv_error** e) { return fv_gather(nullptr, &view, rows, 0, nullptr, e); }));
  CHECK(refused(
      [&](fv_error** e) { return fv_redistribute(nullptr, &view, nullptr, 0, nullptr, &array, &distribution, e); }));
  CHECK(refused([&](fv_error** e) { return fv_redistribute(nullptr, &view, rows, 0, nullptr, nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribute(nullptr, &view, 0, &distribution, e); }));
  CHECK(refused([&](fv_error** e) { return fv_distribute(self.handle, &view, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) {
    return fv_load_slab(nullptr, self.handle, nullptr, 0, 0, nullptr, &array, &distribution, e);
  }));
  CHECK(refused(
      [&](fv_error** e) { return fv_load_slab(nullptr, nullptr, "a.npy", 0, 0, nullptr, &array, &distribution, e); }));
  CHECK(refused([&](fv_error** e) { return fv_save_slab(nullptr, &view, rows, e); }));
  CHECK(refused([&](fv_error** e) { return fv_save_slab("a.npy", &view, nullptr, e); }));
  CHECK((array == nullptr && distribution == nullptr && world == nullptr && text == nullptr));
  CHECK((fv_world_rank(nullptr) == 0 && fv_world_size(nullptr) == 0 && fv_world_threads(nullptr) == 0));
  CHECK((fv_world_local_rank(nullptr) == 0 && fv_world_local_size(nullptr) == 0));
  CHECK((fv_distribution_axis(nullptr) == -1 && fv_distribution_rank(nullptr) == 0));
  CHECK((fv_distribution_shape(nullptr) == nullptr && fv_distribution_local_shape(nullptr) == nullptr));
  CHECK(fv_distribution_offsets(nullptr) == nullptr);
  fv_world_release(nullptr);
  fv_distribution_release(nullptr);
  fv_distribution_release(rows);
}

TEST_CASE("moving arrays: what does not fit is refused with a reason") {
  const World self(kind(FV_WORLD_SELF));
  Doubles a;
  const fv_view view = a.view();
  const auto scattered = [&](std::int32_t root, std::int32_t axis) {
    return failure_of([&](fv_error** error) {
      fv_array* array = nullptr;
      fv_distribution* distribution = nullptr;
      const fv_status status =
          fv_scatter(nullptr, self.handle, &view, root, axis, nullptr, &array, &distribution, error);
      CHECK((array != nullptr) == (status == FV_OK));
      CHECK((distribution != nullptr) == (status == FV_OK));
      fv_array_release(array);
      fv_distribution_release(distribution);
      return status;
    });
  };
  CHECK(scattered(0, 1).status == FV_OK);
  CHECK(scattered(0, -1).status == FV_OK);
  CHECK(scattered(1, 0).status == FV_ERROR_ARGUMENT);
  CHECK(scattered(0, 2).status == FV_ERROR_ARGUMENT);
  CHECK(scattered(0, -2).message == "axis is -2; it is one of the array's from 0, or -1: replicated");
  CHECK(failure_of([&](fv_error** error) {
          fv_distribution* distribution = nullptr;
          const fv_status status = fv_distribute(self.handle, &view, -1, &distribution, error);
          CHECK(distribution == nullptr);
          return status;
        }).message == "axis is -1; it is one of the array's");
}
