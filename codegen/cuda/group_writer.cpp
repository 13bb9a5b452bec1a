#include "codegen/cuda/group_writer.hpp"

#include <algorithm>

#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

// Bytes in flight against registers, as in elementwise.cpp.
constexpr int group_loads_in_flight = 4;
constexpr int group_max_elements = 32;
constexpr int group_max_elementary = 16;

}  // namespace

int cuda_group_rows(const LoopNest& nest, int width) {
  int loads = 0, rows = group_loads_in_flight;
  for (const Accumulator& accumulator : nest.accumulators)
    if (accumulator.reduction == Reduction::moment2) return moment_leaf_rows;
  for (const Operand& operand : nest.operands) loads += operand.kind == OperandKind::load && !operand.in_epilogue;
  const int elementary = cuda_elementary_count(nest.body);
  while (rows > 1 && (rows * loads > group_loads_in_flight || rows * width > group_max_elements ||
                      rows * width * elementary > group_max_elementary))
    rows /= 2;
  return rows;
}

GroupWriter::GroupWriter(NestWriter& writer, const StateWriter& states, const GroupShape& shape)
    : writer_(writer), states_(states), nest_(writer.nest), shape_(shape), parallel_(nest_.parallel_rank()) {}

template <class F>
void GroupWriter::each(OperandKind kind, F&& f) {
  for (uint32_t k = 0; k < nest_.operands.size(); ++k)
    if (nest_.operands[k].kind == kind && !nest_.operands[k].in_epilogue) f(k, nest_.operands[k].dtype);
}

bool GroupWriter::moves_in_vector(uint32_t operand) const {
  return layout_class(nest_, nest_.operands[operand]) != LayoutClass::invariant;
}

void GroupWriter::item(CudaText& text) {
  const auto base = [&](uint32_t k, DType) { text.line("char* const b{} = {};", k, writer_.address(k, 0, parallel_)); };
  each(OperandKind::load, base);
  each(OperandKind::store, base);
  // Where nothing is reduced there may be nothing to load.
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (!is_fixed(k)) return;
    if (is_serial() && shape_.width > 1 && moves_in_vector(k)) {
      text.line("{} x{}[{}] = {{}};", cuda_memory_type(dtype), k, shape_.width);
      text.open(fmt::format("if ({} > 0) {{", writer_.number(CudaNumber::reduced)));
      vector_load(text, k, dtype, fmt::format("b{}", k), fmt::format("x{}[", k));
      text.close();
    } else {
      text.line("const {0} x{1} = {2} > 0 ? {3} : ({0})0;", cuda_memory_type(dtype), k,
                writer_.number(CudaNumber::reduced), cuda_load(dtype, fmt::format("b{}", k)));
    }
  });
}

std::string GroupWriter::element_number(const std::string& row, const std::string& k) const {
  std::string number = fmt::format("first + {} * {}", row, shape_.row_step);
  if (is_serial() || shape_.width == 1) return number;
  return number + (shape_.adjacent ? " + " + k : fmt::format(" + {} * 32", k));
}

// Of the element whose reduce indexes are known.
std::string GroupWriter::place(uint32_t operand) {
  const std::string bytes = writer_.offset(operand, parallel_, nest_.rank());
  return bytes.empty() ? fmt::format("b{}", operand) : fmt::format("b{} + ({})", operand, bytes);
}

void GroupWriter::open_elements(CudaText& text) {
  text.line("#pragma unroll");
  text.open(fmt::format("for (int g = 0; g < {}; ++g) {{", shape_.rows));
  text.line("#pragma unroll");
  text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", shape_.width));
  text.line("const ix e = {};", element_number("g", "k"));
}
void GroupWriter::close_elements(CudaText& text) {
  text.close();
  text.close();
}

void GroupWriter::declare(CudaText& text) {
  const int slots = shape_.rows * shape_.width;
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (is_fixed(k)) return;
    text.line("{} x{}[{}];", cuda_memory_type(dtype), k, slots);
  });
  each(OperandKind::store,
       [&](uint32_t k, DType dtype) { text.line("{} y{}[{}];", cuda_memory_type(dtype), k, slots); });
  for (const uint32_t a : states_.moments()) text.line("{} z{}[{}];", cuda_type(nest_.accumulators[a].dtype), a, slots);
}

