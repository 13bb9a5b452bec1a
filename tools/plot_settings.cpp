#include "tools/plot_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace fuseval::tools {
namespace {

template <class Value>
using Word = std::pair<std::string_view, Value>;

/// "line, image or histogram"
template <class Value, std::size_t count>
std::string listed(const Word<Value> (&words)[count]) {
  std::string list;
  for (std::size_t k = 0; k < count; ++k)
    list.append(k == 0 ? "" : k + 1 < count ? ", " : " or ").append(words[k].first);
  return list;
}

template <class Value, std::size_t count>
Value one_of(const Word<Value> (&words)[count], const std::string& text) {
  for (const auto& [word, value] : words)
    if (text == word) return value;
  throw PlotSettingError("'" + text + "' is not " + listed(words));
}

constexpr Word<PictureKind> kinds[] = {
    {"line", PictureKind::line}, {"image", PictureKind::image}, {"histogram", PictureKind::histogram}};
constexpr Word<LineStyle> styles[] = {
    {"lines", LineStyle::lines}, {"points", LineStyle::points}, {"both", LineStyle::both}};
constexpr Word<Colormap> colormaps[] = {{"viridis", Colormap::viridis},
                                        {"magma", Colormap::magma},
                                        {"gray", Colormap::gray},
                                        {"blue-white-red", Colormap::blue_white_red}};

template <const auto& words>
std::vector<std::string_view> choices_of() {
  std::vector<std::string_view> choices;
  for (const auto& row : words) choices.push_back(row.first);
  return choices;
}

/// "800x500"; anything else is refused. The picture says which sizes it can have.
void set_size(PlotSettings& settings, const std::string& text) {
  int width = 0, height = 0;
  const char* end = text.data() + text.size();
  const auto across = std::from_chars(text.data(), end, width);
  const bool has_cross = across.ec == std::errc() && across.ptr != end && *across.ptr == 'x';
  const auto down = has_cross ? std::from_chars(across.ptr + 1, end, height) : across;
  if (!has_cross || down.ec != std::errc() || down.ptr != end || width <= 0 || height <= 0)
    throw PlotSettingError("'" + text + "' is no size like 800x500");
  settings.picture.width = width, settings.picture.height = height;
}

void set_log(PlotSettings& settings, const std::string& text) {
  const auto has = [&](char axis) { return text.find(axis) != std::string::npos; };
  const bool is_known = !text.empty() && text.find_first_not_of("xyz") == std::string::npos;
  const bool is_twice =
      std::any_of(text.begin(), text.end(), [&](char c) { return std::count(text.begin(), text.end(), c) > 1; });
  if (!is_known || is_twice) throw PlotSettingError("'" + text + "' is not x, y, xy or z");
  const auto scale = [&](char axis) { return has(axis) ? Scale::logarithmic : Scale::linear; };
  settings.picture.x_scale = scale('x');
  settings.picture.y_scale = scale('y');
  settings.picture.z_scale = scale('z');
}

/// A finite number; nullopt for an empty text.
std::optional<double> end_of(std::string_view text, const std::string& whole) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !std::isfinite(value))
    throw PlotSettingError("'" + whole + "' is no range like 0:10, 0: or :10");
  return value;
}

AxisLimits limits_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string_view view = text;
  const AxisLimits limits = colon == std::string::npos
                                ? AxisLimits{}
                                : AxisLimits{end_of(view.substr(0, colon), text), end_of(view.substr(colon + 1), text)};
  if (!limits.low && !limits.high) throw PlotSettingError("'" + text + "' is no range like 0:10, 0: or :10");
  if (limits.low && limits.high && *limits.low >= *limits.high)
    throw PlotSettingError("'" + text + "' does not ascend");
  return limits;
}

constexpr PlotSetting settings[] = {
    {"as", "KIND", "line, image or histogram; without it, 1-D results are lines and 2-D ones images",
     [](PlotSettings& all, const std::string& text) { all.picture.kind = one_of(kinds, text); }, choices_of<kinds>},
    {"x", "EXPR", "the x of lines, or of an image's columns, in place of indices",
     [](PlotSettings& all, const std::string& text) { all.x = text; }},
    {"y", "EXPR", "the y of an image's rows, in place of indices",
     [](PlotSettings& all, const std::string& text) { all.y = text; }},
    {"style", "STYLE", "lines, points or both",
     [](PlotSettings& all, const std::string& text) { all.picture.style = one_of(styles, text); }, choices_of<styles>},
    {"log", "AXES", "logarithmic axes: x, y or xy; z: the colours of an image", set_log},
    {"xrange", "A:B", "the ends of the x axis; either may be missing: 0:",
     [](PlotSettings& all, const std::string& text) { all.picture.x_limits = limits_of(text); }},
    {"yrange", "A:B", "the ends of the y axis",
     [](PlotSettings& all, const std::string& text) { all.picture.y_limits = limits_of(text); }},
    {"zrange", "A:B", "the ends of an image's colours",
     [](PlotSettings& all, const std::string& text) { all.picture.z_limits = limits_of(text); }},
    {"colormap", "NAME", "viridis, magma, gray or blue-white-red; the last is the choice for values of both signs",
     [](PlotSettings& all, const std::string& text) { all.picture.colormap = one_of(colormaps, text); },
     choices_of<colormaps>},
    {"xlabel", "TEXT", "at the x axis", [](PlotSettings& all, const std::string& text) { all.picture.x_label = text; }},
    {"ylabel", "TEXT", "at the y axis", [](PlotSettings& all, const std::string& text) { all.picture.y_label = text; }},
    {"size", "WxH", "width and height in pixels, on the terminal in characters", set_size},
    {"title", "TEXT", "in place of the expression",
     [](PlotSettings& all, const std::string& text) { all.picture.title = text; }},
};

}  // namespace

std::span<const PlotSetting> plot_settings() { return settings; }

const PlotSetting* find_plot_setting(std::string_view name) {
  const auto* found = std::find_if(std::begin(settings), std::end(settings),
                                   [&](const PlotSetting& setting) { return name == setting.name; });
  return found == std::end(settings) ? nullptr : found;
}

PictureOptions with_axis_labels(PictureOptions options, const std::string& x, const std::string& y) {
  if (options.x_label.empty()) options.x_label = x;
  if (options.y_label.empty()) options.y_label = y;
  return options;
}

}  // namespace fuseval::tools
