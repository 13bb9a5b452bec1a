#include "engine/arrays/hdf5_slabs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/box_pieces.hpp"
#include "engine/arrays/movement.hpp"
#include "engine/base/views.hpp"
#include "engine/world/part_view.hpp"
#include "runtime/distributed/hdf5_plugin.hpp"
#include "runtime/element_stream.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::engine {
namespace {

using runtime::Hdf5Name;

/// Of one call, and so of the memory beside the arrays.
constexpr size_t piece_bytes = size_t{1} << 26;

/// A call of the plugin about a file.
template <class Call>
void require_done(const char* verb, const std::string& path, Call&& call) {
  fuseval_hdf5_error error{};
  if (call(&error) != 0) runtime::fail_on_file(verb, path, error.text);
}

/// An open dataset. It is closed without a word, which under MPI waits for the others, unless it was closed.
class Dataset {
 public:
  Dataset(const fuseval_hdf5_table& hdf5, const std::string& path) : hdf5_(hdf5), path_(path) {}
  ~Dataset() {
    fuseval_hdf5_error ignored{};
    if (dataset_ != nullptr) hdf5_.close(dataset_, &ignored);
  }
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  fuseval_hdf5_type open(const std::string& name) {
    fuseval_hdf5_type type{};
    require_done("read", path_,
                 [&](auto* error) { return hdf5_.open(path_.c_str(), name.c_str(), &dataset_, &type, error); });
    return type;
  }
  void open_to_write(const std::string& file, const std::string& name, const void* communicator) {
    require_done("write", path_, [&](auto* error) {
      return hdf5_.open_to_write(file.c_str(), name.c_str(), communicator, &dataset_, error);
    });
  }
  void read(const Box& box, char* data) {
    const fuseval_hdf5_box given = given_box(box);
    require_done("read", path_, [&](auto* error) { return hdf5_.read(dataset_, &given, data, error); });
  }
  /// Nothing, of an array of an axis or more, if there is no box.
  void write(const std::optional<Box>& box, const char* data) {
    const fuseval_hdf5_box given = box ? given_box(*box) : fuseval_hdf5_box{};
    require_done("write", path_, [&](auto* error) { return hdf5_.write(dataset_, &given, data, error); });
  }
  void close() {
    require_done("write", path_, [&](auto* error) { return hdf5_.close(std::exchange(dataset_, nullptr), error); });
  }

 private:
  static fuseval_hdf5_box given_box(const Box& box) {
    fuseval_hdf5_box given{};
    for (size_t k = 0; k < box.lower.size(); ++k) {
      given.lower[k] = box.lower[k];
      given.extent[k] = box.upper[k] - box.lower[k];
    }
    return given;
  }

  const fuseval_hdf5_table& hdf5_;
  const std::string& path_;
  fuseval_hdf5_dataset* dataset_ = nullptr;
};

/// The plugin, if its HDF5 uses the MPI of this world, if there is one: two in one process take each other's functions.
const fuseval_hdf5_table& plugin_for(World& world) {
  using runtime::distributed::Hdf5Use;
  const bool by_mpi = world.communicator().mpi_communicator() != nullptr;
  const fuseval_hdf5_table& hdf5 = runtime::distributed::hdf5_plugin(by_mpi ? Hdf5Use::under_mpi : Hdf5Use::alone);
  const std::string& mpi = world.communicator().place().name;
  const std::string_view own = hdf5.mpi;
  if (by_mpi && (own.empty() || !mpi.starts_with(own)))
    throw Error(ErrorCode::unsupported,
                fmt::format("HDF5 cannot be used: its plugin is built {}{}, and ranks run under {}",
                            own.empty() ? "without MPI" : "for ", own, mpi));
  return hdf5;
}

void require_readable(const std::string& path) {
  const runtime::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) runtime::fail_on_file("read", path);
}

/// In elements.
int64_t largest_piece(World& world, DType dtype) {
  const size_t most = std::min(piece_bytes, world.communicator().settings().largest_message);
  return std::max<int64_t>(1, static_cast<int64_t>(most) / size_of(dtype));
}

void read_pieces(Dataset& dataset, const Box& box, int64_t largest, Result& result) {
  char* to = result.data;
  for (BoxPieces pieces(box, largest); const auto piece = pieces.next();) {
    dataset.read(*piece, to);
    to += piece->count() * size_of(result.dtype);
  }
}

}  // namespace

