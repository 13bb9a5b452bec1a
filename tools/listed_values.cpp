#include "tools/listed_values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "tools/element.hpp"

namespace fuseval::tools {
namespace {

constexpr int most_axes = FV_MAX_RANK;

/// Python's rule: underscores stand between digits. Empty when they do not.
std::string without_underscores(std::string_view text) {
  std::string result;
  for (size_t k = 0; k < text.size(); ++k) {
    const bool between = k > 0 && k + 1 < text.size() && std::isalnum(static_cast<unsigned char>(text[k - 1])) &&
                         std::isalnum(static_cast<unsigned char>(text[k + 1]));
    if (text[k] == '_' && !between) return {};
    if (text[k] != '_') result += text[k];
  }
  return result;
}

enum class Parsed { yes, no, out_of_range };

/// A Python integer literal with an optional sign.
template <class T>
Parsed parse_integer(std::string_view literal, T& value) {
  std::string digits = without_underscores(literal);
  const bool negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.erase(0, 1);
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) digits.erase(0, 2);
  }
  if (digits.empty() || digits[0] == '-') return Parsed::no;
  if (base == 10 && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
    return Parsed::no;  // 007 is no literal of Python's
  if (negative) digits.insert(0, 1, '-');
  if constexpr (std::is_unsigned_v<T>)
    if (negative) {
      std::int64_t below = 0;
      const Parsed parsed = parse_integer(literal, below);
      value = 0;
      return parsed == Parsed::yes && below != 0 ? Parsed::out_of_range : parsed;
    }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end != digits.data() + digits.size()) return Parsed::no;
  return error == std::errc::result_out_of_range ? Parsed::out_of_range : Parsed::yes;
}

/// A Python floating or integer literal with an optional sign, or inf or nan. Too large ones are infinite, as Python's.
template <class T>
bool parse_float(std::string_view literal, T& value) {
  const std::string text = without_underscores(literal);
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::string_view rest = std::string_view(text).substr(sign);
  const bool word = rest == "inf" || rest == "nan";
  if (!word && (rest.empty() || rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos)) return false;
  char* end = nullptr;
  if constexpr (std::is_same_v<T, float>)
    value = std::strtof(text.c_str(), &end);
  else
    value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size();
}

bool parse_bool(std::string_view text, bool& value) {
  value = text == "True" || text == "1";
  return value || text == "False" || text == "0";
}

template <class T>
T parse_element(std::string_view text) {
  T value{};
  if constexpr (std::is_same_v<T, bool>) {
    if (parse_bool(text, value)) return value;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (parse_float(text, value)) return value;
  } else {
    const Parsed parsed = parse_integer(text, value);
    if (parsed == Parsed::yes) return value;
    if (parsed == Parsed::out_of_range)
      throw BadValue("'" + std::string(text) + "' is out of range for " + name_of(dtype_of<T>()));
  }
  throw BadValue("'" + std::string(text) + "' is no " + name_of(dtype_of<T>()));
}

std::string_view stripped(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// The items of a list in order, and its shape.
struct Items {
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> shape;
};

/// Nested brackets. Positions in messages are characters of the value, from 1.
class BracketReader {
 public:
  explicit BracketReader(std::string_view text) : text_(text) {}

  Items read() {
    read_list(0);
    skip_blanks();
    if (at_ < text_.size()) fail("there is something behind the list");
    return std::move(items_);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw BadValue(reason + " (character " + std::to_string(at_ + 1) + ")");
  }

  void note_extent(size_t depth, std::int64_t extent) {
    if (extents_[depth] && *extents_[depth] != extent)
      fail("a list of " + std::to_string(extent) + " stands beside one of " + std::to_string(*extents_[depth]));
    extents_[depth] = extent;
  }

  /// Lists and numbers are not beside each other: all numbers are equally deep.
  void read_item(size_t depth) {
    if (accept('[')) {
      --at_;
      if (leaf_depth_ && *leaf_depth_ <= depth) fail("a list stands where a number does in others");
      return read_list(depth);
    }
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ']' && text_[at_] != '[') ++at_;
    if (extents_.size() > depth || (leaf_depth_ && *leaf_depth_ != depth))
      fail("a number stands where a list does in others");
    leaf_depth_ = depth;
    std::string_view item = text_.substr(begin, at_ - begin);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item.empty()) fail("a number is missing");
    items_.texts.push_back(item);
  }

  void read_list(size_t depth) {
    if (!accept('[')) fail("a bracket is missing");
    if (depth >= most_axes) fail("the list is nested too deeply");
    if (extents_.size() <= depth) extents_.resize(depth + 1);
    std::int64_t count = 0;
    while (!accept(']')) {
      if (count > 0 && !accept(',')) fail("a comma or ] is missing");
      if (count > 0 && accept(']')) break;
      read_item(depth + 1);
      ++count;
    }
    note_extent(depth, count);
    if (depth > 0) return;
    for (const auto& extent : extents_) items_.shape.push_back(extent.value_or(0));
  }

  std::string_view text_;
  size_t at_ = 0;
  Items items_;
  std::vector<std::optional<std::int64_t>> extents_;
  std::optional<size_t> leaf_depth_;
};

