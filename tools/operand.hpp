// A binding of the command line: "name=value" as something that can be bound.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// Owns what its view refers to.
struct Operand {
  std::string name;
  View view;
  std::unique_ptr<NpyFile> file;
  std::vector<unsigned char> elements;
};

/// Throws UsageError that names the argument, or Error for a file that cannot be read.
Operand parse_operand(const std::string& argument);

}  // namespace fuseval::tools
