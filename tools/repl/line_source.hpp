// Where lines come from: a terminal, or anything else.
#pragma once

#include <string>

namespace fuseval::tools {

enum class LineEvent { line, interrupt, end };

class LineSource {
 public:
  virtual ~LineSource() = default;
  /// A line without its end; several if they were pasted at once, or recalled from the history. `continues`: it is not
  /// the first of its entry.
  virtual LineEvent read(bool continues, std::string& line) = 0;
};

}  // namespace fuseval::tools
