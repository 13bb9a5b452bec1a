#include "runtime/formats/table_write.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "ir/error.hpp"

namespace fuseval::runtime {
namespace {

constexpr size_t text_piece_bytes = size_t{1} << 16;

struct Column {
  const char* data;
  int64_t stride;
  void (*append)(std::string& text, const char* element);
};

template <class T>
void append_element(std::string& text, const char* element) {
  T value;
  std::memcpy(&value, element, sizeof value);
  char digits[32];
  char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text.append(digits, end);
  if constexpr (std::is_floating_point_v<T>)
    if (std::isfinite(value) &&
        std::string_view(digits, static_cast<size_t>(end - digits)).find_first_of(".e") == std::string_view::npos)
      text += ".0";
}

void append_bool(std::string& text, const char* element) { text += *element != 0 ? "True" : "False"; }

auto appender_of(DType dtype) -> void (*)(std::string&, const char*) {
  switch (dtype) {
    case DType::bool_:
      return append_bool;
    case DType::int8:
      return append_element<int8_t>;
    case DType::int16:
      return append_element<int16_t>;
    case DType::int32:
      return append_element<int32_t>;
    case DType::int64:
      return append_element<int64_t>;
    case DType::uint8:
      return append_element<uint8_t>;
    case DType::uint16:
      return append_element<uint16_t>;
    case DType::uint32:
      return append_element<uint32_t>;
    case DType::uint64:
      return append_element<uint64_t>;
    case DType::float32:
      return append_element<float>;
    case DType::float64:
      return append_element<double>;
    case DType::float16:
    case DType::complex64:
    case DType::complex128:
      break;
  }
  throw Error(ErrorCode::unsupported, fmt::format("arrays of {} are not written as text", name_of(dtype)));
}

std::vector<Column> columns_of(std::span<const NamedView> arrays) {
  std::vector<Column> columns;
  for (const NamedView& array : arrays) {
    const ArrayView& view = array.view;
    const int64_t count = view.shape.size() == 2 ? view.shape[1] : 1;
    for (int64_t k = 0; k < count; ++k)
      columns.push_back({view.data + (k > 0 ? k * view.strides[1] : 0), view.shape.empty() ? 0 : view.strides[0],
                         appender_of(view.dtype)});
  }
  return columns;
}

void append_name(std::string& text, const std::string& name, char separator) {
  if (name.find_first_of("\"\r\n") == std::string::npos && name.find(separator) == std::string::npos) {
    text += name;
    return;
  }
  text += '"';
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  text += '"';
}

void write_table(std::span<const NamedView> arrays, char separator, const ByteSink& sink) {
  require_table(arrays);
  const std::vector<Column> columns = columns_of(arrays);
  std::string text;
  for (size_t k = 0; arrays.size() > 1 && k < arrays.size(); ++k) {
    if (k > 0) text += separator;
    append_name(text, arrays[k].name, separator);
  }
  if (!text.empty()) text += '\n';
  const Shape& shape = arrays[0].view.shape;
  const int64_t rows = columns.empty() ? 0 : shape.empty() ? 1 : shape[0];
  for (int64_t i = 0; i < rows; ++i) {
    for (size_t k = 0; k < columns.size(); ++k) {
      if (k > 0) text += separator;
      columns[k].append(text, columns[k].data + i * columns[k].stride);
      if (text.size() < text_piece_bytes) continue;
      sink(text.data(), text.size());
      text.clear();
    }
    text += '\n';
  }
  sink(text.data(), text.size());
}

}  // namespace

void require_table(std::span<const NamedView> arrays) {
  const size_t most_axes = arrays.size() == 1 ? 2 : 1;
  for (const NamedView& array : arrays) {
    const Shape& shape = array.view.shape;
    if (arrays.size() == 1 && shape.size() > most_axes)
      throw Error(ErrorCode::shape,
                  fmt::format("an array of shape {} is no table, which has rows and columns", to_string(shape)));
    if (arrays.size() > 1 && (shape.size() > most_axes || shape != arrays[0].view.shape))
      throw Error(ErrorCode::shape, fmt::format("arrays of shapes {} and {} are no columns of one table",
                                                to_string(arrays[0].view.shape), to_string(shape)));
    appender_of(array.view.dtype);
  }
}

void write_csv(std::span<const NamedView> arrays, const ByteSink& sink) { write_table(arrays, ',', sink); }
void write_tsv(std::span<const NamedView> arrays, const ByteSink& sink) { write_table(arrays, '\t', sink); }
void write_txt(std::span<const NamedView> arrays, const ByteSink& sink) { write_table(arrays, ' ', sink); }

}  // namespace fuseval::runtime
