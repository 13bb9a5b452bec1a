// Writing .npy files: to a temporary name beside the target, synced and renamed, so that no reader ever sees half a
// file.
#include "runtime/element_stream.hpp"
#include "runtime/mapped_guard.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_header.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::runtime {

void write_npy(const std::string& path, const ArrayView& view) {
  element_count(view.shape);  // too many are found before there is a file
  const bool fortran_order = !is_c_contiguous(view) && is_c_contiguous(transposed(view));
  TemporaryFile file{FileTarget(path)};
  const AddressRange range = address_range(view);
  const MappedGuard guard(std::span(&range, view.mapped ? 1 : 0));
  const auto require_source = [&] {
    if (const auto reason = guard.damage()) fail_on_file("write", path, *reason);
  };
  require_source();
  const std::string header = make_npy_header(view.dtype, fortran_order, view.shape);
  file.write(header.data(), header.size());
  stream_elements(fortran_order ? transposed(view) : view,
                  [&](const char* data, size_t bytes) { file.write(data, bytes); });
  require_source();
  file.finish();
}

}  // namespace fuseval::runtime
