// .npy files that are read in parts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/byte_runs.hpp"
#include "runtime/file_mapping.hpp"
#include "runtime/npy_header.hpp"

namespace fuseval::runtime {

/// An open file whose header has been read, and found to promise no more than the file has. Offsets are in the data,
/// which lie behind the header.
class NpyReader {
 public:
  /// Errors: file.
  explicit NpyReader(const std::string& path);

  const NpyHeader& header() const { return header_; }
  size_t data_bytes() const { return data_bytes_; }

  /// The runs, one behind the other, in this machine's byte order. Errors: file; also when the file was written to
  /// since it was opened.
  void read(char* target, const ByteRuns& runs) const;
  /// Elements as they are in the file. Errors: file.
  FileMapping map(size_t offset, size_t bytes) const;

 private:
  void read_header();
  void read_range(char* target, size_t bytes, size_t offset) const;
  void read_through_staging(char* target, const ByteRuns& runs) const;

  std::string path_;
  std::shared_ptr<const OpenedFile> file_;
  NpyHeader header_;
  size_t data_offset_ = 0, data_bytes_ = 0;
};

/// Elements as they are in the file, turned into this machine's byte order in place.
void to_native_order(const NpyHeader& header, char* data, size_t bytes);

/// Byte strides of the whole array, or of a part by itself.
std::vector<int64_t> strides_in_file_order(const NpyHeader& header, const Shape& shape);

}  // namespace fuseval::runtime
