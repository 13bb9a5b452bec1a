#include "tools/picture/sixel.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace fuseval::tools {
namespace {

constexpr std::size_t most_colours = 256;
constexpr std::size_t shades = 1 << 15;  ///< colours of 5 bits a channel

std::size_t shade_of(Colour colour) {
  return static_cast<std::size_t>(colour.red >> 3) << 10 | static_cast<std::size_t>(colour.green >> 3) << 5 |
         colour.blue >> 3;
}

int distance(Colour a, Colour b) {
  const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
  return red * red + green * green + blue * blue;
}

/// Shades, and which colour of the palette each becomes.
class ReducedPalette {
 public:
  explicit ReducedPalette(const Pixels& pixels) : sums_(shades), index_(shades) {
    for (int y = 0; y < pixels.height(); ++y)
      for (int x = 0; x < pixels.width(); ++x) sums_[shade_of(pixels.at(x, y))].add(pixels.at(x, y));
    choose();
  }

  const std::vector<Colour>& colours() const { return colours_; }
  std::size_t index_of(Colour colour) const { return index_[shade_of(colour)]; }

 private:
  struct Sum {
    std::int64_t red = 0, green = 0, blue = 0, count = 0;

    void add(Colour colour) {
      red += colour.red, green += colour.green, blue += colour.blue;
      ++count;
    }
    Colour mean() const {
      const auto byte = [&](std::int64_t sum) { return static_cast<std::uint8_t>((sum + count / 2) / count); };
      return {byte(red), byte(green), byte(blue)};
    }
  };

  void choose() {
    std::vector<std::size_t> used;
    for (std::size_t shade = 0; shade < shades; ++shade)
      if (sums_[shade].count > 0) used.push_back(shade);
    std::stable_sort(used.begin(), used.end(),
                     [&](std::size_t a, std::size_t b) { return sums_[a].count > sums_[b].count; });
    for (const std::size_t shade : used) {
      const Colour mean = sums_[shade].mean();
      index_[shade] = colours_.size() < most_colours ? colours_.size() : nearest(mean);
      if (colours_.size() < most_colours) colours_.push_back(mean);
    }
  }

  std::size_t nearest(Colour colour) const {
    const auto closer = [&](Colour a, Colour b) { return distance(a, colour) < distance(b, colour); };
    return static_cast<std::size_t>(std::min_element(colours_.begin(), colours_.end(), closer) - colours_.begin());
  }

  std::vector<Sum> sums_;
  std::vector<std::size_t> index_;
  std::vector<Colour> colours_;
};

/// "!12~" for twelve of a kind.
void append_run(std::string& text, char sixel, int count) {
  if (count > 3)
    ((text += '!') += std::to_string(count)) += sixel;
  else
    text.append(static_cast<std::size_t>(count), sixel);
}

/// One colour's pixels of six rows; nothing if it has none.
void append_colour(std::string& text, const std::vector<std::uint8_t>& bits, std::size_t colour) {
  if (std::all_of(bits.begin(), bits.end(), [](std::uint8_t b) { return b == 0; })) return;
  (text += '#') += std::to_string(colour);
  for (std::size_t x = 0; x < bits.size();) {
    std::size_t end = x;
    while (end < bits.size() && bits[end] == bits[x]) ++end;
    append_run(text, static_cast<char>('?' + bits[x]), static_cast<int>(end - x));
    x = end;
  }
  text += '$';
}

void append_band(std::string& text, const Pixels& pixels, const ReducedPalette& palette, int top) {
  const auto width = static_cast<std::size_t>(pixels.width());
  std::vector<std::vector<std::uint8_t>> bits(palette.colours().size());
  for (int y = top; y < std::min(top + 6, pixels.height()); ++y)
    for (int x = 0; x < pixels.width(); ++x) {
      std::vector<std::uint8_t>& row = bits[palette.index_of(pixels.at(x, y))];
      row.resize(width);
      row[static_cast<std::size_t>(x)] |= static_cast<std::uint8_t>(1 << (y - top));
    }
  for (std::size_t colour = 0; colour < bits.size(); ++colour) append_colour(text, bits[colour], colour);
  text += '-';
}

}  // namespace

std::string sixel_of(const Pixels& pixels) {
  const ReducedPalette palette(pixels);
  const auto percent = [](std::uint8_t channel) { return std::to_string((channel * 100 + 127) / 255); };
  std::string text = "\x1bPq\"1;1;";
  ((text += std::to_string(pixels.width())) += ';') += std::to_string(pixels.height());
  for (std::size_t k = 0; k < palette.colours().size(); ++k) {
    const Colour colour = palette.colours()[k];
    (text += '#') += std::to_string(k);
    text += ";2";
    for (const std::uint8_t channel : {colour.red, colour.green, colour.blue}) (text += ';') += percent(channel);
  }
  for (int top = 0; top < pixels.height(); top += 6) append_band(text, pixels, palette, top);
  return text + "\x1b\\\n";
}

}  // namespace fuseval::tools
