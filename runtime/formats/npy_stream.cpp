#include "runtime/formats/npy_stream.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"
#include "runtime/element_stream.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_reader.hpp"

namespace fuseval::runtime {
namespace {

[[noreturn]] void fail(const std::string& reason) { throw Error(ErrorCode::file, reason); }

NpyHeader read_header(const ByteReader& read) {
  std::string start(NpyPrefix::most_bytes, '\0');
  start.resize(read(start.data(), start.size()));
  const NpyPrefix prefix = parse_npy_prefix(start);
  std::string text = start.substr(std::min(start.size(), prefix.header_offset));
  const size_t had = text.size();
  if (had > prefix.header_bytes) fail("its header is too short");
  text.resize(prefix.header_bytes);
  if (read(text.data() + had, text.size() - had) < text.size() - had) fail("it ends within its header");
  return parse_npy_header(text);
}

}  // namespace

ArrayView read_npy_stream(const ByteReader& read, DataArrays& result) {
  const NpyHeader header = read_header(read);
  const size_t bytes = data_bytes(header);
  Buffer memory(bytes);
  const size_t got = read(memory.data(), bytes);
  if (got < bytes)
    fail(fmt::format("it is truncated: shape {} of {} takes {} bytes after the header, but {} are there",
                     to_string(header.shape), name_of(header.dtype), bytes, got));
  to_native_order(header, memory.data(), bytes);
  return {result.keep(std::move(memory)), header.dtype, header.shape, strides_in_file_order(header, header.shape),
          true};
}

DataArrays read_npy(ByteSource& source, const ReadOptions& options) {
  DataArrays result;
  if (source.file()) {
    const auto file = NpyFile::open(source.name(), options.copy);
    result.keepers.push_back(file);
    result.arrays.push_back({"", file->view(), ""});
    return result;
  }
  try {
    const auto read = [&](char* target, size_t bytes) { return source.read(target, bytes); };
    result.arrays.push_back({"", read_npy_stream(read, result), ""});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::file || error.message().starts_with("cannot ")) throw;
    source.fail(error.message());
  }
  return result;
}

void write_npy_stream(std::span<const NamedView> arrays, const ByteSink& sink) {
  const ArrayView& view = arrays[0].view;
  const bool fortran_order = !is_c_contiguous(view) && is_c_contiguous(transposed(view));
  const std::string header = make_npy_header(view.dtype, fortran_order, view.shape);
  sink(header.data(), header.size());
  stream_elements(fortran_order ? transposed(view) : view, sink);
}

}  // namespace fuseval::runtime
