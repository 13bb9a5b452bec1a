#include "tools/repl/plot_words.hpp"

#include <string_view>

#include "tools/encoding.hpp"
#include "tools/picture/picture.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

/// Where a setting's name begins and ends, and its value begins: places of the whole.
struct Place {
  size_t name, name_end, value;
};

std::vector<Place> places_of(const Passage& passage) {
  const std::string_view whole = passage.whole();
  const size_t begin = passage.is_empty() ? 0 : static_cast<size_t>(passage.text().data() - whole.data());
  const std::string_view text = passage.text();
  std::vector<Place> places;
  for (const size_t at : find_outside(text, '=')) {
    const bool is_comparison = text.substr(at + 1, 1) == "=" ||
                               (at > 0 && std::string_view("=<>!").find(text[at - 1]) != std::string_view::npos);
    const size_t last = at == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", at - 1);
    if (is_comparison || last == std::string_view::npos || !is_name_byte(text[last])) continue;
    size_t first = last;
    while (first > 0 && is_name_byte(text[first - 1])) --first;
    places.push_back({begin + first, begin + last + 1, begin + at + 1});
  }
  return places;
}

Passage without_last_commas(const Passage& passage) {
  const std::string_view text = passage.text();
  const size_t last = text.find_last_not_of(", \t\r\n");
  const size_t length = last == std::string_view::npos ? 0 : last + 1;
  return text.empty() ? passage : passage.until(static_cast<size_t>(text.data() - passage.whole().data()) + length);
}

/// The last word if it is a picture's name, also of a kind that is then refused, and no setting's value; else "".
std::string picture_path(const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.last_word().text());
  if (words.size() != 1 || !(is_picture_name(words[0]) || is_other_picture_name(words[0]))) return "";
  const std::string_view before = arguments.before_last_word().text();
  const bool is_value = before.ends_with('=') || !places_of(arguments.last_word()).empty();
  return is_value ? "" : from_home(words[0]);
}

}  // namespace

PlotWords plot_words(const Passage& arguments) {
  PlotWords words;
  words.path = picture_path(arguments);
  const Passage rest = words.path.empty() ? arguments : arguments.before_last_word();
  const std::vector<Place> places = places_of(rest);
  words.expression = places.empty() ? rest : without_last_commas(rest.until(places[0].name));
  for (size_t k = 0; k < places.size(); ++k) {
    const Passage value = k + 1 < places.size() ? rest.until(places[k + 1].name) : rest;
    words.settings.push_back({std::string(rest.whole().substr(places[k].name, places[k].name_end - places[k].name)),
                              without_last_commas(value.from(places[k].value))});
  }
  return words;
}

std::string plain_value(const Passage& value) {
  const std::string_view text = value.text();
  const bool is_quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
}

}  // namespace fuseval::tools
