// The formats that data files have: one row each, of which everything else derives.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/formats/byte_source.hpp"
#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// One array without a name, any number under names, or the columns of a table.
enum class Arrays { one, named, columns };

struct Format {
  std::string_view name;
  std::span<const std::string_view> endings;  ///< of file names, with their point
  std::string_view kind;                      ///< "a .npy file": what such a file is
  /// Whether a file that begins so (with all of itself, if it is short) is of this format.
  bool (*recognises)(std::string_view start);
  DataArrays (*read)(ByteSource& source, const ReadOptions& options);      ///< nullptr: elsewhere, or never
  void (*write)(std::span<const NamedView> arrays, const ByteSink& sink);  ///< nullptr: elsewhere, or never
  Arrays arrays;                                                           ///< what a file holds
};

/// As many bytes of a file's beginning as recognises() looks at.
inline constexpr size_t recognised_bytes = 4096;

/// nullptr: no format has such an ending.
const Format* format_of_path(const std::string& path);
/// nullptr: no format has that name.
const Format* format_named(std::string_view name);
/// The format of a file that begins so; nullptr: none is known, as for raw elements.
const Format* format_of_start(std::string_view start);
/// "npy, npz, csv, …" or ".npy, .npz, …" of those formats that can be read, or written.
std::string names_to_read();
std::string names_to_write();
std::string endings_to_read();
std::string endings_to_write();

/// Throws Error(file) if there is a file whose contents are of another kind than its ending says. What is empty, is not
/// there, or cannot be read is none; so is anything where the ending is unknown.
void require_kind_of_ending(const std::string& path);

}  // namespace fuseval::runtime
