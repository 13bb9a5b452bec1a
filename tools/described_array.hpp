// Arrays that are described and not there: "float64[1000,1000]". To explain a text takes no values.
#pragma once

#include <optional>
#include <stdexcept>
#include <string_view>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

class BadDescription : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A dtype and its extents in brackets, "float64[]" for a scalar; the view is in C order and nobody may read its
/// elements. nullopt: the text is no such thing. Throws BadDescription for extents that are none.
std::optional<View> described_array(std::string_view text);

}  // namespace fuseval::tools
