// The kinds of charts, each read from its arrays; and what they refuse alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/picture/chart.hpp"

namespace fuseval::tools {

/// `columns`, `rows`: how fine lines and points are.
LineChart line_chart(const std::vector<Elements>& arrays, const Plotted& plotted, const PictureOptions& options,
                     int columns, int rows);
ImageChart image_chart(const Elements& elements, const Plotted& plotted, const PictureOptions& options);
HistogramChart histogram_chart(const Elements& elements, const Plotted& plotted, const PictureOptions& options,
                               int most_bins);

/// "(2, 3)"
std::string shape_text(const Elements& elements);

/// Error(FV_ERROR_SHAPE): why there is no picture.
[[noreturn]] void refuse(const std::string& message);
/// The same, and what shape this result has.
[[noreturn]] void refuse_shape(const Elements& elements, const std::string& wanted);

/// Error(FV_ERROR_ARGUMENT) if options are given that the chart does not have.
void refuse_options(bool is_given, const std::string& message);
/// Those of colours for values.
void refuse_colours(const PictureOptions& options, const std::string& chart);

/// Of shape (n, m, 3) or (n, m, 4), and of a dtype that colours have.
bool holds_colours(const Elements& elements);

std::optional<Elements> elements_of(const std::optional<View>& view);

ChartAxis labelled(const Range& range, bool integers, const std::string& label, const char* without_label);

}  // namespace fuseval::tools
