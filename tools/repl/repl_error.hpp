// A failure that is the REPL's own: a command that does not exist, a name that cannot be bound.
#pragma once

#include <stdexcept>

namespace fuseval::tools {

class ReplError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace fuseval::tools
