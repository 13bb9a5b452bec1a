#include "tools/picture/picture.hpp"

#include <algorithm>

#include "tools/picture/chart_figure.hpp"
#include "tools/picture/paint.hpp"
#include "tools/picture/png.hpp"
#include "tools/picture/svg.hpp"
#include "tools/picture/terminal_picture.hpp"
#include "tools/picture/utf8.hpp"

namespace fuseval::tools {
namespace {

constexpr int most_bins = 200;

struct SizeLimits {
  int narrowest, widest, lowest, highest;
  const char* unit;
};
constexpr SizeLimits file_limits{smallest_width, longest_side, smallest_height, longest_side, "pixels"};
constexpr SizeLimits terminal_limits{20, 1000, 6, 1000, "characters"};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void check_size(const PictureOptions& options, const SizeLimits& limits) {
  const auto is_outside = [](int size, int least, int most) { return size != 0 && (size < least || size > most); };
  if (!is_outside(options.width, limits.narrowest, limits.widest) &&
      !is_outside(options.height, limits.lowest, limits.highest))
    return;
  const auto size = [](int width, int height) { return std::to_string(width) + "x" + std::to_string(height); };
  throw Error(FV_ERROR_ARGUMENT, "a picture of " + size(options.width, options.height) + " " + limits.unit +
                                     " is not between " + size(limits.narrowest, limits.lowest) + " and " +
                                     size(limits.widest, limits.highest));
}

PictureOptions cleaned(PictureOptions options) {
  options.title = clean_line(options.title);
  options.x_label = clean_line(options.x_label);
  options.y_label = clean_line(options.y_label);
  for (std::string& label : options.labels) label = clean_line(label);
  return options;
}

}  // namespace

std::vector<View> views_of(const Plotted& plotted) {
  std::vector<View> views = plotted.arrays;
  if (plotted.x) views.push_back(*plotted.x);
  if (plotted.y) views.push_back(*plotted.y);
  return views;
}

bool is_picture_name(const std::string& path) { return ends_with(path, ".png") || ends_with(path, ".svg"); }

bool is_other_picture_name(const std::string& path) {
  constexpr const char* endings[] = {".pdf", ".eps", ".ps", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp"};
  return std::any_of(std::begin(endings), std::end(endings), [&](const char* end) { return ends_with(path, end); });
}

std::string refused_picture_name(const std::string& path) {
  if (is_picture_name(path)) return "";
  const char* help = ends_with(path, ".pdf") ? ": an SVG can be converted to PDF, by rsvg-convert for example" : "";
  return "'" + path + "' does not end in .png or .svg" + help;
}

void check_picture_file(const std::string& path, const PictureOptions& options) {
  if (const std::string reason = refused_picture_name(path); !reason.empty()) throw Error(FV_ERROR_ARGUMENT, reason);
  check_size(options, file_limits);
  check_files({path});
}

void write_picture(const std::string& path, const Plotted& plotted, const PictureOptions& given) {
  check_picture_file(path, given);
  const PictureOptions options = cleaned(given);
  const int width = options.width > 0 ? options.width : default_width;
  std::string bytes;
  read_mapped(views_of(plotted), [&] {
    const Chart chart =
        read_chart(plotted, options, width, options.height > 0 ? options.height : default_height, most_bins);
    const Figure figure = figure_of(chart, options.title, width, options.height);
    bytes = ends_with(path, ".svg") ? svg_of(figure) : png_of(painted(figure));
  });
  write_file(path, bytes);
}

void print_picture(std::FILE* file, const Plotted& plotted, const PictureOptions& options) {
  check_size(options, terminal_limits);
  print_in_terminal(file, plotted, cleaned(options));
}

}  // namespace fuseval::tools
