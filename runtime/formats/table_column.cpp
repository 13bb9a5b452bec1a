#include "runtime/formats/table_column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

namespace fuseval::runtime {
namespace {

std::string_view stripped(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

bool is_missing(std::string_view cell) { return cell.empty() || cell == "NA"; }

/// from_chars takes no plus sign.
std::string_view without_plus(std::string_view cell) {
  const bool is_signed = cell.size() > 1 && cell[0] == '+' && cell[1] != '-' && cell[1] != '+';
  return is_signed ? cell.substr(1) : cell;
}

std::optional<int64_t> integer_of(std::string_view cell) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

/// Beyond the range of double: by way of a type with a larger one, and by the exponent's sign beyond that.
double out_of_range(std::string_view cell) {
  long double wide = 0;
  const bool is_wide = std::from_chars(cell.data(), cell.data() + cell.size(), wide).ec == std::errc();
  if (is_wide) return static_cast<double>(wide);
  const size_t exponent = cell.find_first_of("eE");
  const bool is_small = exponent != std::string_view::npos && cell.substr(exponent + 1).starts_with('-');
  const double size = is_small ? 0.0 : std::numeric_limits<double>::infinity();
  return cell[0] == '-' ? -size : size;
}

std::optional<double> real_of(std::string_view cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.find('(') != std::string_view::npos) return std::nullopt;  // nan(...)
  if (error == std::errc::result_out_of_range) return out_of_range(cell);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<bool> boolean_of(std::string_view cell) {
  for (const std::string_view word : {"True", "true", "TRUE"})
    if (cell == word) return true;
  for (const std::string_view word : {"False", "false", "FALSE"})
    if (cell == word) return false;
  return std::nullopt;
}

/// "1,5": digits on both sides of one comma.
bool has_decimal_comma(std::string_view cell) {
  std::string with_point(cell);
  const size_t comma = with_point.find(',');
  if (comma == std::string::npos) return false;
  with_point[comma] = '.';
  return real_of(with_point).has_value();
}

/// For a message: short, and without bytes that a terminal could act on.
std::string shown(std::string_view cell) {
  constexpr size_t most = 40;
  std::string result;
  for (const char c : cell.substr(0, most)) result += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
  return cell.size() > most ? result + "..." : result;
}

}  // namespace

bool is_value(std::string_view given) {
  const std::string_view cell = stripped(given);
  return is_missing(cell) || boolean_of(cell) || real_of(without_plus(cell));
}

bool TableColumn::try_to_add(std::string_view given) {
  const std::string_view cell = stripped(given);
  if (is_missing(cell)) {
    if (kind_ == Kind::boolean) return false;
    add_real(std::numeric_limits<double>::quiet_NaN());
    return true;
  }
  return add_number(without_plus(cell)) || add_boolean(cell);
}

bool TableColumn::add_number(std::string_view cell) {
  if (kind_ == Kind::boolean) return false;
  if (kind_ != Kind::real) {
    if (const auto integer = integer_of(cell)) {
      kind_ = Kind::integer;
      cells_.push_back(static_cast<uint64_t>(*integer));
      return true;
    }
  }
  const auto real = real_of(cell);
  if (real) add_real(*real);
  return real.has_value();
}

bool TableColumn::add_boolean(std::string_view cell) {
  const auto boolean = boolean_of(cell);
  if (!boolean || (kind_ != Kind::unknown && kind_ != Kind::boolean)) return false;
  kind_ = Kind::boolean;
  cells_.push_back(*boolean ? 1 : 0);
  return true;
}

void TableColumn::add_real(double value) {
  become_real();
  cells_.push_back(std::bit_cast<uint64_t>(value));
}

void TableColumn::become_real() {
  if (kind_ == Kind::integer)
    for (uint64_t& cell : cells_) cell = std::bit_cast<uint64_t>(static_cast<double>(static_cast<int64_t>(cell)));
  kind_ = Kind::real;
}

void TableColumn::make_words(std::string fault) {
  kind_ = Kind::words;
  fault_ = std::move(fault);
  cells_ = {};
}

std::string TableColumn::refusal(std::string_view given) const {
  const std::string_view cell = stripped(given);
  if (is_missing(cell)) return "a cell is missing, and a bool has no value for that";
  if (kind_ == Kind::boolean) return fmt::format("'{}' is neither true nor false, as the cells above are", shown(cell));
  if (has_decimal_comma(cell)) return fmt::format("'{}' has a decimal comma: write a point", shown(cell));
  return fmt::format("'{}' is no number", shown(cell));
}

DType TableColumn::dtype() const {
  if (kind_ == Kind::boolean) return DType::bool_;
  return kind_ == Kind::integer ? DType::int64 : DType::float64;
}

template <class T>
void TableColumn::store_as(char* target, size_t step) const {
  for (const uint64_t cell : cells_) {
    const T value =
        kind_ == Kind::real ? static_cast<T>(std::bit_cast<double>(cell)) : static_cast<T>(static_cast<int64_t>(cell));
    std::memcpy(target, &value, sizeof value);
    target += step;
  }
}

void TableColumn::store(char* target, DType dtype, size_t step) const {
  if (dtype == DType::bool_) return store_as<uint8_t>(target, step);
  if (dtype == DType::int64) return store_as<int64_t>(target, step);
  store_as<double>(target, step);
}

}  // namespace fuseval::runtime
