#include "runtime/npy_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "ir/error.hpp"

namespace fuseval::runtime {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr size_t most_header_bytes = size_t{1} << 20;

[[noreturn]] void fail(const std::string& reason) { throw Error(ErrorCode::file, reason); }

/// Text from the file for a message: short, and without bytes that a terminal could act on.
std::string shown(std::string_view text) {
  constexpr size_t most = 40;
  std::string result;
  for (const char c : text.substr(0, most)) result += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > most ? result + "..." : result;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The few Python literals that a header is made of.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  char peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n\f").find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("its header has {} where '{}' belongs", here(), c));
  }
  bool at_end() { return peek() == '\0' && at_ >= text_.size(); }

  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail(fmt::format("its header has {} where a string belongs", here()));
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\\' && text_[at_] != '\n') ++at_;
    if (at_ >= text_.size() || text_[at_] != quote) fail("its header has a string that does not end");
    return text_.substr(begin, at_++ - begin);
  }

  bool boolean() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    fail(fmt::format("its header has {} where True or False belongs", here()));
  }

  int64_t extent() {
    if (peek() == '-') fail("its header has a negative extent");
    if (!is_digit(peek())) fail(fmt::format("its header has {} where an extent belongs", here()));
    int64_t value = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_)
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text_[at_] - '0', &value))
        fail("its header has an extent beyond 2^63 - 1");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    return value;
  }

  std::string here() { return at_end() ? "its end" : fmt::format("'{}'", shown(text_.substr(at_, 12))); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

Shape read_shape(Reader& reader) {
  Shape shape;
  reader.expect('(');
  while (!reader.accept(')')) {
    shape.push_back(reader.extent());
    if (shape.size() > max_rank) fail(fmt::format("it has more than {} dimensions", max_rank));
    if (reader.accept(')')) {
      if (shape.size() == 1) fail("its header has a number where a tuple belongs as shape");
      break;
    }
    reader.expect(',');
  }
  return shape;
}

std::optional<DType> dtype_from_code(std::string_view code) {
  if (code == "?" || code == "b1") return DType::bool_;
  constexpr std::pair<std::string_view, DType> codes[] = {
      {"i1", DType::int8},       {"i2", DType::int16},   {"i4", DType::int32},   {"i8", DType::int64},
      {"u1", DType::uint8},      {"u2", DType::uint16},  {"u4", DType::uint32},  {"u8", DType::uint64},
      {"f2", DType::float16},    {"f4", DType::float32}, {"f8", DType::float64}, {"c8", DType::complex64},
      {"c16", DType::complex128}};
  for (const auto& [name, dtype] : codes)
    if (name == code) return dtype;
  return dtype_from_name(code);
}

std::string_view family(char kind) {
  switch (kind) {
    case 'O':
      return "an object";
    case 'S':
    case 'a':
    case 'U':
      return "a string";
    case 'V':
      return "a void";
    case 'M':
      return "a datetime";
    case 'm':
      return "a timedelta";
    default:
      return "an unknown";
  }
}

void read_descr(Reader& reader, NpyHeader& header) {
  if (reader.peek() == '[') fail("its dtype is structured: only plain numbers are read");
  if (reader.peek() == '(') fail("its dtype is a subarray: only plain numbers are read");
  const std::string_view descr = reader.string();
  std::string_view code = descr;
  char order = '=';
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
    order = code[0];
    code.remove_prefix(1);
  }
  const std::optional<DType> dtype = dtype_from_code(code);
  if (!dtype)
    fail(fmt::format("its dtype '{}' is {} one: only plain numbers are read", shown(descr),
                     family(code.empty() ? '\0' : code[0])));
  const bool foreign = order == (std::endian::native == std::endian::little ? '>' : '<');
  header.dtype = *dtype;
  header.swapped = foreign && size_of(*dtype) > 1;
}

/// As NumPy, extents of 0 do not excuse the others.
void check_size(const NpyHeader& header) {
  int64_t bytes = size_of(header.dtype);
  for (const int64_t extent : header.shape)
    if (extent != 0 && __builtin_mul_overflow(bytes, extent, &bytes))
      fail(fmt::format("its shape {} of {} takes more than 2^63 - 1 bytes", to_string(header.shape),
                       name_of(header.dtype)));
}

}  // namespace

NpyPrefix parse_npy_prefix(std::string_view start) {
  if (start.substr(0, magic.size()) != magic) fail("it is not a .npy file: the magic string is missing");
  if (start.size() < 10) fail("it ends within its header");
  const auto byte = [&](size_t k) { return static_cast<size_t>(static_cast<unsigned char>(start[k])); };
  const size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    fail(fmt::format("it has .npy format version {}.{}: 1.0, 2.0 and 3.0 are read", version, byte(7)));
  if (version > 1 && start.size() < NpyPrefix::most_bytes) fail("it ends within its header");
  NpyPrefix prefix{10, byte(8) | byte(9) << 8};
  if (version > 1) prefix = {12, prefix.header_bytes | byte(10) << 16 | byte(11) << 24};
  if (prefix.header_bytes > most_header_bytes)
    fail(fmt::format("its header says to be {} bytes long; at most {} are read", prefix.header_bytes,
                     most_header_bytes));
  return prefix;
}

NpyHeader parse_npy_header(std::string_view text) {
  constexpr std::string_view keys[] = {"descr", "fortran_order", "shape"};
  bool seen[] = {false, false, false};
  NpyHeader header;
  Reader reader(text);
  reader.expect('{');
  while (!reader.accept('}')) {
    const std::string_view key = reader.string();
    const size_t which = static_cast<size_t>(std::find(std::begin(keys), std::end(keys), key) - std::begin(keys));
    if (which == std::size(keys)) fail(fmt::format("its header has an unknown key '{}'", shown(key)));
    if (std::exchange(seen[which], true)) fail(fmt::format("its header has the key '{}' twice", key));
    reader.expect(':');
    if (which == 0) read_descr(reader, header);
    if (which == 1) header.fortran_order = reader.boolean();
    if (which == 2) header.shape = read_shape(reader);
    if (reader.accept('}')) break;
    reader.expect(',');
  }
  if (!reader.at_end()) fail(fmt::format("its header has {} after the dictionary", reader.here()));
  for (size_t k = 0; k < std::size(keys); ++k)
    if (!seen[k]) fail(fmt::format("its header lacks the key '{}'", keys[k]));
  check_size(header);
  return header;
}

size_t data_bytes(const NpyHeader& header) {
  return static_cast<size_t>(element_count(header.shape)) * static_cast<size_t>(size_of(header.dtype));
}

std::string make_npy_header(DType dtype, bool fortran_order, const Shape& shape) {
  constexpr std::string_view kinds = "biufc";
  const int bytes = size_of(dtype);
  const char order = bytes == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  std::string text = fmt::format("{{'descr': '{}{}{}', 'fortran_order': {}, 'shape': {}, }}", order,
                                 kinds[static_cast<size_t>(kind_of(dtype))], bytes, fortran_order ? "True" : "False",
                                 to_string(shape));
  const size_t length =
      (10 + text.size() + 1 + 63) / 64 * 64 - 10;  // at most 64 extents of 21 bytes: version 1 holds it
  text.append(length - text.size() - 1, ' ');
  std::string result(magic);
  for (const size_t byte : {size_t{1}, size_t{0}, length & 255, length >> 8}) result += static_cast<char>(byte);
  return result + text + '\n';
}

}  // namespace fuseval::runtime
