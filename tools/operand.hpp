// A binding of the command line: "name=value" as something that can be bound.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// Owns what its view refers to.
struct Operand {
  std::string name;
  View view;
  std::unique_ptr<NpyFile> file;
  std::vector<unsigned char> elements;
  bool is_described = false;              ///< float64[1000,1000]: without values
  std::optional<DistributedArray> parts;  ///< in place of `view`
};

/// "file.h5:/dataset", or "file.h5" alone: a name of a dataset of HDF5.
bool is_hdf5(std::string_view value);

/// world: the arrays of files are cut along their first axis, and each rank reads its part; this is collective. Throws
/// UsageError that names the argument, or Error for a file that cannot be read.
Operand parse_operand(const std::string& argument, const World* world = nullptr);

/// The operand as a world's first rank would have it: for a plan.
void distribute_as_planned(Operand& operand, const World& world);

/// What a call takes.
Bindings bindings_of(const std::vector<Operand>& operands);

}  // namespace fuseval::tools
