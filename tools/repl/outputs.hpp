// The values that were printed: _, __, ___ and by number _1, _2 …
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tools/repl/variables.hpp"

namespace fuseval::tools {

/// The last three are kept, and older ones while all of them together take at most this many bytes.
constexpr int64_t most_kept_output_bytes = int64_t{64} << 20;

class Outputs {
 public:
  /// Its number is the next one, from 1 on.
  void add(const Variable& variable);

  /// How many there have been: the number of the last.
  size_t count() const { return count_; }

  /// nullptr if the name is none of theirs, or its value is not kept any more.
  const Variable* find(std::string_view name) const;
  /// False: there is nothing to remove.
  bool remove(std::string_view name);

 private:
  std::optional<size_t> number_of(std::string_view name) const;
  void drop_old();

  std::map<size_t, Variable> kept_;
  size_t count_ = 0;
};

}  // namespace fuseval::tools
