// The CUDA emitter: a Value is a name, or a literal, in a text that is being written. One primitive is one line, which
// NVRTC (with --fmad=false) and a host compiler (with -ffp-contract=off) may not change: the bits are the CPU's.
//
// Integers are added, subtracted, multiplied and shifted left as unsigned numbers and cut to their width, so that
// nothing overflows in the sense of C++. Small integers are computed in 32 bits, as the hardware does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "codegen/cuda/text.hpp"
#include "codegen/emitter.hpp"
#include "ir/dtype.hpp"

namespace fuseval::codegen {

struct CudaValue {
  DType dtype = DType::float64;
  std::string text;  ///< an expression that needs no brackets
  bool operator==(const CudaValue&) const = default;
};

/// The prelude's name of a dtype: "f64", "i8", "bool".
const char* cuda_type(DType dtype);
/// The same in memory, where a bool is a byte of which every value but 0 is true.
const char* cuda_memory_type(DType dtype);
/// A literal of these bits (zero-extended to 64).
std::string cuda_literal(DType dtype, uint64_t bits);

/// Lookup tables that a module's functions share; they stand in front of the functions.
class CudaTables {
 public:
  /// The table's name.
  std::string name_of(std::span<const uint64_t> table, DType dtype);
  std::string text() const;

 private:
  std::map<std::string, std::string> definitions_;
};

class CudaEmitter {
 public:
  using Value = CudaValue;

  CudaEmitter(CudaText& text, CudaTables& tables) : text_(text), tables_(tables) {}

  DType dtype_of(const Value& v) const { return v.dtype; }
  /// A name for an expression.
  Value named(DType dtype, const std::string& expression);

  Value constant(DType dtype, uint64_t bits) { return {dtype, cuda_literal(dtype, bits)}; }
  Value real(DType dtype, double x);
  Value integer(DType dtype, int64_t x);

  Value add(const Value& a, const Value& b) { return arithmetic(a, "+", b); }
  Value sub(const Value& a, const Value& b) { return arithmetic(a, "-", b); }
  Value mul(const Value& a, const Value& b) { return arithmetic(a, "*", b); }
  Value div(const Value& a, const Value& b) { return binary(a, "/", b); }
  Value quotient(const Value& a, const Value& b) { return binary(a, "/", b); }
  Value rest(const Value& a, const Value& b) { return binary(a, "%", b); }
  Value fma(const Value& a, const Value& b, const Value& c);
  Value sqrt(const Value& a) { return call(a, "__fsqrt_rn", "__dsqrt_rn"); }

  Value bit_and(const Value& a, const Value& b) { return binary(a, "&", b); }
  Value bit_or(const Value& a, const Value& b) { return binary(a, "|", b); }
  Value bit_xor(const Value& a, const Value& b) { return binary(a, "^", b); }
  Value bit_not(const Value& a);
  Value shift_left(const Value& a, const Value& b) { return arithmetic(a, "<<", b); }
  Value shift_right(const Value& a, const Value& b) { return binary(a, ">>", b); }
  Value popcount(const Value& a);

  Value floor(const Value& a) { return call(a, "floorf", "floor"); }
  Value ceil(const Value& a) { return call(a, "ceilf", "ceil"); }
  Value trunc(const Value& a) { return call(a, "truncf", "trunc"); }
  Value rint(const Value& a) { return call(a, "rintf", "rint"); }
  Value neg(const Value& a) { return call(a, "flip_sign", "flip_sign"); }
  Value abs(const Value& a) { return call(a, "clear_sign", "clear_sign"); }

  Value eq(const Value& a, const Value& b) { return comparison(a, "==", b); }
  Value ne(const Value& a, const Value& b) { return comparison(a, "!=", b); }
  Value lt(const Value& a, const Value& b) { return comparison(a, "<", b); }
  Value le(const Value& a, const Value& b) { return comparison(a, "<=", b); }
  Value gt(const Value& a, const Value& b) { return comparison(a, ">", b); }
  Value ge(const Value& a, const Value& b) { return comparison(a, ">=", b); }

  Value select(const Value& mask, const Value& a, const Value& b);
  Value convert(const Value& a, DType to);
  Value bitcast(const Value& a, DType to);
  Value lookup(std::span<const uint64_t> table, DType dtype, const Value& index);

  /// A branch: a thread that does not need f's code goes around it.
  template <class F>
  Value rarely(const Value& mask, const Value& value, F&& f) {
    const Value result = variable(value);
    text_.open("if (" + mask.text + ") {");
    assign(result, f());
    text_.close();
    return result;
  }

  template <size_t K, class Active, class Step>
  std::array<Value, K> repeat_while(const std::array<Value, K>& first, Active&& active, Step&& step) {
    std::array<Value, K> state;
    for (size_t k = 0; k < K; ++k) state[k] = variable(first[k]);
    text_.open("while (true) {");
    text_.line("if (!{}) break;", active(state).text);
    std::array<Value, K> next = step(state);
    // A next value may be another one's present.
    for (Value& value : next) value = named(value.dtype, value.text);
    for (size_t k = 0; k < K; ++k) assign(state[k], next[k]);
    text_.close();
    return state;
  }

 private:
  Value variable(const Value& first);
  void assign(const Value& variable, const Value& value) { text_.line("{} = {};", variable.text, value.text); }
  Value arithmetic(const Value& a, const char* sign, const Value& b);
  Value binary(const Value& a, const char* sign, const Value& b);
  Value comparison(const Value& a, const char* sign, const Value& b);
  Value call(const Value& a, const char* of_float32, const char* of_float64);

  CudaText& text_;
  CudaTables& tables_;
};

}  // namespace fuseval::codegen
