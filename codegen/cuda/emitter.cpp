#include "codegen/cuda/emitter.hpp"

#include <bit>
#include <cmath>

#include "codegen/scalar/format.hpp"

namespace fuseval::codegen {
namespace {

// FNV-1a over the entries: the same name in every process.
uint64_t hash_of(std::span<const uint64_t> table) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint64_t entry : table) hash = (hash ^ entry) * 0x100000001b3u;
  return hash;
}

std::string float_literal(DType dtype, uint64_t bits) {
  const bool is_single = dtype == DType::float32;
  const double x = is_single ? std::bit_cast<float>(static_cast<uint32_t>(bits)) : std::bit_cast<double>(bits);
  if (!std::isfinite(x))
    return is_single ? fmt::format("__int_as_float(0x{:x})", bits) : fmt::format("__longlong_as_double(0x{:x})", bits);
  const std::string digits = fmt::format("{:a}{}", x, is_single ? "f" : "");
  return std::signbit(x) ? "(" + digits + ")" : digits;
}

std::string integer_literal(DType dtype, uint64_t bits) {
  const bool wide = size_of(dtype) == 8;
  if (is_unsigned(dtype)) return fmt::format("{}{}", bits, wide ? "ull" : "u");
  const int unused = 64 - 8 * size_of(dtype);
  const int64_t value = static_cast<int64_t>(bits << unused) >> unused;
  // The smallest integer has no literal: it is minus one that is too large.
  if (bits == lowest_bits(dtype) && size_of(dtype) >= 4) return fmt::format("({}{} - 1)", value + 1, wide ? "ll" : "");
  const std::string digits = fmt::format("{}{}", value, wide ? "ll" : "");
  return value < 0 ? "(" + digits + ")" : digits;
}

}  // namespace

const char* cuda_type(DType dtype) {
  switch (dtype) {
    case DType::bool_:
      return "bool";
    case DType::int8:
      return "i8";
    case DType::int16:
      return "i16";
    case DType::int32:
      return "i32";
    case DType::int64:
      return "i64";
    case DType::uint8:
      return "u8";
    case DType::uint16:
      return "u16";
    case DType::uint32:
      return "u32";
    case DType::uint64:
      return "u64";
    case DType::float32:
      return "f32";
    case DType::float16:
    case DType::float64:
    case DType::complex64:
    case DType::complex128:
      break;  // of these, values are float64 only
  }
  return "f64";
}

const char* cuda_memory_type(DType dtype) { return is_bool(dtype) ? "u8" : cuda_type(dtype); }

std::string cuda_literal(DType dtype, uint64_t bits) {
  if (is_bool(dtype)) return bits ? "true" : "false";
  return is_float(dtype) ? float_literal(dtype, bits) : integer_literal(dtype, bits);
}

std::string CudaTables::name_of(std::span<const uint64_t> table, DType dtype) {
  const std::string name = fmt::format("table_{:x}_{}", hash_of(table), size_of(dtype));
  std::string& definition = definitions_[name];
  if (!definition.empty()) return name;
  definition = fmt::format("static __device__ const {} {}[{}] = {{", cuda_type(unsigned_of(dtype)), name, table.size());
  const uint64_t mask = ~uint64_t{0} >> (64 - width_of(dtype));
  for (size_t k = 0; k < table.size(); ++k)
    definition += fmt::format("{}0x{:x},", k % 6 == 0 ? "\n  " : " ", table[k] & mask);
  definition += "\n};\n";
  return name;
}

std::string CudaTables::text() const {
  std::string text;
  for (const auto& [name, definition] : definitions_) text += definition;
  return text;
}

CudaValue CudaEmitter::named(DType dtype, const std::string& expression) {
  Value value{dtype, text_.fresh()};
  text_.line("const {} {} = {};", cuda_type(dtype), value.text, expression);
  return value;
}

CudaValue CudaEmitter::variable(const Value& first) {
  Value value{first.dtype, text_.fresh()};
  text_.line("{} {} = {};", cuda_type(first.dtype), value.text, first.text);
  return value;
}

