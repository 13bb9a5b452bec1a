// The words of the language, for completion and help. Functions and methods are those of the table that calls go by
// (functions.hpp); constants and attributes have their tables here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuseval::frontend {

enum class WordKind : uint8_t { function, method, attribute, constant, dtype, module };

/// What a text can use in this version, sorted.
std::vector<std::string_view> words(WordKind kind);

/// What a name is that stands for a value: a constant, a dtype or a module; empty for any other.
std::optional<WordKind> meaning_of(std::string_view name);

/// Two or more lines: how `name`, a word or an operator, is written ("sum(a, axis=..., …)"), and indented what it is.
/// Throws Error(unknown_function) with the nearest word, and Error(unsupported) for what this version lacks.
std::string help(std::string_view name);

struct NamedConstant {
  std::string_view name;
  double value;
  std::string_view summary;
};
/// All but newaxis, which is no number.
std::span<const NamedConstant> named_constants();

/// np and numpy.
bool is_module(std::string_view name);

struct AttributeInfo {
  std::string_view name;
  std::string_view summary;
};
std::span<const AttributeInfo> array_attributes();

}  // namespace fuseval::frontend