Result load_hdf5_slab(Session& session, const std::shared_ptr<World>& world, const Hdf5Name& name,
                      const Layout& asked) {
  std::optional<Dataset> dataset;
  DType dtype{};
  Shape shape;
  Layout layout;
  begin_together(*world, [&] {
    dataset.emplace(plugin_for(*world), name.file);
    require_readable(name.file);
    const fuseval_hdf5_type type = dataset->open(name.dataset);
    dtype = static_cast<DType>(type.dtype);
    shape.assign(type.shape, type.shape + type.rank);
    if (!shape.empty()) layout = completed(asked, shape, world->size());
    return CollectiveCall{
        fmt::format("load of a dataset of {} {}, {}", name_of(dtype), to_string(shape), words_of(asked)),
        values_of(asked.offsets)};
  });
  Result result;
  all_or_none(*world, [&] {
    const Box box = layout.box_of(shape, world->rank());
    result = new_array(session, {}, false, dtype, box.shape());
    read_pieces(*dataset, box, largest_piece(*world, dtype), result);
  });
  result.distribution = std::make_shared<const Distribution>(Distribution{world, shape, layout});
  return result;
}

namespace {

fuseval_hdf5_type type_of(DType dtype, const Shape& shape) {
  if (shape.size() > FUSEVAL_HDF5_MAX_RANK)
    throw Error(ErrorCode::unsupported,
                fmt::format("HDF5 has no datasets of {} axes, but of {} at most", shape.size(), FUSEVAL_HDF5_MAX_RANK));
  fuseval_hdf5_type type{};
  type.dtype = static_cast<int32_t>(dtype);
  type.rank = static_cast<int32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), type.shape);
  return type;
}

/// What is there may have taken a day to compute, and is not all of it what is written now.
void require_replaceable(const fuseval_hdf5_table& hdf5, const Hdf5Name& name) {
  struct stat status {};
  if (stat(name.file.c_str(), &status) != 0 || status.st_size == 0) return;
  require_done("write", name.file,
               [&](auto* error) { return hdf5.replaceable(name.file.c_str(), name.dataset.c_str(), error); });
}

/// In bytes, and not less: headers of some 100 bytes, and nodes of groups of some 1000.
size_t most_beside_elements(const Hdf5Name& name) { return 16384 + 1024 * name.dataset.size(); }

/// The temporary file of rank 0, which has the dataset, without values, and its place on the disk.
std::unique_ptr<runtime::TemporaryFile> make_file(const fuseval_hdf5_table& hdf5, const Hdf5Name& name, DType dtype,
                                                  const Shape& shape) {
  const fuseval_hdf5_type type = type_of(dtype, shape);
  auto file = std::make_unique<runtime::TemporaryFile>(runtime::FileTarget(name.file),
                                                       runtime::TemporaryFile::Options{.needs_name = true});
  require_replaceable(hdf5, name);
  // A full disk is to be the system's error: HDF5 1.10 crashes at the end of a process in which a file could not be
  // closed.
  file->reserve(static_cast<size_t>(element_count(shape) * size_of(dtype)) + most_beside_elements(name));
  require_done("write", name.file,
               [&](auto* error) { return hdf5.create(file->name().c_str(), name.dataset.c_str(), &type, error); });
  struct stat status {};
  if (fstat(file->fd(), &status) != 0) runtime::fail_on_file("write", name.file);
  file->reserve(static_cast<size_t>(status.st_size));
  return file;
}

/// The elements of a box within `part`, whose first element is at `origin`, in C order: where they are, if they lie so.
class PieceSource {
 public:
  PieceSource(const runtime::ArrayView& part, const Box& whole) : part_(part), origin_(whole.lower) {
    contiguous_ = runtime::is_c_contiguous(part);
  }

  const char* elements(const Box& piece) {
    runtime::ArrayView view = part_;
    for (size_t k = 0; k < origin_.size(); ++k) view.data += (piece.lower[k] - origin_[k]) * part_.strides[k];
    if (contiguous_) return view.data;
    view.shape = piece.shape();
    staged_.resize(static_cast<size_t>(piece.count() * size_of(part_.dtype)));
    char* to = staged_.data();
    runtime::stream_elements(view, [&](const char* data, size_t bytes) { to = std::copy(data, data + bytes, to); });
    return staged_.data();
  }