Items split_at_commas(std::string_view list) {
  Items items;
  while (!stripped(list).empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    items.texts.push_back(stripped(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  items.shape = {static_cast<std::int64_t>(items.texts.size())};
  return items;
}

Items items_of(std::string_view text) {
  return stripped(text).starts_with('[') ? BracketReader(stripped(text)).read() : split_at_commas(text);
}

bool is_bool_word(std::string_view text) { return text == "True" || text == "False"; }

bool is_integer(std::string_view text) {
  std::int64_t value = 0;
  const Parsed parsed = parse_integer(text, value);
  if (parsed == Parsed::out_of_range) throw BadValue("the integer " + std::string(text) + " is beyond int64");
  return parsed == Parsed::yes;
}

DType inferred(const std::vector<std::string_view>& texts) {
  if (texts.empty()) return DType::float64;
  if (std::all_of(texts.begin(), texts.end(), is_bool_word)) return DType::bool_;
  return std::all_of(texts.begin(), texts.end(), is_integer) ? DType::int64 : DType::float64;
}

ListedValues parsed(const Items& items, DType dtype) {
  if (dtype == DType::float16 || dtype == DType::complex64 || dtype == DType::complex128)
    throw BadValue("values of dtype " + name_of(dtype) + " cannot be given on the command line");
  ListedValues values{dtype, items.shape, {}};
  with_element_type(dtype, [&](auto example) {
    using T = decltype(example);
    values.bytes.resize(items.texts.size() * sizeof(T));
    for (size_t k = 0; k < items.texts.size(); ++k) {
      const T value = parse_element<T>(items.texts[k]);
      std::memcpy(values.bytes.data() + k * sizeof(T), &value, sizeof(T));
    }
  });
  return values;
}

}  // namespace

View ListedValues::view() const {
  return View(const_cast<unsigned char*>(bytes.data()), dtype, shape, {}, FV_VIEW_READONLY);
}

bool is_list(std::string_view given) {
  const std::string_view text = stripped(given);
  if (text.starts_with('[')) return true;
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view first = stripped(text.substr(0, comma));
  double number = 0;
  std::int64_t integer = 0;
  return is_bool_word(first) || parse_integer(first, integer) != Parsed::no || parse_float(first, number);
}

ListedValues parse_list(std::string_view text, std::optional<DType> dtype) {
  const Items items = items_of(text);
  return parsed(items, dtype ? *dtype : inferred(items.texts));
}

ListedValues parse_typed(std::string_view text, DType dtype) {
  const std::string_view plain = stripped(text);
  const bool is_scalar = !plain.empty() && plain.find_first_of(",[") == std::string_view::npos;
  return is_scalar ? parsed({{plain}, {}}, dtype) : parse_list(text, dtype);
}

std::optional<View> parse_python_number(std::string_view text) {
  if (is_bool_word(text)) return View::of_scalar(text == "True", FV_VIEW_WEAK);
  std::int64_t integer = 0;
  const Parsed parsed = parse_integer(text, integer);
  if (parsed == Parsed::out_of_range) throw BadValue("the integer " + std::string(text) + " is beyond int64");
  if (parsed == Parsed::yes) return View::of_scalar(integer, FV_VIEW_WEAK);
  double number = 0;
  const bool only_digits = text.find_first_not_of("+-_0123456789") == std::string_view::npos;  // 007
  if (!only_digits && parse_float(text, number)) return View::of_scalar(number, FV_VIEW_WEAK);
  return std::nullopt;
}

}  // namespace fuseval::tools
