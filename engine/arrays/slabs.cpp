#include "engine/arrays/slabs.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/hdf5_slabs.hpp"
#include "engine/arrays/movement.hpp"
#include "engine/base/views.hpp"
#include "engine/world/part_view.hpp"
#include "engine/world/world.hpp"
#include "runtime/element_stream.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_reader.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::engine {
namespace {

using runtime::ByteRuns;
using runtime::NpyHeader;
using runtime::NpyReader;

ByteRuns all_bytes(size_t bytes) { return bytes == 0 ? ByteRuns{} : ByteRuns{0, bytes, bytes, 1}; }

/// Where a rank's part lies among the elements of a file.
ByteRuns runs_of_part(const Layout& layout, int rank, const Shape& shape, bool fortran_order, int64_t itemsize) {
  if (layout.is_replicated()) return all_bytes(static_cast<size_t>(element_count(shape) * itemsize));
  const auto k = static_cast<size_t>(rank);
  const int64_t lower = layout.offsets[k], upper = layout.offsets[k + 1];
  if (!fortran_order) return runtime::runs_of_block(shape, layout.axis, lower, upper, itemsize);
  const int axis = static_cast<int>(shape.size()) - 1 - layout.axis;
  return runtime::runs_of_block(Shape(shape.rbegin(), shape.rend()), axis, lower, upper, itemsize);
}

Result read_part(Session& session, const NpyReader& reader, const Layout& layout, int rank, bool copy) {
  const NpyHeader& header = reader.header();
  const Shape shape = layout.box_of(header.shape, rank).shape();
  const ByteRuns runs = runs_of_part(layout, rank, header.shape, header.fortran_order, size_of(header.dtype));
  Result result;
  if (copy || header.swapped || runs.count != 1) {
    result = new_array(session, {}, false, header.dtype, shape);
    reader.read(result.data, runs);
  } else {
    const auto mapping = std::make_shared<const runtime::FileMapping>(reader.map(runs.first, runs.bytes));
    result.data = mapping->data();
    result.mapping = mapping;
    result.dtype = header.dtype;
    result.shape = shape;
  }
  result.strides = runtime::strides_in_file_order(header, shape);
  result.is_readonly = !copy;
  return result;
}

constexpr runtime::TemporaryFile::Options shared_by_ranks{.needs_name = true};

/// The temporary file of rank 0, with its header and its size; nothing on other ranks.
std::unique_ptr<runtime::TemporaryFile> make_file(World& world, const std::string& path, DType dtype,
                                                  const Shape& shape, const std::string& header) {
  std::unique_ptr<runtime::TemporaryFile> file;
  all_or_none(world, [&] {
    if (world.rank() != 0) return;
    file = std::make_unique<runtime::TemporaryFile>(runtime::FileTarget(path), shared_by_ranks);
    file->reserve(header.size() + runtime::data_bytes({dtype, false, false, shape}));
    file->write(header.data(), header.size());
  });
  return file;
}

/// A stream of bytes, to where the runs of a file are.
class RunWriter {
 public:
  RunWriter(int fd, const std::string& path, size_t begin, const ByteRuns& runs)
      : fd_(fd), path_(path), begin_(begin), runs_(runs) {}

  void take(const char* data, size_t bytes) {
    while (bytes > 0) {
      const size_t run = done_ / runs_.bytes, within = done_ % runs_.bytes,
                   here = std::min(bytes, runs_.bytes - within);
      runtime::write_at(fd_, path_, data, here, begin_ + runs_.first + run * runs_.pitch + within);
      done_ += here;
      data += here;
      bytes -= here;
    }
  }

 private:
  int fd_;
  const std::string& path_;
  size_t begin_;
  ByteRuns runs_;
  size_t done_ = 0;
};

void write_part(const std::string& path, const std::string& name, size_t begin, const fv_view& local,
                const ByteRuns& runs) {
  if (runs.count == 0) return;
  runtime::FileDescriptor file(::open(name.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) runtime::fail_on_file("write", path);
  const GuardedSource guarded(&local);
  guarded.require_whole();
  RunWriter writer(file.get(), path, begin, runs);
  runtime::stream_elements(array_of(local), [&](const char* data, size_t bytes) { writer.take(data, bytes); });
  guarded.require_whole();
  // By every rank: on a shared file system each machine has pages of its own, and only it learns that they got lost.
  runtime::sync_file(file.get(), path);
  if (!file.close()) runtime::fail_on_file("write", path);
}

}  // namespace

Result load_slab(Session& session, const std::shared_ptr<World>& world, const std::string& path, const Layout& asked,
                 bool copy) {
  if (const auto name = runtime::hdf5_name(path)) return load_hdf5_slab(session, world, *name, asked);
  std::optional<NpyReader> reader;
  Layout layout;
  begin_together(*world, [&] {
    reader.emplace(path);
    const NpyHeader& header = reader->header();
    if (!header.shape.empty()) layout = completed(asked, header.shape, world->size());
    return CollectiveCall{
        fmt::format("load of a file of {} {}, {}", name_of(header.dtype), to_string(header.shape), words_of(asked)),
        values_of(asked.offsets)};
  });
  Result result;
  all_or_none(*world, [&] { result = read_part(session, *reader, layout, world->rank(), copy); });
  result.distribution = std::make_shared<const Distribution>(Distribution{world, reader->header().shape, layout});
  return result;
}

void save_slab(const std::string& path, const fv_view* local, const Distribution& distribution) {
  if (const auto name = runtime::hdf5_name(path)) return save_hdf5_slab(*name, local, distribution);
  World& world = *distribution.world;
  begin_together(world, [&] {
    require_part(local, distribution);
    return call_of("save", *local, distribution);
  });
  if (distribution.layout.is_replicated())
    return all_or_none(world, [&] {
      if (world.rank() == 0) runtime::write_npy(path, array_of(*local));
    });
  const DType dtype = dtype_of(*local);
  const std::string header = runtime::make_npy_header(dtype, false, distribution.shape);
  const std::unique_ptr<runtime::TemporaryFile> file = make_file(world, path, dtype, distribution.shape, header);
  const std::string name = text_of_first(world, file ? file->name() : "");
  all_or_none(world, [&] {
    write_part(path, name, header.size(), *local,
               runs_of_part(distribution.layout, world.rank(), distribution.shape, false, size_of(dtype)));
  });
  all_or_none(world, [&] {
    if (file) file->finish();
  });
}

}  // namespace fuseval::engine
