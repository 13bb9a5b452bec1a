// What the texts of all kinds of nests share: the words of Arguments, indexes and addresses, the evaluation of
// instructions, and functions for the operations that are long.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/cuda/emitter.hpp"
#include "codegen/cuda/kernel.hpp"

namespace fuseval::codegen {

/// What instructions mean where they are evaluated.
struct CudaHooks {
  std::function<CudaValue(uint32_t operand)> load;
  std::function<void(uint32_t operand, const CudaValue&)> store;
  std::function<void(uint32_t accumulator, const CudaValue&)> accumulate;
  std::function<CudaValue(uint32_t accumulator)> result;
};

class NestWriter {
 public:
  /// copies: how often the compiler will see the body once its loops are unrolled. Long operations become functions;
  /// beyond a bound they are not inlined either.
  NestWriter(const LoopNest& nest, const CudaOptions& options, int copies);

  const LoopNest& nest;
  const CudaOptions& options;

  // Words: expressions that read them. Indexes and strides have the type ix.
  std::string pointer(uint32_t operand) { return word({CudaWordKind::pointer, operand, 0}); }
  std::string stride(uint32_t operand, int axis);
  /// 64 bits in every variant.
  std::string raw_stride(uint32_t operand, int axis) {
    return word({CudaWordKind::stride, operand, static_cast<uint32_t>(axis)});
  }
  std::string extent(int axis) { return index_word({CudaWordKind::extent, static_cast<uint32_t>(axis), 0}); }
  std::string number(CudaNumber number) { return index_word({CudaWordKind::number, static_cast<uint32_t>(number), 0}); }
  std::string raw_number(CudaNumber number) { return word({CudaWordKind::number, static_cast<uint32_t>(number), 0}); }
  CudaValue constant(CudaEmitter& e, uint32_t position);

  /// Declares i<axis> of the axes [from, to): the place with number `linear` in C order over them.
  void split(CudaText& text, int from, int to, const std::string& linear);
  /// The same of these axes, ascending.
  void split(CudaText& text, const std::vector<int>& axes, const std::string& linear);
  /// Bytes that the indexes of the axes [from, to) move an operand by; empty where they do not.
  std::string offset(uint32_t operand, int from, int to);
  /// The place in memory, all indexes of [from, to) considered.
  std::string address(uint32_t operand, int from, int to);
  /// The value of an index operand, and `steps` along the vector axis further (empty: none).
  std::string index_value(uint32_t operand, int from, int to, const std::string& steps);
  bool moves(uint32_t operand, int from, int to) const;

  void evaluate(CudaText& text, const std::vector<Instruction>& instructions, const CudaHooks& hooks);
  CudaEmitter emitter(CudaText& text) { return {text, tables_}; }

  /// ix, Arguments, tables and the functions that instructions call.
  std::string declarations() const;
  const std::vector<CudaWord>& words() const { return words_; }
  /// Fills in the whole translation unit, its words, and where each entry's own part of the text lies. shared: what
  /// several entries use. own: [entry].
  void assemble(const std::string& shared, std::vector<std::string> own, CudaKernel& kernel) const;
  /// `extern "C" __global__ … {`
  static std::string head(const std::string& name, uint32_t threads);

 private:
  std::string word(const CudaWord& word);
  std::string index_word(const CudaWord& row) { return "(ix)" + word(row); }
  CudaValue apply(CudaText& text, const Instruction& instruction, const std::vector<CudaValue>& arguments);
  std::string function_of(Op op, DType result, const std::vector<CudaValue>& arguments);

  CudaTables tables_;
  std::vector<CudaWord> words_;
  std::map<std::string, std::string> functions_;
  bool inline_functions_;
};

/// What a text begins with.
std::string cuda_text_begin();
/// Writes a kernel's parameter into its head, now that the number of its words is known: Arguments, or its address.
void set_cuda_parameter(std::string& kernel, bool words_in_memory);
/// Whether that many words are too many for a parameter.
bool are_cuda_words_in_memory(size_t words);

/// Work of an operation that is a function of its own.
inline constexpr int cuda_long_operation = 8;
/// Elementary functions (their cost over 12) in one evaluation of the instructions.
int cuda_elementary_count(const std::vector<Instruction>& instructions);

/// `const <type> <name> = …` for a value that lies at `address`.
CudaValue cuda_loaded(CudaEmitter& e, DType dtype, const std::string& expression);
std::string cuda_load(DType dtype, const std::string& address);

}  // namespace fuseval::codegen
