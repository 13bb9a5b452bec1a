// What :explain and :type take: an expression, and after it arrays that are described and not there.
#pragma once

#include <map>
#include <string>

#include "tools/repl/passage.hpp"
#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

/// "sum(a*b) a=float64[1000,1000] b=float64[1000]".
class DescribedText {
 public:
  /// Throws ReplError for extents that are none.
  explicit DescribedText(const Passage& arguments);

  const Passage& expression() const { return expression_; }
  bool has_arrays() const { return !arrays_.empty(); }
  /// With these arrays, and the workspace's names where none of them has the name. Throws PassageError.
  std::string explain(const Workspace& workspace, const std::string& stage) const;

 private:
  Passage expression_;
  std::map<std::string, View> arrays_;
};

}  // namespace fuseval::tools
