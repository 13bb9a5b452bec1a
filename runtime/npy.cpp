#include "runtime/npy.hpp"

#include "runtime/npy_reader.hpp"

namespace fuseval::runtime {

std::shared_ptr<const NpyFile> NpyFile::open(const std::string& path, bool copy) {
  const NpyReader reader(path);
  const size_t bytes = reader.data_bytes();
  std::shared_ptr<NpyFile> result(new NpyFile);
  ArrayView& view = result->view_;
  view.dtype = reader.header().dtype;
  view.shape = reader.header().shape;
  view.strides = strides_in_file_order(reader.header(), view.shape);
  view.readonly = true;
  if (copy || reader.header().swapped || bytes == 0) {
    result->buffer_ = Buffer(bytes);
    view.data = result->buffer_.data();
    reader.read(view.data, {0, bytes, bytes, 1});
    return result;
  }
  result->mapping_ = reader.map(0, bytes);
  view.data = result->mapping_.data();
  view.mapped = true;
  return result;
}

}  // namespace fuseval::runtime
