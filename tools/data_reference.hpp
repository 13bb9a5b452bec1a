// Arrays of data files as users name them: "x.npy", "t.csv:price", "a.npz:weights", "r.bin:float32:100x200", "-".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

struct DataReference {
  std::string path;                 ///< "-": standard input
  std::string member;               ///< a column, member or dataset; empty: all of the file
  std::optional<DType> dtype{};     ///< of raw elements
  std::vector<std::int64_t> shape;  ///< theirs; empty: one axis
  bool is_hdf5 = false;

  bool is_standard_input() const { return path == "-"; }
  /// Read once, and in order.
  bool is_stream() const;
  /// As it was typed, for messages.
  std::string text() const;
};

/// nullopt: the text names no file whose ending is known, no pipe and not "-". Throws Error(FV_ERROR_ARGUMENT) for what
/// follows the name.
std::optional<DataReference> data_reference(std::string_view text);
/// The same where nothing else than a file can be meant. Throws Error(FV_ERROR_ARGUMENT), which says which files are
/// read.
DataReference require_data_reference(std::string_view text);

/// "file.h5:/dataset", or "file.h5" alone: a name of a dataset of HDF5.
bool is_hdf5(std::string_view value);

/// A world of one rank, which reads and writes files of HDF5 where there are no others.
World alone();

/// A view, and what keeps its memory.
struct LoadedView {
  View view;
  std::shared_ptr<const void> keeper;
};

/// Opens the file (of HDF5: the dataset) with these members, or all of it. Errors: those of fv_data_open.
std::shared_ptr<const DataFile> open_members(const DataReference& reference, std::vector<std::string> members,
                                             bool passes_over_missing, bool copy);
/// The array that is meant, of a file that was opened with it.
LoadedView view_in(const std::shared_ptr<const DataFile>& file, const DataReference& reference);
/// Both in one.
LoadedView load_array(const DataReference& reference, bool copy);

}  // namespace fuseval::tools
