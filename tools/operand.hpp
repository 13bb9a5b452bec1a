// The bindings of a command line: "name=value" as something that can be bound.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tools/listed_values.hpp"

namespace fuseval::tools {

/// Owns what its view refers to.
struct Operand {
  std::string name;
  View view;
  std::shared_ptr<const void> file;       ///< what it was read from
  bool is_cut = false;                    ///< ranks would read parts of that file
  bool is_described = false;              ///< float64[1000,1000]: without values
  ListedValues values;                    ///< what was typed
  std::optional<DistributedArray> parts;  ///< in place of `view`
};

/// What is bound on the command line: the arguments "name=value", and of the files of --columns those columns and
/// members whose names are among `wanted`, the names that the expression has. world: .npy files and datasets of HDF5
/// are cut along their first axis, and each rank reads its part; this is collective. Throws UsageError that names the
/// argument, or Error for a file that cannot be read.
std::vector<Operand> load_operands(const std::vector<std::string>& arguments, const std::vector<std::string>& columns,
                                   const std::vector<std::string>& wanted, const World* world = nullptr);

/// The operand as a world's first rank would have it: for a plan.
void distribute_as_planned(Operand& operand, const World& world);

/// What a call takes.
Bindings bindings_of(const std::vector<Operand>& operands);

}  // namespace fuseval::tools