// width elements to `to` + k + "]", in pieces of up to 16 bytes.
void GroupWriter::vector_load(CudaText& text, uint32_t operand, DType dtype, const std::string& from,
                              const std::string& to) {
  const char* type = cuda_memory_type(dtype);
  const int piece = cuda_access_bytes(nest_.operands[operand], shape_.width) / size_of(dtype);
  for (int begin = 0; begin < shape_.width; begin += piece) {
    text.open("{");
    text.line("const Vector<{0}, {1}> w = *(const Vector<{0}, {1}>*)({2} + {3});", type, piece, from,
              begin * size_of(dtype));
    text.line("#pragma unroll");
    text.line("for (int k = 0; k < {}; ++k) {}{} + k] = w.at[k];", piece, to, begin);
    text.close();
  }
}
void GroupWriter::vector_store(CudaText& text, uint32_t operand, DType dtype) {
  const char* type = cuda_memory_type(dtype);
  const int piece = cuda_access_bytes(nest_.operands[operand], shape_.width) / size_of(dtype);
  for (int begin = 0; begin < shape_.width; begin += piece) {
    text.open("{");
    text.line("Vector<{}, {}> w;", type, piece);
    text.line("#pragma unroll");
    text.line("for (int k = 0; k < {}; ++k) w.at[k] = y{}[g * {} + {} + k];", piece, operand, shape_.width, begin);
    text.line("*(Vector<{}, {}>*)({} + {}) = w;", type, piece, place(operand), begin * size_of(dtype));
    text.close();
  }
}

void GroupWriter::loads(CudaText& text) {
  bool some = false;
  each(OperandKind::load, [&](uint32_t k, DType) { some |= !is_fixed(k); });
  if (!some) return;
  text.open("if (full) {");
  load_full(text);
  text.turn("} else {");
  load_part(text);
  text.close();
}

void GroupWriter::load_full(CudaText& text) {
  text.line("#pragma unroll");
  text.open(fmt::format("for (int g = 0; g < {}; ++g) {{", shape_.rows));
  if (!shape_.adjacent) {
    text.line("#pragma unroll");
    text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", shape_.width));
  }
  text.line("const ix e = {};", element_number("g", shape_.adjacent ? "0" : "k"));
  writer_.split(text, parallel_, nest_.rank(), "e");
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (is_fixed(k)) return;
    if (shape_.adjacent && moves_in_vector(k))
      vector_load(text, k, dtype, place(k), fmt::format("x{}[g * {} + ", k, shape_.width));
    else if (shape_.adjacent)
      text.line("for (int k = 0; k < {0}; ++k) x{1}[g * {0} + k] = {2};", shape_.width, k, cuda_load(dtype, place(k)));
    else
      text.line("x{}[g * {} + k] = {};", k, shape_.width, cuda_load(dtype, place(k)));
  });
  if (!shape_.adjacent) text.close();
  text.close();
}

// An absent element's load goes to the last one instead: no branches, and nothing takes the value.
void GroupWriter::load_part(CudaText& text) {
  open_elements(text);
  text.line("const ix at = e < {0} ? e : {0} - 1;", writer_.number(CudaNumber::reduced));
  writer_.split(text, parallel_, nest_.rank(), "at");
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (is_fixed(k)) return;
    std::string from = place(k);
    if (is_serial() && shape_.width > 1 && moves_in_vector(k)) from += fmt::format(" + k * {}", size_of(dtype));
    text.line("x{}[g * {} + k] = {};", k, shape_.width, cuda_load(dtype, from));
  });
  close_elements(text);
}

// Of element e among all of its output's, which only arg-reductions look at.
std::string GroupWriter::own_number() {
  const bool matters = std::any_of(nest_.accumulators.begin(), nest_.accumulators.end(), [](const Accumulator& a) {
    return a.reduction == Reduction::argmin || a.reduction == Reduction::argmax;
  });
  return matters ? "(i64)e + " + writer_.raw_number(CudaNumber::first_element) : "(i64)e";
}

CudaValue GroupWriter::loaded(CudaText& text, uint32_t k) {
  CudaEmitter e = writer_.emitter(text);
  const Operand& operand = nest_.operands[k];
  if (operand.kind == OperandKind::index)
    return e.named(operand.dtype, writer_.index_value(k, 0, nest_.rank(), is_serial() && shape_.width > 1 ? "k" : ""));
  if (!is_fixed(k)) return cuda_loaded(e, operand.dtype, fmt::format("x{}[g * {} + k]", k, shape_.width));
  const bool row = is_serial() && shape_.width > 1 && moves_in_vector(k);
  return cuda_loaded(e, operand.dtype, fmt::format("x{}{}", k, row ? "[k]" : ""));
}

