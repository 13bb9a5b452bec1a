// Files of HDF5, by ranks that are threads. What h5py sees of them: tests/cli/test_hdf5.py.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "engine/arrays/box_pieces.hpp"
#include "runtime/distributed/plugin_library.hpp"
#include "runtime/hdf5_name.hpp"
#include "runtime/npy_header.hpp"
#include "tests/unit/engine/hdf5_trial.hpp"
#include "tests/unit/engine/slab_trial.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/hosts_mapping.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace distributed_test;

namespace {

/// Whether the plugin is built; names it to the library.
bool has_hdf5() {
#if defined(FUSEVAL_TEST_HDF5_PLUGIN)
  setenv("FUSEVAL_HDF5_PLUGIN", FUSEVAL_TEST_HDF5_PLUGIN, 1);
  return true;
#else
  std::puts("skipped: libfuseval_hdf5.so is not built (no HDF5 found, or FUSEVAL_HDF5=OFF)");
  return false;
#endif
}

GlobalArray counting(const Shape& shape, DType dtype = DType::float64) {
  Random random(3);
  return GlobalArray(random, dtype, shape);
}

void save_evenly(const std::shared_ptr<World>& world, const std::string& path, const GlobalArray& global) {
  Random random(5);
  const Layout layout = even_layout(global.shape, 0, world->size());
  const PartView part(random, global, layout.box_of(global.shape, world->rank()));
  save_slab(path, part.view(), {world, global.shape, layout});
}

void save_alone(const std::string& path, const GlobalArray& global) {
  on_ranks(1, [&](const auto& world) { save_evenly(world, path, global); });
}

}  // namespace

TEST_CASE("HDF5: names of files and of datasets in them") {
  const auto parts = [](const char* text) {
    const auto name = runtime::hdf5_name(text);
    return name ? name->file + "|" + name->dataset : "none";
  };
  CHECK(parts("a.h5") == "a.h5|");
  CHECK(parts("a.hdf5:x") == "a.hdf5|x");
  CHECK(parts("in:out/a.he5:/g/x") == "in:out/a.he5|/g/x");
  CHECK(parts("a.h5:/b.h5:/c") == "a.h5|/b.h5:/c");
  for (const char* other : {"a.npy", "a.h5.npy", ".h5", ".h5:/x", "a.npy:/x", ""}) CHECK(parts(other) == "none");
}

TEST_CASE("HDF5: a box in pieces is all of its elements, in order, none larger than asked") {
  Random random(11);
  for (int trial = 0; trial < 300; ++trial) {
    const Box box = random_box(random, random_shape(random, pick(random, 0, 3)));
    const Box whole = box.is_empty() ? Box::empty(box.lower.size()) : box;
    const int64_t largest = pick(random, 1, 40);
    std::vector<std::vector<int64_t>> expected, found;
    if (!box.is_empty()) for_each(box, [&](const auto& index) { expected.push_back(index); });
    int64_t count = 0;
    for (BoxPieces pieces(whole, largest); const auto piece = pieces.next(); ++count) {
      CHECK(piece->count() <= largest);
      for_each(*piece, [&](const auto& index) { found.push_back(index); });
    }
    CHECK(count == BoxPieces(whole, largest).count());
    CHECK(found == expected);
  }
}

TEST_CASE("HDF5: without the plugin the error says what to install") {
  EnvironmentVariables environment;
  environment.set("FUSEVAL_TEST_NO_HDF5", "/nowhere/plugin.so");
  const Error error = thrown([] {
    runtime::distributed::load_plugin(
        {"libfuseval_hdf5.so", "FUSEVAL_TEST_NO_HDF5", "fuseval_hdf5_plugin", "HDF5 cannot be used", "; install it"});
  });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(error.message().starts_with("HDF5 cannot be used: /nowhere/plugin.so: cannot open shared object file"));
  CHECK(error.message().ends_with("on the loader's path); install it"));
}

TEST_CASE("HDF5: ranks write and read datasets of every dtype, cut anyhow, whole and in pieces") {
  if (!has_hdf5()) return;
  Session session = session_of();
  const TemporaryFolder folder;
  for (int ranks = 1; ranks <= 7; ranks += 2)
    for (uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(ranks);
      CAPTURE(seed);
      const Hdf5Trial trial = Hdf5Trial::of(ranks, seed);
      on_ranks(
          ranks, [&](const auto& world) { trial.run(session, world, folder.path("a.h5"), seed); }, seed,
          seed % 2 == 0 ? size_t{1} << 30 : size_t{50});
      CHECK(folder.files() == 1);
    }
}

