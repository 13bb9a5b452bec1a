#include "frontend/vocabulary.hpp"

#include <algorithm>
#include <limits>
#include <numbers>
#include <optional>

#include "frontend/bind.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/functions.hpp"
#include "frontend/operator_help.hpp"
#include "frontend/unavailable.hpp"

namespace fuseval::frontend {
namespace {

constexpr NamedConstant constants[] = {
    {"pi", std::numbers::pi, "a circle's circumference over its diameter"},
    {"e", std::numbers::e, "the base of the natural logarithm"},
    {"inf", std::numeric_limits<double>::infinity(), "infinity"},
    {"nan", std::numeric_limits<double>::quiet_NaN(), "not a number"},
    {"euler_gamma", std::numbers::egamma, "Euler's constant, the limit of 1 + 1/2 + … + 1/n - log(n)"},
};

constexpr std::string_view modules[] = {"np", "numpy"};

constexpr AttributeInfo attributes[] = {
    {"T", "the axes in reverse order"},    {"real", "the real part"},
    {"imag", "the imaginary part: 0"},     {"shape", "the extents of the axes, a tuple"},
    {"ndim", "the number of axes"},        {"size", "the number of elements"},
    {"dtype", "the type of the elements"}, {"itemsize", "bytes of an element"},
    {"nbytes", "bytes of all elements"},   {"mT", "the last two axes swapped"},
};

// A text cannot say where results go, so `out` is left out; ufuncs have no `where` here.
bool is_shown(const FunctionInfo& function, std::string_view parameter) {
  const bool is_ufunc = !function.parameters.empty() && function.parameters[0].name.starts_with("x") &&
                        op_from_name(function.name).has_value();
  return parameter != "out" && !(is_ufunc && parameter == "where");
}

// The rows of the op table speak of a, b and c.
std::string_view shown_name(std::string_view parameter) {
  if (parameter == "x" || parameter == "x1") return "a";
  if (parameter == "x2") return "b";
  return parameter == "x3" ? "c" : parameter;
}

std::string signature(const FunctionInfo& function, size_t first) {
  std::string text = "(";
  const auto add = [&](std::string_view word, std::string_view tail) {
    text.append(text.size() > 1 ? ", " : "").append(word).append(tail);
  };
  const bool is_ufunc = op_from_name(function.name).has_value();
  bool keyword_only = false;
  if (function.takes_rest) add("...", "");
  for (size_t k = first; k < function.parameters.size(); ++k) {
    const Parameter& parameter = function.parameters[k];
    if (!is_shown(function, parameter.name)) continue;
    if (!parameter.is_positional && !keyword_only && !function.takes_rest) add("*", "");
    keyword_only = !parameter.is_positional;
    add(is_ufunc ? shown_name(parameter.name) : parameter.name, parameter.is_required ? "" : "=...");
  }
  return text + ")";
}

std::string function_help(const FunctionInfo& function, const FunctionInfo* method) {
  std::string text = fmt::format("{}{}\n  {}\n", function.name, signature(function, 0), function.summary);
  if (method) text += fmt::format("  also the method a.{}{}\n", function.name, signature(*method, 1));
  return text;
}

std::string method_help(const FunctionInfo& method) {
  return fmt::format("a.{}{}\n  {}\n", method.name, signature(method, 1), method.summary);
}

std::optional<std::string> other_help(std::string_view name) {
  for (const NamedConstant& constant : constants)
    if (name == constant.name) return fmt::format("{} = {}\n  {}\n", name, constant.value, constant.summary);
  for (const AttributeInfo& attribute : attributes)
    if (name == attribute.name) return fmt::format("a.{}\n  {}\n", name, attribute.summary);
  if (name == "newaxis") return "newaxis\n  as an index: a new axis of extent 1\n";
  if (is_module(name))
    return fmt::format("{}.sin(a)\n  in front of any word of the language, which it does not change\n", name);
  const std::vector<std::string_view> dtypes = words(WordKind::dtype);
  if (std::find(dtypes.begin(), dtypes.end(), name) != dtypes.end())
    return fmt::format("{}(a)\n  a cast to this dtype; its name is what dtype= takes\n", name);
  return std::nullopt;
}

std::string suggestion(std::string_view name) {
  std::vector<std::string_view> known;
  for (const WordKind kind : {WordKind::function, WordKind::method, WordKind::attribute, WordKind::constant,
                              WordKind::dtype, WordKind::module})
    for (const std::string_view word : words(kind)) known.push_back(word);
  return did_you_mean(name, known);
}

}  // namespace

std::span<const NamedConstant> named_constants() { return constants; }
std::span<const AttributeInfo> array_attributes() { return attributes; }

std::vector<std::string_view> words(WordKind kind) {
  std::vector<std::string_view> result;
  switch (kind) {
    case WordKind::function:
      return function_names();
    case WordKind::method:
      return method_names();
    case WordKind::attribute:
      for (const AttributeInfo& attribute : attributes) result.push_back(attribute.name);
      break;
    case WordKind::constant:
      for (const NamedConstant& constant : constants) result.push_back(constant.name);
      result.push_back("newaxis");
      break;
    case WordKind::dtype:
      for (const std::string_view name : dtype_names())
        if (is_computed(*dtype_named(name))) result.push_back(name);
      break;
    case WordKind::module:
      result.assign(std::begin(modules), std::end(modules));
      break;
  }
  std::sort(result.begin(), result.end());
  return result;
}

bool is_module(std::string_view name) {
  return std::find(std::begin(modules), std::end(modules), name) != std::end(modules);
}

std::optional<WordKind> meaning_of(std::string_view name) {
  const auto is_constant = [&](const NamedConstant& constant) { return name == constant.name; };
  if (name == "newaxis" || std::any_of(std::begin(constants), std::end(constants), is_constant))
    return WordKind::constant;
  if (dtype_named(name)) return WordKind::dtype;
  return is_module(name) ? std::optional(WordKind::module) : std::nullopt;
}

std::string help(std::string_view name) {
  const FunctionInfo* method = find_method(name);
  if (const FunctionInfo* function = find_function(name)) return function_help(*function, method);
  if (method) return method_help(*method);
  if (auto text = other_help(name)) return *std::move(text);
  if (auto text = operator_help(name)) return *std::move(text);
  for (const std::string& reason :
       {why_unavailable(name), why_unavailable_in_linalg(name), why_unavailable_attribute(name)})
    refuse_unavailable(reason, {});
  throw Error(ErrorCode::unknown_function, fmt::format("there is no help on `{}`{}", name, suggestion(name)));
}

}  // namespace fuseval::frontend
