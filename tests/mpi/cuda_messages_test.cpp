// Messages in the memory of GPUs, which MPI is given as it is given any: each rank has a fake GPU, whose memory an MPI
// without CUDA can get at (tests/fakes).
#include <doctest/doctest.h>

#include "tests/fakes/fake_machine.hpp"
#include "tests/mpi/counted.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;

namespace {

World world_of_mpi() {
  fuseval::WorldOptions options;
  options.kind = FV_WORLD_MPI;
  options.watchdog_seconds = 120;
  return World(options);
}

/// How many of the messages that a call sends lie in a GPU's memory.
template <class Call>
std::int64_t sent_from_gpu(const FakeMachine& machine, Call&& call) {
  sent_from().clear();
  call();
  return std::count_if(sent_from().begin(), sent_from().end(),
                       [&](const void* data) { return machine.gpu->is_on_device(data); });
}

}  // namespace

TEST_CASE("cuda messages under MPI: boxes go from GPU to GPU where MPI takes their memory") {
  const std::int64_t rows = 103, columns = 37;
  const std::vector<double> numbers = uneven_numbers(rows * columns, 1);
  const fuseval::View whole = fuseval::view(numbers.data(), {rows, columns});
  const char* const text = "a[1:-1] - a[2:]*a[:-2], a - mean(a, axis=1)[:, None]";
  std::vector<std::int64_t> direct, staged;
  for (const bool is_aware : {true, false}) {
    std::optional<GpuSupport> support;
    if (is_aware) support.emplace();
    if (!is_aware && GpuSupport().is_switched() == false) continue;  // this MPI always says that it is
    const FakeMachine machine({.open_memory = true});
    const fuseval::Session session{fuseval::SessionOptions{}};
    const World world = world_of_mpi();
    if (world.size() != 2 && world.size() != 3) return;  // each rank compiles the kernels for itself
    const DistributedArray a = session.scatter(world, whole);
    const fuseval::Result expected = session.evaluate(text, {{"a", whole}});
    fuseval::RunOptions options;
    options.device = "cuda";
    for (int call = 0; call < 3; ++call) {
      std::optional<fuseval::Result> found;
      const std::int64_t sent = sent_from_gpu(machine, [&] { found = session.evaluate(text, {{"a", a}}, options); });
      check_results(session, *found, expected, text);
      (is_aware ? direct : staged).push_back(sent);
    }
    // A row to each neighbour.
    const std::int64_t neighbours = world.rank() == 0 || world.rank() == world.size() - 1 ? 1 : 2;
    if (is_aware) CHECK(direct == std::vector<std::int64_t>(3, neighbours));
    if (!is_aware) CHECK(staged == std::vector<std::int64_t>(3, 0));
  }
}
