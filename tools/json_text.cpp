// Why the numbers are not nlohmann::json's: its floats are not always the shortest (Grisu2: 1 592 of 1 999 032 random
// doubles and 4 320 of 1 992 180 random floats are longer than they need be), a tree of 10^7 doubles takes 400 MB, and
// writing them takes 1.2 to 1.5 s against 0.4 s of std::to_chars.
#include "tools/json_text.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tools/element.hpp"
#include "tools/float_text.hpp"

namespace fuseval::tools {
namespace {

template <class T>
void append_number(std::string& text, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    text += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    char digits[24];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  } else if (std::isnan(value)) {
    text += "\"NaN\"";
  } else if (std::isinf(value)) {
    text += value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  } else {
    append_scalar_float(text, value);
  }
}

/// Gathers small pieces: a call of the C library for every number would cost more than making its text.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  ~Writer() { flush(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>
  void value(const fv_view& array, int axis, const char* address) {
    if (axis == array.rank) return append_number(text_, load<T>(address));
    text_ += '[';
    for (std::int64_t i = 0; i < array.shape[axis]; ++i) {
      if (i > 0) text_ += ',';
      value<T>(array, axis + 1, address + i * array.byte_strides[axis]);
      if (text_.size() > (1 << 16)) flush();
    }
    text_ += ']';
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

std::string json_text(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_json_array(std::FILE* file, const Array& array) {
  std::string head = json_text({{"dtype", name_of(array.dtype())}, {"shape", array.shape()}});
  head.back() = ',';  // the object goes on
  std::fprintf(file, "%s\"value\":", head.c_str());
  const View view = array.view();
  const fv_view raw = view.raw();
  with_element_type(array.dtype(), [&](auto example) {
    Writer(file).value<decltype(example)>(raw, 0, static_cast<const char*>(raw.data));
  });
  std::fputs("}", file);
}

}  // namespace fuseval::tools
