// Named arrays, as data files have them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/buffer.hpp"
#include "runtime/whole_file.hpp"

namespace fuseval::runtime {

/// What is wanted of a file.
struct ReadOptions {
  std::vector<std::string> names;    ///< these columns or members alone; empty: all
  bool passes_over_missing = false;  ///< of names that the file does not have
  bool together = false;             ///< a table's columns as one array
  bool copy = false;                 ///< nothing is mapped
  std::optional<DType> dtype;        ///< of raw elements
  std::optional<Shape> shape;        ///< of raw elements; none: one axis, as long as the file
};

struct DataArray {
  std::string name;  ///< "" where a file has one array, which has no name
  ArrayView view;
  std::string fault;  ///< not empty: there is no array, and this is the error's message
};

/// The arrays, and what they lie in.
struct DataArrays {
  std::vector<DataArray> arrays;
  std::vector<std::shared_ptr<const void>> keepers;

  /// Keeps the memory, and gives its address.
  char* keep(Buffer memory) {
    auto kept = std::make_shared<const Buffer>(std::move(memory));
    keepers.push_back(kept);
    return kept->data();
  }
};

/// What is to be written under a name, for formats that have names.
struct NamedView {
  std::string name;
  ArrayView view;
};

}  // namespace fuseval::runtime
