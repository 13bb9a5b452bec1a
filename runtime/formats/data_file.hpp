// Data files opened and written by their format.
#pragma once

#include "runtime/formats/data_arrays.hpp"
#include "runtime/formats/format.hpp"

namespace fuseval::runtime {

/// Where bytes come from or go to: a path, or where that is empty an open descriptor.
struct DataPlace {
  std::string path;
  int descriptor = -1;
};

/// Reads arrays. format: nullptr stands for that of the path's ending; of a descriptor or a path that is a pipe, for
/// that of the first bytes, or raw if the options have a dtype. Errors: file; argument (no such format, options that it
/// does not have).
DataArrays open_data(const DataPlace& place, const Format* format, const ReadOptions& options);

/// Writes arrays: a file whole or not at all (runtime/temporary_file), a descriptor as it goes. format: nullptr stands
/// for that of the path's ending. Errors: file; argument (no such format, or one that holds one array); shape,
/// unsupported (no table, no dtype of tables).
void write_data(const DataPlace& place, const Format* format, std::span<const NamedView> arrays);

/// The format of the path's ending, if it can be written (or read). Throws Error(argument) that says which can.
const Format& format_to_write(const std::string& path);
const Format& format_to_read(const std::string& path);

}  // namespace fuseval::runtime
