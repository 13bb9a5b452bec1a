#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/slabs.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_header.hpp"
#include "tests/unit/engine/slab_trial.hpp"
#include "tests/unit/hosts_mapping.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace distributed_test;

namespace {

GlobalArray counting(const Shape& shape) {
  Random random(3);
  return GlobalArray(random, DType::float64, shape);
}

/// This rank's part in C order.
struct Part {
  Shape shape;
  std::vector<char> bytes;
  Part(const GlobalArray& global, const Distribution& distribution)
      : shape(distribution.box().shape()), bytes(global.part(distribution.box())) {}
  fv_view view() {
    return {bytes.data(), FV_FLOAT64, static_cast<int32_t>(shape.size()), shape.data(), nullptr, FV_DEVICE_CPU, 0, 0};
  }
};

void save_evenly(const std::shared_ptr<World>& world, const std::string& path, const GlobalArray& global, int axis) {
  const Distribution distribution{world, global.shape, even_layout(global.shape, axis, world->size())};
  Part part(global, distribution);
  const fv_view view = part.view();
  save_slab(path, &view, distribution);
}

}  // namespace

TEST_CASE("slabs: every rank reads its part of a file in either order, by any axis") {
  Session session = session_of();
  const TemporaryFolder folder;
  for (int ranks = 1; ranks <= 7; ++ranks)
    for (uint64_t seed = 0; seed < 30; ++seed) {
      CAPTURE(ranks);
      CAPTURE(seed);
      const SlabTrial trial = SlabTrial::of(ranks, seed);
      const std::string path = folder.write("a.npy", npy_text(trial.global, trial.fortran_order, trial.swapped));
      on_ranks(
          ranks, [&](const auto& world) { trial.load(session, world, path); }, seed);
    }
}

TEST_CASE("slabs: ranks write one file, which is what one process would have written") {
  const TemporaryFolder folder;
  for (int ranks = 1; ranks <= 7; ++ranks)
    for (uint64_t seed = 0; seed < 30; ++seed) {
      CAPTURE(ranks);
      CAPTURE(seed);
      const SlabTrial trial = SlabTrial::of(ranks, seed);
      on_ranks(
          ranks, [&](const auto& world) { trial.save(world, folder.path("b.npy"), seed); }, seed);
      // A replicated array is written as by one process: in Fortran order if that is its own.
      const std::string written = folder.read("b.npy");
      const bool fortran_order = written.find("'fortran_order': True") != std::string::npos;
      CHECK(written == npy_text(trial.global, fortran_order, false));
      CHECK((trial.layout.is_replicated() || !fortran_order));
      CHECK(folder.files() == 1);
    }
}

TEST_CASE("slabs: long and short rows, and slabs of pages") {
  Session session = session_of();
  const TemporaryFolder folder;
  for (const Shape& shape : {Shape{300, 1000}, Shape{3, 70000}, Shape{40000, 3}, Shape{5, 7, 3000}}) {
    const GlobalArray global = counting(shape);
    for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis)
      on_ranks(3, [&](const auto& world) {
        save_evenly(world, folder.path("a.npy"), global, axis);
        const Result part = load_slab(session, world, folder.path("a.npy"), {axis, {}});
        CHECK(contents(part) == global.part(part.distribution->box()));
        world->communicator().barrier();
      });
    CHECK(folder.read("a.npy") == npy_text(global, false, false));
  }
}

TEST_CASE("slabs: mapped slabs are the only pages of a file that are mapped, and stay after the file is replaced") {
  Session session = session_of(64);
  const TemporaryFolder folder;
  const GlobalArray global = counting({1 << 10, 16});
  folder.write("a.npy", npy_text(global, false, false));
  on_ranks(4, [&](const auto& world) {
    // Far more than the session may allocate.
    const Result part = load_slab(session, world, folder.path("a.npy"), {0, {}});
    CHECK(part.mapping != nullptr);
    save_evenly(world, folder.path("a.npy"), counting({3, 3}), 0);
    CHECK(contents(part) == global.part(part.distribution->box()));
  });
}

TEST_CASE("slabs: a file that one rank cannot read is an error on all") {
  Session session = session_of(), small = session_of(30);
  const TemporaryFolder folder;
  const GlobalArray global = counting({6, 4});
  const std::string good = npy_text(global, false, false);
  const std::string path = folder.write("good.npy", good);
  const auto second_reads = [&](const std::string& other) {
    return [&session, path, other](const auto& world) {
      load_slab(session, world, world->rank() == 1 ? other : path, {0, {}});
    };
  };
  check_same_error(3, second_reads(folder.path("missing.npy")), ErrorCode::file,
                   "rank 1: cannot read \"" + folder.path("missing.npy") + "\": No such file or directory");
  check_same_error(
      3, second_reads(folder.write("short.npy", good.substr(0, good.size() - 1))), ErrorCode::file,
      "rank 1: cannot read \"" + folder.path("short.npy") +
          "\": it is truncated: shape (6, 4) of float64 takes 192 bytes after the header, but 191 are there");
  check_same_error(
      3, second_reads(folder.write("text.npy", "hello")), ErrorCode::file,
      "rank 1: cannot read \"" + folder.path("text.npy") + "\": it is not a .npy file: the magic string is missing");
  check_same_error(3, second_reads(folder.write("other.npy", npy_text(counting({6, 5}), false, false))),
                   ErrorCode::argument,
                   "rank 1: ranks ask for different things: load of a file of float64 (6, 5), axis 0 here, load of a "
                   "file of float64 (6, 4), axis 0 on rank 0");
  check_same_error(
      3,
      [&](const auto& world) {
        load_slab(session, world, path, {world->rank() == 2 ? 1 : 0, {}});
      },
      ErrorCode::argument,
      "rank 2: ranks ask for different things: load of a file of float64 (6, 4), axis 1 here, load of a file of "
      "float64 (6, 4), axis 0 on rank 0");
  check_same_error(
      3,
      [&](const auto& world) {
        load_slab(session, world, path, {2, {}});
      },
      ErrorCode::argument, "axis 2 is out of bounds for a distributed array of shape (6, 4)");
  check_same_error(
      3,
      [&](const auto& world) {
        load_slab(world->rank() == 2 ? small : session, world, path, {1, {}});
      },
      ErrorCode::limit, "rank 2: an array of shape (6, 1) takes more than the 30 bytes that are allowed");
}

