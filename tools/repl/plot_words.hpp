// What follows :plot, taken apart: "sin(t), cos(t), x=t log=y waves.png".
#pragma once

#include <string>
#include <vector>

#include "tools/repl/passage.hpp"

namespace fuseval::tools {

struct PlotWords {
  struct Setting {
    std::string name;
    Passage value;
  };
  Passage expression;
  std::vector<Setting> settings;
  std::string path;  ///< "" if the last word is no picture's name
};

/// A setting begins at a name and a single "=" outside of brackets and strings, which no expression has, and ends where
/// the next one begins. Commas before it are not part of what they follow.
PlotWords plot_words(const Passage& arguments);

/// A setting's value as text, without quotes around it.
std::string plain_value(const Passage& value);

}  // namespace fuseval::tools
