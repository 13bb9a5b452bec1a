// Writing .npy files: to a temporary name beside the target, synced and renamed, so that no reader ever sees half a
// file.
#include <optional>

#include "runtime/element_stream.hpp"
#include "runtime/mapped_guard.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_header.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::runtime {

void write_npy(const std::string& path, const ArrayView& view) {
  element_count(view.shape);  // too many are found before there is a file
  const bool fortran_order = !is_c_contiguous(view) && is_c_contiguous(transposed(view));
  const std::string target = target_of(path);
  const AddressRange range = address_range(view);
  std::optional<MappedGuard> guard;
  if (view.mapped) guard.emplace(std::span(&range, 1));

  TemporaryFile file(target);
  const std::string header = make_npy_header(view.dtype, fortran_order, view.shape);
  file.write(header.data(), header.size());
  stream_elements(fortran_order ? transposed(view) : view,
                  [&](const char* data, size_t bytes) { file.write(data, bytes); });
  if (guard && guard->faulted()) fail_on_file("write", path, "the mapped file that it is written from shrank");
  file.finish();
}

}  // namespace fuseval::runtime
