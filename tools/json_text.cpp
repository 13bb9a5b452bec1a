#include "tools/json_text.hpp"

#include <cmath>

#include "tools/element.hpp"
#include "tools/float_text.hpp"

namespace fuseval::tools {
namespace {

template <class T>
std::string json_number(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return "\"NaN\"";
    if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    return scalar_float(value);
  } else {
    return std::to_string(value);
  }
}

/// Gathers small pieces: a call of the C library for every number would cost more than making its text.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  ~Writer() { flush(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(std::string_view piece) {
    text_ += piece;
    if (text_.size() > (1 << 16)) flush();
  }

  template <class T>
  void value(const fv_view& array, int axis, const char* address) {
    if (axis == array.rank) {
      if constexpr (std::is_same_v<T, bool>)
        return put(load<unsigned char>(address) ? "true" : "false");
      else
        return put(json_number(load<T>(address)));
    }
    put("[");
    for (std::int64_t i = 0; i < array.shape[axis]; ++i) {
      if (i > 0) put(", ");
      value<T>(array, axis + 1, address + i * array.byte_strides[axis]);
    }
    put("]");
  }

 private:
  void flush() {
    std::fwrite(text_.data(), 1, text_.size(), file_);
    text_.clear();
  }

  std::FILE* file_;
  std::string text_;
};

}  // namespace

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\') {
      (result += '\\') += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ') {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += escaped;
    } else {
      result += c;
    }
  }
  return result + '"';
}

void write_json_value(std::FILE* file, const fv_view& array) {
  Writer writer(file);
  with_element_type(static_cast<DType>(array.dtype), [&](auto example) {
    writer.value<decltype(example)>(array, 0, static_cast<const char*>(array.data));
  });
}

}  // namespace fuseval::tools
