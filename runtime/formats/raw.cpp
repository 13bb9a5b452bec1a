#include "runtime/formats/raw.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "ir/checked.hpp"
#include "runtime/element_stream.hpp"
#include "runtime/file_mapping.hpp"

namespace fuseval::runtime {
namespace {

/// The shape that was asked for, or that so many bytes have.
Shape shape_of(const ByteSource& source, const ReadOptions& options, size_t bytes) {
  const auto width = static_cast<size_t>(size_of(*options.dtype));
  if (!options.shape) {
    if (bytes % width != 0)
      source.fail(fmt::format("its {} bytes are no whole number of {} elements", bytes, name_of(*options.dtype)));
    return {static_cast<int64_t>(bytes / width)};
  }
  const auto wanted = static_cast<size_t>(element_count(*options.shape)) * width;
  if (bytes != wanted)
    source.fail(fmt::format("it has {} bytes, and shape {} of {} takes {}", bytes, to_string(*options.shape),
                            name_of(*options.dtype), wanted));
  return *options.shape;
}

ArrayView view_of(char* data, DType dtype, const Shape& shape) {
  return {data, dtype, shape, c_strides(shape, size_of(dtype)), true};
}

DataArrays map_raw(const ByteSource& source, const ReadOptions& options) {
  const auto bytes = static_cast<size_t>(source.file()->stamp().size);
  const auto mapping = std::make_shared<const FileMapping>(source.file(), 0, bytes);
  if (mapping->data() == nullptr) fail_on_file("read", source.name());
  DataArrays result;
  result.keepers.push_back(mapping);
  ArrayView view = view_of(mapping->data(), *options.dtype, shape_of(source, options, bytes));
  view.mapped = true;
  result.arrays.push_back({"", std::move(view), ""});
  return result;
}

}  // namespace

DataArrays read_raw(ByteSource& source, const ReadOptions& options) {
  if (source.file() && source.file()->stamp().size > 0 && !options.copy) return map_raw(source, options);
  DataArrays result;
  size_t bytes = 0;
  char* data = result.keep(source.read_to_end(bytes));
  source.require_unchanged();
  result.arrays.push_back({"", view_of(data, *options.dtype, shape_of(source, options, bytes)), ""});
  return result;
}

void write_raw(std::span<const NamedView> arrays, const ByteSink& sink) { stream_elements(arrays[0].view, sink); }

}  // namespace fuseval::runtime
