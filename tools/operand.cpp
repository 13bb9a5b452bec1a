#include "tools/operand.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "tools/arguments.hpp"
#include "tools/described_array.hpp"
#include "tools/encoding.hpp"

namespace fuseval::tools {
namespace {

/// A value that is not what it should be; parse_operand puts the argument's name before it.
struct BadValue {
  std::string reason;
};

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
      throw BadValue{"'" + std::string(text) + "' is out of range for " + name_of(dtype_of<T>())};
  }
  throw BadValue{"'" + std::string(text) + "' is no " + name_of(dtype_of<T>())};
}

std::string_view stripped(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "1,2,3", "1," and "" are arrays; "1" is a scalar.
template <class T>
void parse_elements(std::string_view list, Operand& operand) {
  if (list.find(',') == std::string_view::npos && !stripped(list).empty()) {
    operand.view = scalar<T>(parse_element<T>(stripped(list)));
    return;
  }
  size_t count = 0;
  while (!stripped(list).empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const T value = parse_element<T>(stripped(list.substr(0, comma)));
    operand.elements.resize(++count * sizeof(T));
    std::memcpy(operand.elements.data() + (count - 1) * sizeof(T), &value, sizeof(T));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  operand.view = View(operand.elements.data(), dtype_of<T>(), {static_cast<std::int64_t>(count)}, {}, FV_VIEW_READONLY);
}

void parse_typed(DType dtype, std::string_view list, Operand& operand) {
  switch (dtype) {
    case DType::bool_:
      return parse_elements<bool>(list, operand);
    case DType::int8:
      return parse_elements<std::int8_t>(list, operand);
    case DType::int16:
      return parse_elements<std::int16_t>(list, operand);
    case DType::int32:
      return parse_elements<std::int32_t>(list, operand);
    case DType::int64:
      return parse_elements<std::int64_t>(list, operand);
    case DType::uint8:
      return parse_elements<std::uint8_t>(list, operand);
    case DType::uint16:
      return parse_elements<std::uint16_t>(list, operand);
    case DType::uint32:
      return parse_elements<std::uint32_t>(list, operand);
    case DType::uint64:
      return parse_elements<std::uint64_t>(list, operand);
    case DType::float32:
      return parse_elements<float>(list, operand);
    case DType::float64:
      return parse_elements<double>(list, operand);
    case DType::float16:
    case DType::complex64:
    case DType::complex128:
      break;
  }
  throw BadValue{"values of dtype " + name_of(dtype) + " cannot be given on the command line"};
}

View weak_view(bool value) { return View::of_scalar(value, FV_VIEW_WEAK); }

void parse_value(std::string_view value, const World* world, Operand& operand) {
  constexpr std::string_view suffix = ".npy";
  const size_t colon = value.find(':');
  const int dtype =
      colon == std::string_view::npos ? -1 : fv_dtype_from_name(std::string(value.substr(0, colon)).c_str());
  if (value.size() > suffix.size() && value.substr(value.size() - suffix.size()) == suffix) {
    if (world != nullptr) {
      operand.parts = load(*world, std::string(value));
      return;
    }
    operand.file = std::make_unique<NpyFile>(std::string(value));
    operand.view = operand.file->view();
    return;
  }
  if (is_hdf5(value)) {
    if (world == nullptr) throw BadValue{"a file of HDF5 is read with --distributed"};
    operand.parts = load(*world, std::string(value));
    return;
  }
  if (const auto described = described_array(value)) {
    operand.view = *described;
    operand.is_described = true;
    return;
  }
  if (dtype >= 0) return parse_typed(static_cast<DType>(dtype), value.substr(colon + 1), operand);
  if (value == "True" || value == "False") {
    operand.view = weak_view(value == "True");
    return;
  }
  std::int64_t integer = 0;
  const Parsed parsed = parse_integer(value, integer);
  if (parsed == Parsed::out_of_range) throw BadValue{"the integer " + std::string(value) + " is beyond int64"};
  double number = 0;
  const bool only_digits = value.find_first_not_of("+-_0123456789") == std::string_view::npos;  // 007
  if (parsed == Parsed::yes)
    operand.view = View::of_scalar(integer, FV_VIEW_WEAK);
  else if (!only_digits && parse_float(value, number))
    operand.view = View::of_scalar(number, FV_VIEW_WEAK);
  else
    throw BadValue{"'" + std::string(value) + "' is no number, no .npy file, no FILE.h5:/DATASET and no dtype:values"};
}

}  // namespace

bool is_hdf5(std::string_view value) {
  for (const std::string_view ending : {".h5", ".hdf5", ".he5"}) {
    const size_t place = value.find(ending);
    if (place == 0 || place == std::string_view::npos) continue;
    const size_t end = place + ending.size();
    if (end == value.size() || value[end] == ':') return true;
  }
  return false;
}

Operand parse_operand(const std::string& argument, const World* world) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos)
    throw UsageError("argument '" + argument + "': a binding is name=value (an expression with blanks needs quotes)");
  Operand operand;
  const std::string written = argument.substr(0, equals);
  const std::optional<std::string> name = name_in_texts(written);
  if (!name) throw UsageError("argument '" + argument + "': '" + written + "' is no name");
  operand.name = *name;
  try {
    parse_value(std::string_view(argument).substr(equals + 1), world, operand);
  } catch (const BadValue& bad) {
    throw UsageError("argument '" + argument + "': " + bad.reason);
  } catch (const BadDescription& bad) {
    throw UsageError("argument '" + argument + "': " + bad.what());
  }
  return operand;
}

void distribute_as_planned(Operand& operand, const World& world) {
  const fv_view whole = operand.view.raw();
  if ((!operand.file && !operand.is_described) || whole.rank == 0) return;
  Distribution distribution(world, {whole.shape, whole.shape + whole.rank});
  std::vector<std::int64_t> strides;  // none: C order
  if (whole.byte_strides != nullptr) strides.assign(whole.byte_strides, whole.byte_strides + whole.rank);
  View part(whole.data, operand.view.dtype(), distribution.local_shape(), strides, whole.flags);
  operand.parts = DistributedArray(std::move(part), std::move(distribution));
}

Bindings bindings_of(const std::vector<Operand>& operands) {
  Bindings bindings;
  for (const Operand& operand : operands)
    operand.parts ? bindings.add(operand.name, *operand.parts) : bindings.add(operand.name, operand.view);
  return bindings;
}

}  // namespace fuseval::tools
