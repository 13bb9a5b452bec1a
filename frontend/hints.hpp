// Lint hints: valid texts whose meaning is probably not the author's intention. A hint is not an error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/bind.hpp"

namespace fuseval::frontend {

enum class HintKind : uint8_t {
  mask,   ///< a comparison beside & or | that binds tighter: `(a >= 1) & b > 1`
  axis,   ///< max(a, 0): 0 is the axis
  nan,    ///< a == nan
  power,  ///< x^2: exclusive or
  comma   ///< 3,5 * x: two results
};

struct Hint {
  HintKind kind = HintKind::mask;
  std::string message;
  Span span;
};

/// In the order of the text. `inputs`: what is bound, as far as it is known; of them names and dtypes count.
std::vector<Hint> hints(const Ast& ast, std::span<const InputInfo> inputs);

}  // namespace fuseval::frontend
