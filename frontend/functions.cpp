// The table, its look-ups, and the matching of arguments to parameters by Python's rules.
#include "frontend/functions.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "frontend/diagnostic.hpp"

namespace fuseval::frontend {
namespace {

// Methods that are the function of the same name.
constexpr std::string_view shared_methods[] = {
    "all",  "any",   "argmax", "argmin",  "copy", "diagonal", "dot",      "max",   "mean", "min",
    "prod", "ravel", "round",  "squeeze", "std",  "sum",      "swapaxes", "trace", "var",
};

// Blank-separated words, one at a time.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// Parameters that are arrays, by NumPy's names for them. asarray() makes an array of a list by itself, in its dtype.
bool takes_list(std::string_view function, std::string_view parameter) {
  constexpr std::string_view arrays[] = {
      "a",   "array",  "ary",    "a_max", "a_min", "b", "condition", "default", "fill_value", "m", "max", "min",
      "nan", "neginf", "posinf", "val",   "where", "x", "x1",        "x2",      "x3",         "y", "z"};
  return function != "asarray" && std::find(std::begin(arrays), std::end(arrays), parameter) != std::end(arrays);
}

FunctionInfo parse_row(const FunctionRow& row) {
  FunctionInfo function{.name = row.name, .parameters = {}, .handler = row.handler, .summary = row.summary};
  bool keyword_only = false;
  std::string_view text = row.parameters;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    if (word == "/") {
      for (Parameter& parameter : function.parameters) parameter.is_keyword = false;
    } else if (word == "*") {
      keyword_only = true;
    } else if (word[0] == '*') {
      function.takes_rest = keyword_only = true;
    } else {
      const bool optional = word.back() == '=';
      if (optional) word.remove_suffix(1);
      function.parameters.push_back({word, !optional, !keyword_only, true, takes_list(row.name, word)});
    }
  }
  return function;
}

[[noreturn]] void refuse(const Arguments& arguments, std::string_view name, std::string_view reason) {
  fail(ErrorCode::unsupported, arguments.find(name)->span, "{}() takes no `{}` in a text: {}", arguments.function->name,
       name, reason);
}

void check_order(const Arguments& arguments, const Value& order) {
  const std::string_view first = arguments.function->parameters[0].name;
  const std::string_view known = first == "shape" || first == "N" ? "CFcf" : "CFAKcfak";
  if (order.kind == ValueKind::none) return;
  if (order.kind != ValueKind::string || order.text.size() != 1 || known.find(order.text) == known.npos)
    fail(ErrorCode::argument, order.span, "order must be {}",
         known.size() == 4 ? "'C' or 'F'" : "'C', 'F', 'A' or 'K'");
}

// order=, copy= and subok= change no value, because the caller decides where results lie; a wrong one is an error all
// the same.
void check_layout_arguments(const Arguments& arguments) {
  for (const std::string_view name : {"copy", "subok"}) {
    const Value* flag = arguments.find(name);
    const bool is_flag = flag && flag->is_weak() && !flag->scalar.is_float() && fits(flag->scalar, DType::int64);
    if (flag && !is_flag && !(flag->kind == ValueKind::none && name == "copy"))
      fail(ErrorCode::argument, flag->span, "{} must be True or False, not {}", name, describe(*flag));
  }
  if (const Value* order = arguments.find("order")) check_order(arguments, *order);
}

Value call_ufunc(Binder& binder, const Arguments& arguments) {
  const FunctionInfo& function = *arguments.function;
  if (arguments.given("out") && function.op == Op::log)
    fail(ErrorCode::argument, arguments.find("out")->span,
         "log() takes no base: the logarithm of x to the base b is log(x)/log(b)");
  if (arguments.given("out")) refuse(arguments, "out", "the caller chooses where the result is stored");
  if (arguments.given("where")) refuse(arguments, "where", "use where(condition, x, y)");
  const std::span<const Value* const> operands(arguments.values.data(), static_cast<size_t>(info(function.op).arity));
  if (const Value* dtype = arguments.given("dtype"))
    return Binder::array(binder.apply_in(function.op, binder.static_dtype(*dtype), operands, arguments.span));
  return Binder::array(binder.apply(function.op, operands, arguments.span));
}

FunctionInfo ufunc(Op op, std::string_view name) {
  constexpr std::string_view parameters[] = {
      "x / out= * where= dtype=", "x1 x2 / out= * where= dtype=", "x1 x2 x3 / out= * where= dtype="};
  FunctionInfo function = parse_row({name, parameters[info(op).arity - 1], call_ufunc, info(op).summary});
  function.op = op;
  return function;
}

class Table {
 public:
  Table() {
    for (const auto rows :
         {elementwise_functions(), reduction_functions(), product_functions(), shape_functions(), creation_functions()})
      for (const FunctionRow& row : rows) functions_.emplace(row.name, parse_row(row));
    for (const OpInfo& row : all_ops()) add_op(row);
    for (const FunctionRow& row : array_methods()) add_method(row);
    for (const std::string_view name : shared_methods)
      if (const auto it = functions_.find(name); it != functions_.end()) methods_.emplace(name, it->second);
  }

