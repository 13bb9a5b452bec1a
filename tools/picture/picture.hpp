// Pictures of arrays: as .png and .svg files, and drawn in the terminal. What is drawn how: docs/pictures.md.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tools/picture/axis.hpp"
#include "tools/picture/colour.hpp"

namespace fuseval::tools {

enum class PictureKind { automatic, line, image, histogram };
enum class LineStyle { lines, points, both };

struct PictureOptions {
  PictureKind kind = PictureKind::automatic;
  int width = 0;                    ///< pixels, 160 to 8192 (in the terminal: characters, 20 to 1000); 0: the default
  int height = 0;                   ///< pixels, 120 to 8192 (in the terminal: lines, 6 to 1000); 0: the default
  std::string title;                ///< UTF-8; what is not becomes U+FFFD
  std::vector<std::string> labels;  ///< for the legend, one an array; those that are missing are numbered
  LineStyle style = LineStyle::lines;
  Scale x_scale = Scale::linear, y_scale = Scale::linear;
  Scale z_scale = Scale::linear;  ///< of an image's colours
  AxisLimits x_limits, y_limits, z_limits;
  std::string x_label, y_label;      ///< UTF-8; "": "index", "value" …
  std::optional<Colormap> colormap;  ///< without one: viridis, or blue_white_red for values of both signs
};

/// What a picture is made of.
struct Plotted {
  std::vector<View> arrays;
  std::optional<View> x;  ///< the points' x, or that of an image's columns, evenly spaced; without it, indices
  std::optional<View> y;  ///< that of an image's rows
};

/// All of them.
std::vector<View> views_of(const Plotted& plotted);

/// Does the name end in .png or .svg?
bool is_picture_name(const std::string& path);

/// Does the name end as files of other kinds of pictures do: .pdf, .jpg?
bool is_other_picture_name(const std::string& path);

/// "'a.pdf' does not end in .png or .svg", and what helps; "" if it does.
std::string refused_picture_name(const std::string& path);

/// What write_picture would say before it draws, so that it is said before a long evaluation: FV_ERROR_ARGUMENT for a
/// name of another kind or a size out of range, FV_ERROR_FILE for a place that cannot be written to.
void check_picture_file(const std::string& path, const PictureOptions& options);

/// Draws the arrays into a .png or .svg file, whole or not at all: a temporary file beside it is renamed. Reads the
/// arrays' elements two or three times, and takes memory for the picture, not for them. Errors: as check_picture_file;
/// FV_ERROR_SHAPE and FV_ERROR_DTYPE for arrays that have no picture of this kind; FV_ERROR_ARGUMENT for options that
/// it does not have.
void write_picture(const std::string& path, const Plotted& plotted, const PictureOptions& options);

/// Draws the arrays as text (braille or half blocks, in colour, as far as the terminal has them) or as sixels. On a
/// terminal this may ask it what it can, and wait for an answer for half a second at most. Errors: as write_picture,
/// without FV_ERROR_FILE: what the stream could not take, it remembers.
void print_picture(std::FILE* file, const Plotted& plotted, const PictureOptions& options);

/// Names for `count` results of a text: the parts of its outermost tuple where they are as many, else none.
std::vector<std::string> result_labels(const std::string& text, std::size_t count);

}  // namespace fuseval::tools