void GroupWriter::compute(CudaText& text) {
  open_elements(text);
  bool needs_indexes = false;
  each(OperandKind::index, [&](uint32_t, DType) { needs_indexes = true; });
  if (needs_indexes) writer_.split(text, parallel_, nest_.rank(), "e");
  std::vector<std::string> taken(nest_.accumulators.size());
  CudaHooks hooks;
  hooks.load = [&](uint32_t k) { return loaded(text, k); };
  hooks.store = [&](uint32_t k, const CudaValue& value) {
    text.line("y{}[g * {} + k] = {};", k, shape_.width, value.text);
  };
  hooks.accumulate = [&](uint32_t a, const CudaValue& value) {
    taken[a] = value.text;
    if (states_.is_moment(a)) text.line("z{}[g * {} + k] = {};", a, shape_.width, value.text);
  };
  writer_.evaluate(text, nest_.body, hooks);
  if (states_.has_others()) {
    std::string values;
    for (uint32_t a = 0; a < taken.size(); ++a)
      if (!states_.is_moment(a)) values += ", " + taken[a];
    text.line("if (full || e < {}) lane[k] = absorb(lane[k], {}{});", writer_.number(CudaNumber::reduced), own_number(),
              values);
  }
  close_elements(text);
}

void GroupWriter::stores(CudaText& text) {
  bool some = false;
  each(OperandKind::store, [&](uint32_t, DType) { some = true; });
  if (!some) return;
  const auto scalars = [&] {
    open_elements(text);
    text.open(fmt::format("if (e < {}) {{", writer_.number(CudaNumber::reduced)));
    writer_.split(text, parallel_, nest_.rank(), "e");
    each(OperandKind::store, [&](uint32_t k, DType dtype) {
      std::string to = place(k);
      if (is_serial() && shape_.width > 1) to += fmt::format(" + k * {}", size_of(dtype));
      text.line("*({}*)({}) = y{}[g * {} + k];", cuda_memory_type(dtype), to, k, shape_.width);
    });
    text.close();
    close_elements(text);
  };
  if (!shape_.adjacent) return scalars();
  text.open("if (full) {");
  text.line("#pragma unroll");
  text.open(fmt::format("for (int g = 0; g < {}; ++g) {{", shape_.rows));
  text.line("const ix e = {};", element_number("g", "0"));
  writer_.split(text, parallel_, nest_.rank(), "e");
  each(OperandKind::store, [&](uint32_t k, DType dtype) { vector_store(text, k, dtype); });
  text.close();
  text.turn("} else {");
  scalars();
  text.close();
}

void GroupWriter::group(CudaText& text) {
  declare(text);
  loads(text);
  compute(text);
  stores(text);
}

void GroupWriter::element(CudaText& text) {
  writer_.split(text, parallel_, nest_.rank(), "e");
  std::vector<std::string> taken(nest_.accumulators.size()), lines;
  CudaHooks hooks;
  CudaEmitter e = writer_.emitter(text);
  hooks.load = [&](uint32_t k) {
    const Operand& operand = nest_.operands[k];
    if (operand.kind == OperandKind::index || is_fixed(k)) return loaded(text, k);
    return cuda_loaded(e, operand.dtype, cuda_load(operand.dtype, place(k)));
  };
  hooks.store = [&](uint32_t k, const CudaValue& value) {
    lines.push_back(fmt::format("*({}*)({}) = {};", cuda_memory_type(nest_.operands[k].dtype), place(k), value.text));
  };
  hooks.accumulate = [&](uint32_t a, const CudaValue& value) { taken[a] = value.text; };
  writer_.evaluate(text, nest_.body, hooks);
  for (const std::string& line : lines) text.line("{}", line);
  std::string values, rows;
  for (uint32_t a = 0; a < taken.size(); ++a)
    if (!states_.is_moment(a)) values += ", " + taken[a];
  for (const uint32_t a : states_.moments()) {
    text.line("{} z{}[{}] = {{{}}};", cuda_type(nest_.accumulators[a].dtype), a, moment_leaf_rows, taken[a]);
    rows += fmt::format("z{}, ", a);
  }
  if (states_.has_others()) text.line("lane[0] = absorb(lane[0], (i64)e{});", values);
  if (states_.has_moments()) text.line("lane[0] = put(lane[0], leaf_part({}1));", rows);
}

}  // namespace fuseval::codegen
