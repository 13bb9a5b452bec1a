// Diagnostics: where in the text an error is, and its caret picture.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/error.hpp"

namespace fuseval::frontend {

struct Place {
  uint32_t line = 1;    ///< from 1
  uint32_t column = 1;  ///< from 1, in code points
};

/// The place of byte `offset`.
Place place_of(std::string_view text, uint32_t offset);

/// The line that `span` begins in and carets below it ("^~~~"), wide and combining characters accounted for, tabs kept,
/// long lines cut to `width` columns around the span. Two lines, no trailing newline.
std::string caret_picture(std::string_view text, Span span, size_t width = 100);

/// The candidate nearest to `name` by edit distance, or "" when none is near.
std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates);

/// "; did you mean `…`?" for the end of a message, or "" when no candidate is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace fuseval::frontend