  const std::map<std::string_view, FunctionInfo>& functions() const { return functions_; }
  const std::map<std::string_view, FunctionInfo>& methods() const { return methods_; }

 private:
  void add_op(const OpInfo& row) {
    if (row.aliases == ".") return;
    functions_.emplace(row.name, ufunc(row.op, row.name));
    std::string_view aliases = row.aliases;
    for (std::string_view name = next_word(aliases); !name.empty(); name = next_word(aliases))
      functions_.emplace(name, ufunc(row.op, name));
  }

  void add_method(const FunctionRow& row) {
    FunctionInfo method = parse_row(row);
    method.parameters.insert(method.parameters.begin(), Parameter{"a", true, true, false, true});
    methods_.emplace(row.name, std::move(method));
  }

  std::map<std::string_view, FunctionInfo> functions_, methods_;
};

// Made when the library is loaded, and never destroyed: it is there while the process ends, and no fork() finds a
// thread in the middle of making it.
const Table& table = *new Table;

const FunctionInfo* find_in(const std::map<std::string_view, FunctionInfo>& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &it->second;
}

std::vector<std::string_view> names_of(const std::map<std::string_view, FunctionInfo>& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : map) names.push_back(name);
  return names;
}

void bind_keyword(const FunctionInfo& function, const Argument& argument, Arguments& result) {
  std::vector<std::string_view> known;
  for (size_t k = 0; k < function.parameters.size(); ++k) {
    const Parameter& parameter = function.parameters[k];
    if (!parameter.is_keyword) continue;
    known.push_back(parameter.name);
    if (parameter.name != argument.keyword) continue;
    if (result.values[k])
      fail(ErrorCode::argument, argument.span, "{}() got multiple values for argument '{}'", function.name,
           parameter.name);
    result.values[k] = argument.value;
    return;
  }
  fail(ErrorCode::argument, argument.span, "{}() got an unexpected keyword argument '{}'{}", function.name,
       argument.keyword, did_you_mean(argument.keyword, known));
}

std::vector<std::string_view> required_names(const FunctionInfo& function) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : function.parameters)
    if (parameter.is_required) names.push_back(parameter.name);
  return names;
}

[[noreturn]] void wrong_count(const FunctionInfo& function, size_t given, Span span) {
  const auto& parameters = function.parameters;
  const auto most = std::count_if(parameters.begin(), parameters.end(), [](auto& p) { return p.is_positional; });
  const auto least =
      std::count_if(parameters.begin(), parameters.end(), [](auto& p) { return p.is_positional && p.is_required; });
  const std::string range = most == least ? std::to_string(most) : fmt::format("from {} to {}", least, most);
  fail(ErrorCode::argument, span, "{}() takes {} positional argument{} but {} {} given", function.name, range,
       most == 1 ? "" : "s", given, given == 1 ? "was" : "were");
}

}  // namespace

const Value* Arguments::find(std::string_view name) const {
  for (size_t k = 0; k < values.size(); ++k)
    if (function->parameters[k].name == name) return values[k];
  return nullptr;
}

bool Arguments::is_positional(std::string_view name) const {
  for (size_t k = 0; k < std::min(positional, values.size()); ++k)
    if (function->parameters[k].name == name) return true;
  return false;
}

const Value* Arguments::given(std::string_view name) const {
  const Value* value = find(name);
  return value && value->kind != ValueKind::none ? value : nullptr;
}

const Value& Arguments::operator[](std::string_view name) const {
  const Value* value = find(name);
  if (!value) throw Error(ErrorCode::internal, fmt::format("{}() has no argument '{}'", function->name, name));
  return *value;
}

const FunctionInfo* find_function(std::string_view name) { return find_in(table.functions(), name); }
const FunctionInfo* find_method(std::string_view name) { return find_in(table.methods(), name); }
std::vector<std::string_view> method_names() { return names_of(table.methods()); }
std::vector<std::string_view> function_names() { return names_of(table.functions()); }

Arguments match_arguments(const FunctionInfo& function, std::span<const Argument> arguments, Span span, Span) {
  Arguments result{.function = &function, .span = span, .values = {}, .rest = {}, .positional = 0};
  result.values.resize(function.parameters.size(), nullptr);
  size_t position = 0;
  for (const Argument& argument : arguments) {
    if (!argument.keyword.empty()) {
      bind_keyword(function, argument, result);
      continue;
    }
    const bool has_place = position < function.parameters.size() && function.parameters[position].is_positional;
    if (has_place)
      result.values[position] = argument.value;
    else if (function.takes_rest)
      result.rest.push_back(argument.value);
    else {
      const auto count = std::count_if(arguments.begin(), arguments.end(), [](auto& a) { return a.keyword.empty(); });
      wrong_count(function, static_cast<size_t>(count), argument.span);
    }
    ++position;
  }
  result.positional = position;
  for (size_t k = 0; k < result.values.size(); ++k)
    if (function.parameters[k].is_required && !result.values[k])
      fail(ErrorCode::argument, span, "{}() is missing its argument '{}'; it takes ({})", function.name,
           function.parameters[k].name, fmt::join(required_names(function), ", "));
  check_layout_arguments(result);
  return result;
}

}  // namespace fuseval::frontend