TEST_CASE("HDF5: what cannot be read is the same error on all ranks") {
  if (!has_hdf5()) return;
  Session session = session_of(), small = session_of(30);
  const TemporaryFolder folder;
  const std::string good = folder.path("good.h5"), other = folder.path("other.h5");
  save_alone(good + ":/x", counting({6, 4}));
  save_alone(other + ":/x", counting({6, 4}, DType::float32));
  const auto second_reads = [&](const std::string& path) {
    return [&session, good, path](const auto& world) {
      load_slab(session, world, world->rank() == 1 ? path : good + ":/x", {0, {}});
    };
  };
  check_same_error(3, second_reads(folder.path("missing.h5:/x")), ErrorCode::file,
                   "rank 1: cannot read \"" + folder.path("missing.h5") + "\": No such file or directory");
  check_same_error(3, second_reads(good + ":/y"), ErrorCode::file,
                   "rank 1: cannot read \"" + good + "\": it has no dataset /y; it has /x");
  check_same_error(3, second_reads(folder.write("text.h5", "hello") + ":/x"), ErrorCode::file,
                   "rank 1: cannot read \"" + folder.path("text.h5") + "\": it is not an HDF5 file");
  check_same_error(3, second_reads(other + ":/x"), ErrorCode::argument,
                   "rank 1: ranks ask for different things: load of a dataset of float32 (6, 4), axis 0 here, load of "
                   "a dataset of float64 (6, 4), axis 0 on rank 0");
  const std::string whole = folder.read("good.h5");
  folder.write("short.h5", whole.substr(0, whole.size() - 1));
  on_ranks(3, [&](const auto& world) {
    const Error error = thrown([&] { second_reads(folder.path("short.h5:/x"))(world); });
    CHECK(error.code() == ErrorCode::file);
    CHECK(error.message().starts_with("rank 1: cannot read \"" + folder.path("short.h5") + "\": HDF5: truncated file"));
  });
  check_same_error(
      3,
      [&](const auto& world) {
        load_slab(world->rank() == 2 ? small : session, world, good, {1, {}});
      },
      ErrorCode::limit, "rank 2: an array of shape (6, 1) takes more than the 30 bytes that are allowed");
}

TEST_CASE("HDF5: what cannot be saved is the same error on all ranks, and the old file stays") {
  if (!has_hdf5()) return;
  const TemporaryFolder folder;
  const GlobalArray global = counting({6, 4});
  const auto saved_to = [&](const std::string& target) {
    return [&global, target](const auto& world) { save_evenly(world, target, global); };
  };
  const auto refuses = [&](const std::string& target, const std::string& file, const std::string& reason) {
    check_same_error(3, saved_to(target), ErrorCode::file, "rank 0: cannot write \"" + file + "\": " + reason);
  };
  const std::string path = folder.path("a.h5");
  check_same_error(3, saved_to(path), ErrorCode::file,
                   "cannot write \"" + path + "\": which dataset of it? Say so by " + path + ":/NAME");
  refuses(folder.path("missing/a.h5:/x"), folder.path("missing/a.h5"), "No such file or directory");
  const std::string text = folder.write("text.h5", "a diary");
  refuses(text + ":/x", text, "it is not an HDF5 file");
  save_alone(path + ":/group/x", global);
  const std::string old = folder.read("a.h5");
  refuses(path + ":/y", path, "it would be replaced, and it has more in it, which would be lost: /group/x, /group");
  refuses(path + ":/group", path, "it would be replaced, and it has more in it, which would be lost: /group/x");
  CHECK(folder.read("a.h5") == old);
  CHECK(folder.read("text.h5") == "a diary");
  on_ranks(3, saved_to(path + ":group//x/"));
  CHECK(folder.files() == 2);
}

TEST_CASE("HDF5: a part that comes from a file that shrank is an error on all ranks, and the old file stays") {
  if (!has_hdf5()) return;
  Session session = session_of();
  const TemporaryFolder folder;
  folder.write("from.npy", npy_text(counting({1 << 12, 16}), false, false));
  save_alone(folder.path("to.h5:/x"), counting({2}));
  const std::string old = folder.read("to.h5");
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
      const Error error = thrown([&] { save_slab(folder.path("to.h5:/x"), &view, *part.distribution); });
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
      if (!contiguous) CHECK(message.ends_with("a mapped input file shrank while it was read"));
    }
  });
  CHECK(folder.read("to.h5") == old);
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
        const Error error = thrown([&] { save_evenly(world, path + ":/x", counting({600, 4})); });
        same += error.code() == ErrorCode::file && error.message() == message;
      });
    _exit(same == 3 ? 0 : 1);
  }
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("HDF5: a disk that is full is an error on all ranks, and the old file stays") {
  if (!has_hdf5()) return;
  const TemporaryFolder folder;
  const std::string path = folder.path("a.h5");
  save_alone(path + ":/x", counting({2}));
  const std::string old = folder.read("a.h5");
  // Less than the elements take; and enough for them, but not for what HDF5 has beside them.
  for (const rlim_t limit : {rlim_t{4096}, rlim_t{600 * 4 * 8 + 100}})
    CHECK(child_fails_to_save(path, "rank 0: cannot write \"" + path + "\": File too large", [limit] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limits{limit, limit};
      return setrlimit(RLIMIT_FSIZE, &limits) == 0;
    }));
  CHECK(folder.read("a.h5") == old);
  CHECK(folder.files() == 1);
}

TEST_CASE("HDF5: a folder that may not be written to is an error on all ranks") {
  if (!has_hdf5()) return;
  const TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::permissions(folder.path(""), fs::perms(0555));
  const std::string path = folder.path("a.h5");
  CHECK(child_fails_to_save(path, "rank 0: cannot write \"" + path + "\": Permission denied", [] {
    constexpr uid_t nobody = 65534;
    return geteuid() != 0 || setuid(nobody) == 0;
  }));
  fs::permissions(folder.path(""), fs::perms::owner_all);
  CHECK(folder.files() == 0);
}

#endif