TEST_CASE("slabs: what cannot be saved is an error on all, and the old file stays") {
  const TemporaryFolder folder;
  const GlobalArray global = counting({6, 4});
  const std::string path = folder.write("a.npy", "old");
  const auto saved_to = [&](const std::string& target) {
    return [&global, target](const auto& world) { save_evenly(world, target, global, 0); };
  };
  check_same_error(3, saved_to(folder.path("missing/a.npy")), ErrorCode::file,
                   "rank 0: cannot write \"" + folder.path("missing/a.npy") + "\": No such file or directory");
  check_same_error(3, saved_to(folder.path("")), ErrorCode::file,
                   "rank 0: cannot write \"" + folder.path("") + "\": it is a folder");
  check_same_error(
      3,
      [&](const auto& world) {
        const Distribution distribution{world, global.shape, even_layout(global.shape, 0, world->size())};
        Part part(global, distribution);
        fv_view view = part.view();
        if (world->rank() == 1) view.data = nullptr;
        save_slab(path, &view, distribution);
      },
      ErrorCode::invalid_handle, "rank 1: the array: data is NULL");
  check_same_error(
      3,
      [&](const auto& world) {
        const int64_t shape[] = {3, 4};
        const std::vector<double> numbers(12);
        const fv_view view{const_cast<double*>(numbers.data()), FV_FLOAT64, 2, shape, nullptr, FV_DEVICE_CPU, 0, 0};
        save_slab(path, &view, {world, global.shape, even_layout(global.shape, 0, world->size())});
      },
      ErrorCode::shape, "the part of a distributed array has shape (2, 4) here, not (3, 4)");
  CHECK(folder.read("a.npy") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("slabs: a part that comes from a file that shrank is an error on all, and the old file stays") {
  Session session = session_of();
  const TemporaryFolder folder;
  const GlobalArray global = counting({1 << 12, 16});
  folder.write("from.npy", npy_text(global, false, false));
  folder.write("to.npy", "old");
  on_ranks(3, [&](const auto& world) {
    const Result part = load_slab(session, world, folder.path("from.npy"), {0, {}});
    const HostsMapping mapping(folder.path("from.npy"));
    world->communicator().barrier();
    if (world->rank() == 0) std::filesystem::resize_file(folder.path("from.npy"), 300000);
    world->communicator().barrier();
    const auto save = [&](char* data, bool contiguous) {
      fv_view view = view_of(part);
      const Shape turned = {part.strides[0], -part.strides[1]};
      view.data = contiguous ? data : data + 15 * part.strides[1];
      if (!contiguous) view.byte_strides = turned.data();
      const Error error = thrown([&] { save_slab(folder.path("to.npy"), &view, *part.distribution); });
      CHECK(error.code() == ErrorCode::file);
      return error.message();
    };
    const int64_t first = part.distribution->box().lower[0];
    for (const bool contiguous : {true, false}) {
      CHECK(save(part.data, contiguous) ==
            "the mapped file \"" + folder.path("from.npy") + "\" has become shorter since it was opened");
      // Of a mapping of the host's it is known which pages are lost, and nothing else.
      const std::string message = save(mapping.data() + 128 + first * part.strides[0], contiguous);
      CHECK(message.starts_with("rank 1: "));
      CHECK(message.ends_with(contiguous ? "the mapped file that it is written from shrank"
                                         : "a mapped input file shrank while it was read"));
    }
  });
  CHECK(folder.read("to.npy") == "old");
  CHECK(folder.files() == 2);
}

#if !defined(__SANITIZE_THREAD__)  // it supports no threads in a child of a process that had some

namespace {

/// Whether all of three ranks, threads of a child that has prepared itself, fail to save with this error.
template <class Prepare>
bool child_fails_to_save(const std::string& path, const std::string& message, Prepare&& prepare) {
  const pid_t pid = fork();
  if (pid == 0) {
    std::atomic<int> same = 0;
    if (prepare())
      on_ranks(3, [&](const auto& world) {
        const Error error = thrown([&] { save_evenly(world, path, counting({600, 4}), 1); });
        same += error.code() == ErrorCode::file && error.message() == message;
      });
    _exit(same == 3 ? 0 : 1);
  }
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("slabs: a disk that is full is an error on all ranks, and the old file stays") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.npy", "old");
  CHECK(child_fails_to_save(path, "rank 0: cannot write \"" + path + "\": File too large", [] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }));
  CHECK(folder.read("a.npy") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("slabs: a folder that may not be written to is an error on all ranks") {
  const TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::permissions(folder.path(""), fs::perms(0555));
  const std::string path = folder.path("a.npy");
  CHECK(child_fails_to_save(path, "rank 0: cannot write \"" + path + "\": Permission denied", [] {
    constexpr uid_t nobody = 65534;
    return geteuid() != 0 || setuid(nobody) == 0;
  }));
  fs::permissions(folder.path(""), fs::perms::owner_all);
  CHECK(folder.files() == 0);
}

#endif
