// What can be chosen of a picture, by `--plot-NAME VALUE` in a command line and by `NAME=VALUE` behind :plot.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tools/picture/picture.hpp"

namespace fuseval::tools {

struct PlotSettings {
  PictureOptions picture;
  std::string x, y;  ///< texts whose values are Plotted::x and Plotted::y; "": none
};

/// A value that a setting does not have: what() says which it has.
class PlotSettingError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct PlotSetting {
  const char* name;
  const char* type;  ///< a word for its values, in capitals
  const char* help;
  void (*set)(PlotSettings&, const std::string&);        ///< throws PlotSettingError
  std::vector<std::string_view> (*choices)() = nullptr;  ///< all of its values; null where they are not a few words
};

/// In the order in which they are listed.
std::span<const PlotSetting> plot_settings();

/// nullptr if there is none of that name.
const PlotSetting* find_plot_setting(std::string_view name);

/// Labels x and y by their texts, where they have no other labels.
PictureOptions with_axis_labels(PictureOptions options, const std::string& x, const std::string& y);

}  // namespace fuseval::tools
