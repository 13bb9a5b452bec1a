// The tokens of a text with what they mean, for colours in a host's editor. The text may be incomplete and wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ir/error.hpp"

namespace fuseval::frontend {

enum class HighlightKind : uint8_t {
  number,
  string,
  name,  ///< bound, or unknown to the language
  function,
  method,
  attribute,
  parameter,  ///< of a function, in front of its =
  constant,   ///< True, False and None too
  dtype,
  module,
  keyword,
  operator_,
  bracket,
  punctuation,  ///< , : ; . ... and a backslash that continues a line
  comment,
  error,  ///< no token of the language
};

struct Highlight {
  HighlightKind kind;
  Span span;
};

/// In the order of the text. They do not overlap, and all bytes between them are blanks and line ends. `bound`: names
/// in NFKC form that the host binds. As in evaluation, a bound name is no constant, dtype, module or function, but a
/// called name is the function or dtype all the same. Brackets need not match. Time is linear in the text.
/// Throws Error(limit) for a text of 2 GiB or more, and nothing else.
std::vector<Highlight> highlight(std::string_view text, const std::unordered_set<std::string>& bound = {});

}  // namespace fuseval::frontend