CudaValue CudaEmitter::real(DType dtype, double x) {
  if (dtype == DType::float32) return constant(dtype, std::bit_cast<uint32_t>(static_cast<float>(x)));
  return constant(dtype, std::bit_cast<uint64_t>(x));
}
CudaValue CudaEmitter::integer(DType dtype, int64_t x) {
  return constant(dtype, static_cast<uint64_t>(x) & (~uint64_t{0} >> (64 - width_of(dtype))));
}

CudaValue CudaEmitter::arithmetic(const Value& a, const char* sign, const Value& b) {
  if (is_float(a.dtype)) return binary(a, sign, b);
  const char* wide = size_of(a.dtype) == 8 ? "u64" : "u32";
  const char* type = cuda_type(a.dtype);
  return named(a.dtype, fmt::format("({})(({}){} {} ({}){})", type, wide, a.text, sign, wide, b.text));
}
CudaValue CudaEmitter::binary(const Value& a, const char* sign, const Value& b) {
  if (size_of(a.dtype) >= 4) return named(a.dtype, fmt::format("{} {} {}", a.text, sign, b.text));
  return named(a.dtype, fmt::format("({})({} {} {})", cuda_type(a.dtype), a.text, sign, b.text));
}
CudaValue CudaEmitter::comparison(const Value& a, const char* sign, const Value& b) {
  return named(DType::bool_, fmt::format("{} {} {}", a.text, sign, b.text));
}
CudaValue CudaEmitter::call(const Value& a, const char* of_float32, const char* of_float64) {
  return named(a.dtype, fmt::format("{}({})", a.dtype == DType::float32 ? of_float32 : of_float64, a.text));
}

CudaValue CudaEmitter::fma(const Value& a, const Value& b, const Value& c) {
  const char* name = a.dtype == DType::float32 ? "__fmaf_rn" : "__fma_rn";
  return named(a.dtype, fmt::format("{}({}, {}, {})", name, a.text, b.text, c.text));
}

CudaValue CudaEmitter::bit_not(const Value& a) {
  if (is_bool(a.dtype)) return named(a.dtype, "!" + a.text);
  return named(a.dtype, fmt::format("({})~{}", cuda_type(a.dtype), a.text));
}

CudaValue CudaEmitter::popcount(const Value& a) {
  const char* name = size_of(a.dtype) == 8 ? "__popcll" : "__popc";
  return named(a.dtype,
               fmt::format("({}){}(({}){})", cuda_type(a.dtype), name, cuda_type(unsigned_of(a.dtype)), a.text));
}

CudaValue CudaEmitter::select(const Value& mask, const Value& a, const Value& b) {
  return named(a.dtype, fmt::format("{} ? {} : {}", mask.text, a.text, b.text));
}

CudaValue CudaEmitter::convert(const Value& a, DType to) {
  if (a.dtype == to) return a;
  if (is_bool(to)) return ne(a, constant(a.dtype, 0));
  return named(to, fmt::format("({}){}", cuda_type(to), a.text));
}

CudaValue CudaEmitter::bitcast(const Value& a, DType to) {
  if (a.dtype == to) return a;
  if (is_bool(to)) return ne(a, constant(a.dtype, 0));
  const bool single = size_of(to) == 4;
  if (is_float(a.dtype))
    return named(to,
                 fmt::format("({}){}({})", cuda_type(to), single ? "__float_as_int" : "__double_as_longlong", a.text));
  if (is_float(to))
    return named(to, fmt::format("{}(({}){})", single ? "__int_as_float" : "__longlong_as_double",
                                 single ? "i32" : "i64", a.text));
  return named(to, fmt::format("({}){}", cuda_type(to), a.text));
}

CudaValue CudaEmitter::lookup(std::span<const uint64_t> table, DType dtype, const Value& index) {
  const DType entry = unsigned_of(dtype);
  return bitcast(named(entry, fmt::format("{}[{}]", tables_.name_of(table, dtype), index.text)), dtype);
}

static_assert(Emitter<CudaEmitter>);

}  // namespace fuseval::codegen
