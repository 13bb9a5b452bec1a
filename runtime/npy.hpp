// .npy files (format versions 1, 2, 3): reading by mapping or copying, writing by temporary name and rename.
#pragma once

#include <memory>
#include <string>

#include "runtime/buffer.hpp"
#include "runtime/file_mapping.hpp"

namespace fuseval::runtime {

class NpyFile {
 public:
  /// Validates the header wholly before touching data: hostile headers, sizes that overflow, truncated files, object
  /// and structured dtypes are Error(file) with path and reason. Native-order data is memory-mapped read-only unless
  /// `copy`; other byte order is converted into a Buffer. float16 and complex are read too (they can be stored and
  /// printed).
  static std::shared_ptr<const NpyFile> open(const std::string& path, bool copy = false);
  const ArrayView& view() const { return view_; }

 private:
  NpyFile() = default;
  ArrayView view_;
  Buffer buffer_;
  FileMapping mapping_;
};

/// Writes `view` as version 1 (64 extents fit into it), in C order (Fortran order if the view is F- but not
/// C-contiguous), to a temporary file in the same folder, syncs it and renames it to `path` (to what it points to, if
/// it is a symbolic link). Throws Error(file); no file is left behind.
void write_npy(const std::string& path, const ArrayView& view);

}  // namespace fuseval::runtime
