#include "tools/picture/svg.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "tools/picture/font.hpp"
#include "tools/picture/png.hpp"

namespace fuseval::tools {
namespace {

/// At most three decimals.
std::string decimal(double value) {
  char digits[64];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 3).ptr);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string hexadecimal(Colour colour) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t channel : {colour.red, colour.green, colour.blue})
    (text += digits[channel >> 4]) += digits[channel & 15];
  return text;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else
      result += c;
  }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
    const unsigned bits = byte(k) << 16 | byte(k + 1) << 8 | byte(k + 2);
    for (std::size_t digit = 0; digit < 4; ++digit)
      text += k + digit > bytes.size() ? '=' : digits[bits >> (18 - 6 * digit) & 63];
  }
  return text;
}

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + decimal(value) + "\"";
}

std::string place(const Box& box) {
  return attribute("x", box.left) + attribute("y", box.top) + attribute("width", box.width()) +
         attribute("height", box.height());
}

std::string path(const std::vector<std::vector<Point>>& pieces) {
  std::string text;
  for (const auto& piece : pieces) {
    char command = 'M';
    for (const Point& point : piece) {
      ((text += command) += decimal(point.x)) += ' ';
      text += decimal(point.y);
      command = 'L';
    }
  }
  return text;
}

/// With at least as many pixels as the box has: viewers that do not know image-rendering blur no more than one of them.
Pixels enlarged(const Image& image) {
  const auto times = [](double wanted, int pixels) {
    return std::max(1, static_cast<int>(std::ceil(wanted / pixels)));
  };
  const int width = image.pixels.width(), height = image.pixels.height();
  return stretched(image.pixels, width * times(image.box.width(), width), height * times(image.box.height(), height));
}

class Writer {
 public:
  explicit Writer(const Figure& figure) {
    const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
    text_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"" + width +
            "\" height=\"" + height + "\" viewBox=\"0 0 " + width + " " + height + "\" font-family=\"" + font_family +
            ", Verdana, sans-serif\">\n<title>" + escaped(figure.title) + "</title>\n<rect width=\"" + width +
            "\" height=\"" + height + "\" fill=\"" + hexadecimal(white) + "\"/>\n";
  }

  void operator()(const FilledBox& filled) {
    text_ += "<rect" + place(filled.box) + " fill=\"" + hexadecimal(filled.colour) + "\"/>\n";
  }

  void operator()(const Stroke& stroke) {
    const std::string id = "clip" + std::to_string(++clips_), colour = hexadecimal(stroke.colour);
    text_ += "<clipPath id=\"" + id + "\"><rect" + place(stroke.clip) + "/></clipPath>\n<g clip-path=\"url(#" + id +
             ")\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n";
    std::vector<std::vector<Point>> lines;
    for (const auto& piece : stroke.pieces)
      piece.size() == 1 ? dot(piece[0], 1.5 * stroke.width, colour) : lines.push_back(piece);
    if (!lines.empty())
      text_ += "<path d=\"" + path(lines) + "\" fill=\"none\" stroke=\"" + colour + "\"" +
               attribute("stroke-width", stroke.width) + dashes_of(stroke) + "/>\n";
    text_ += "</g>\n";
  }

  void operator()(const Markers& markers) {
    const std::string id = "marker" + std::to_string(++markers_);
    text_ += "<defs><path id=\"" + id + "\" d=\"" + path({markers.outline}) + "Z\" fill=\"" +
             hexadecimal(markers.colour) + "\"/></defs>\n";
    for (const Point& at : markers.places)
      text_ += "<use xlink:href=\"#" + id + "\"" + attribute("x", at.x) + attribute("y", at.y) + "/>\n";
  }

  void operator()(const Text& text) {
    const char* const anchors[] = {"start", "middle", "end"};
    const std::string at = decimal(text.at.x) + " " + decimal(text.at.y);
    text_ += "<text transform=\"translate(" + at + ")" + (text.is_vertical ? " rotate(-90)" : "") + "\"" +
             attribute("font-size", text.size) + " text-anchor=\"" + anchors[static_cast<int>(text.anchor)] +
             "\" fill=\"" + hexadecimal(text.colour) + "\">" + escaped(text.text) + "</text>\n";
  }

  void operator()(const Image& image) {
    text_ += "<image" + place(image.box) + " preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\"" +
             " xlink:href=\"data:image/png;base64," + base64(png_of(enlarged(image))) + "\"/>\n";
  }

  std::string finish() { return std::move(text_) + "</svg>\n"; }

 private:
  static std::string dashes_of(const Stroke& stroke) {
    std::string lengths;
    for (const double length : stroke.dashes) lengths += (lengths.empty() ? "" : " ") + decimal(length);
    return lengths.empty() ? "" : " stroke-dasharray=\"" + lengths + "\"";
  }

  void dot(const Point& at, double radius, const std::string& colour) {
    text_ += "<circle" + attribute("cx", at.x) + attribute("cy", at.y) + attribute("r", radius) + " fill=\"" + colour +
             "\"/>\n";
  }

  std::string text_;
  int clips_ = 0;
  int markers_ = 0;
};

}  // namespace

std::string svg_of(const Figure& figure) {
  Writer writer(figure);
  for (const Shape& shape : figure.shapes) std::visit(writer, shape);
  return writer.finish();
}

}  // namespace fuseval::tools