 private:
  runtime::ArrayView part_;
  std::vector<int64_t> origin_;
  bool contiguous_;
  std::vector<char> staged_;
};

/// Writes this rank's box by `rounds` calls, which are collective: a rank that has no more to write, or has failed,
/// makes its calls all the same. Throws the first failure after the last of them.
void write_rounds(Dataset& dataset, PieceSource& source, const Box& box, int64_t largest, int64_t rounds) {
  std::optional<Error> failure;
  BoxPieces pieces(box, largest);
  for (int64_t round = 0; round < rounds; ++round) {
    std::optional<Box> piece;
    if (!failure) piece = pieces.next();
    const char* data = nullptr;
    const auto staging = failure_of([&] {
      if (piece) data = source.elements(*piece);
    });
    if (staging) piece.reset();
    const auto writing = failure_of([&] { dataset.write(piece, data); });
    if (!failure) failure = staging ? staging : writing;
  }
  if (failure) throw *failure;
}

int64_t most_of_all(World& world, int64_t mine) {
  const auto ranks = static_cast<size_t>(world.size());
  std::vector<int64_t> all(ranks);
  const std::vector<size_t> counts(ranks, sizeof mine);
  world.communicator().allgather(&mine, counts, all.data());
  return *std::max_element(all.begin(), all.end());
}

/// Of the pages that this machine has: on a shared file system only it learns that they got lost.
void sync_written(const std::string& file, const std::string& path) {
  runtime::FileDescriptor written(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (written.get() < 0) runtime::fail_on_file("write", path);
  runtime::sync_file(written.get(), path);
  if (!written.close()) runtime::fail_on_file("write", path);
}

/// Each rank its box, into the dataset of `file`, which is to be what `name` is.
void write_parts(World& world, const Hdf5Name& name, const std::string& file, const fv_view& local, const Box& box) {
  const int64_t largest = largest_piece(world, dtype_of(local));
  const int64_t rounds = most_of_all(world, BoxPieces(box, largest).count());
  Dataset dataset(plugin_for(world), name.file);
  all_or_none(world, [&] { dataset.open_to_write(file, name.dataset, world.communicator().mpi_communicator()); });
  const GuardedSource guarded(&local);
  PieceSource source(array_of(local), box);
  const auto writing = failure_of([&] { write_rounds(dataset, source, box, largest, rounds); });
  const auto closing = failure_of([&] { dataset.close(); });  // by all ranks: it is collective
  all_or_none(world, [&] {
    guarded.require_whole();  // first: what HDF5 says of pages that are lost is not clear
    if (writing) throw *writing;
    if (closing) throw *closing;
    sync_written(file, name.file);
  });
}

/// A replicated array, by one rank.
void write_whole(World& world, const Hdf5Name& name, const std::string& file, const fv_view& local, const Box& box) {
  const int64_t largest = largest_piece(world, dtype_of(local));
  Dataset dataset(plugin_for(world), name.file);
  dataset.open_to_write(file, name.dataset, nullptr);
  const GuardedSource guarded(&local);
  PieceSource source(array_of(local), box);
  const auto writing =
      failure_of([&] { write_rounds(dataset, source, box, largest, BoxPieces(box, largest).count()); });
  guarded.require_whole();
  if (writing) throw *writing;
  dataset.close();
}

}  // namespace

void save_hdf5_slab(const Hdf5Name& name, const fv_view* local, const Distribution& distribution) {
  World& world = *distribution.world;
  begin_together(world, [&] {
    require_part(local, distribution);
    plugin_for(world);
    if (name.dataset.find_first_not_of('/') == std::string::npos)
      runtime::fail_on_file("write", name.file, "which dataset of it? Say so by " + name.file + ":/NAME");
    return call_of("save", *local, distribution);
  });
  const bool is_replicated = distribution.layout.is_replicated();
  std::unique_ptr<runtime::TemporaryFile> file;
  all_or_none(world, [&] {
    if (world.rank() != 0) return;
    file = make_file(plugin_for(world), name, dtype_of(*local), distribution.shape);
    if (is_replicated) write_whole(world, name, file->name(), *local, distribution.box());
  });
  const std::string temporary = text_of_first(world, file ? file->name() : "");
  if (!is_replicated) write_parts(world, name, temporary, *local, distribution.box());
  all_or_none(world, [&] {
    if (file) file->finish();
  });
}

}  // namespace fuseval::engine
