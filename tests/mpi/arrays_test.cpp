// What the engine does with distributed arrays, under MPI: the trials that also run on ranks that are threads, and the
// messages and bytes of exchanges as MPI gets them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/distributed/mpi_transport.hpp"
#include "tests/mpi/counted.hpp"
#include "tests/unit/engine/box_trial.hpp"
#include "tests/unit/engine/hdf5_trial.hpp"
#include "tests/unit/engine/movement_trial.hpp"
#include "tests/unit/engine/slab_trial.hpp"

using namespace distributed_test;

namespace {

std::shared_ptr<World> world_of_mpi(size_t largest = size_t{1} << 30) {
  runtime::distributed::CommunicatorSettings settings;
  settings.watchdog_seconds = 120;  // a failed test ends
  settings.largest_message = largest;
  return std::make_shared<World>(runtime::distributed::mpi_transport(), settings);
}

/// A folder that all ranks know, made and removed by rank 0.
class SharedFolder {
 public:
  explicit SharedFolder(World& world) : world_(world) {
    std::string name = (std::filesystem::temp_directory_path() / "fuseval-mpi-XXXXXX").string();
    if (world.rank() == 0) REQUIRE(mkdtemp(name.data()) != nullptr);
    world.communicator().broadcast(name.data(), name.size(), 0);
    path_ = name;
  }
  ~SharedFolder() {
    world_.communicator().barrier();
    if (world_.rank() == 0) std::filesystem::remove_all(path_);
  }
  std::string path(const char* name) const { return (path_ / name).string(); }

 private:
  World& world_;
  std::filesystem::path path_;
};

void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("box exchanges under MPI: every element, and the messages and bytes that were promised") {
  const auto world = world_of_mpi();
  for (uint64_t seed = 0; seed < 25; ++seed) {
    CAPTURE(seed);
    check_boxes(*world, seed, [](auto&& step, const BoxExchange::Traffic& traffic) {
      const Counted before = counted();
      step();
      CHECK(counted().sends - before.sends == static_cast<uint64_t>(traffic.messages_sent));
      CHECK(counted().bytes - before.bytes == static_cast<uint64_t>(traffic.bytes_sent));
      CHECK(counted().prepared == before.prepared);
      CHECK(counted().other == before.other);
    });
  }
}

TEST_CASE("arrays go to ranks, from layout to layout, and back under MPI, whole and in pieces") {
  Session session = session_of();
  for (const size_t largest : {size_t{1} << 30, size_t{11}}) {
    const auto world = world_of_mpi(largest);
    for (uint64_t seed = 0; seed < 12; ++seed) {
      CAPTURE(seed);
      MovementTrial::of(world->size(), seed).run(session, world);
    }
  }
}

TEST_CASE("ranks under MPI read and write .npy files together") {
  Session session = session_of();
  const auto world = world_of_mpi();
  const SharedFolder folder(*world);
  for (uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    const SlabTrial trial = SlabTrial::of(world->size(), seed);
    if (world->rank() == 0) write(folder.path("a.npy"), npy_text(trial.global, trial.fortran_order, trial.swapped));
    world->communicator().barrier();
    trial.load(session, world, folder.path("a.npy"));
    trial.save(world, folder.path("b.npy"), seed);
    const std::string written = read(folder.path("b.npy"));
    const bool fortran_order = written.find("'fortran_order': True") != std::string::npos;
    CHECK(written == npy_text(trial.global, fortran_order, false));
    world->communicator().barrier();
  }
}

TEST_CASE("ranks under MPI write and read datasets of HDF5 together") {
  if (std::getenv("FUSEVAL_HDF5_PLUGIN") == nullptr) {
    MESSAGE("skipped: libfuseval_hdf5.so is not built for this MPI");
    return;
  }
  Session session = session_of();
  for (const size_t largest : {size_t{1} << 30, size_t{50}}) {
    const auto world = world_of_mpi(largest);
    // MPICH's ranks spin in its collectives, which takes half a minute where six of them share two CPUs.
    if (world->size() > 3 && world->communicator().place().name.starts_with("MPICH")) return;
    const SharedFolder folder(*world);
    for (uint64_t seed = 0; seed < 10; ++seed) {
      CAPTURE(seed);
      Hdf5Trial::of(world->size(), seed).run(session, world, folder.path("a.h5"), seed);
    }
  }
}

TEST_CASE("a dataset that cannot be written is an error on every rank under MPI, and nothing is left of it") {
  if (std::getenv("FUSEVAL_HDF5_PLUGIN") == nullptr) return;
  Session session = session_of();
  const auto world = world_of_mpi();
  const SharedFolder folder(*world);
  Random random(1);
  const GlobalArray array(random, DType::float64, {8, 3});
  const Layout layout = even_layout(array.shape, 0, world->size());
  const PartView part(random, array, layout.box_of(array.shape, world->rank()));
  const Distribution distribution{world, array.shape, layout};
  if (world->rank() == 0) write(folder.path("text.h5"), "a diary");
  world->communicator().barrier();
  const Error error = thrown([&] { save_slab(folder.path("text.h5:/x"), part.view(), distribution); });
  CHECK(error.code() == ErrorCode::file);
  CHECK(error.message().ends_with("it is not an HDF5 file"));
  // Each rank's part is checked before the file is made.
  fv_view wrong = *part.view();
  if (world->rank() == world->size() - 1) wrong.data = nullptr;
  if (layout.box_of(array.shape, world->size() - 1).is_empty()) return;
  CHECK(thrown([&] { save_slab(folder.path("b.h5:/x"), &wrong, distribution); }).code() == ErrorCode::invalid_handle);
  world->communicator().barrier();
  CHECK(!std::filesystem::exists(folder.path("b.h5")));
  CHECK(read(folder.path("text.h5")) == "a diary");
}

TEST_CASE("a file that the last rank alone does not have is an error on every rank under MPI") {
  Session session = session_of();
  const auto world = world_of_mpi();
  const SharedFolder folder(*world);
  const int last = world->size() - 1;
  Random random(1);
  const GlobalArray array(random, DType::float64, {8, 3});
  if (world->rank() == 0) write(folder.path("a.npy"), npy_text(array, false, false));
  world->communicator().barrier();
  const Error error = thrown([&] {
    load_slab(session, world, folder.path(world->rank() == last ? "b.npy" : "a.npy"), {0, {}});
  });
  CHECK(error.code() == ErrorCode::file);
  CHECK(error.message().ends_with("cannot read \"" + folder.path("b.npy") + "\": No such file or directory"));
  CHECK((world->size() == 1 || error.message().starts_with("rank " + std::to_string(last) + ": ")));
  CHECK(load_slab(session, world, folder.path("a.npy"), {0, {}}).distribution->shape == Shape{8, 3});
}
