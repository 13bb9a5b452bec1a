#include "frontend/scalar_program.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <memory_resource>

#include "ir/error.hpp"

namespace fuseval::frontend {

int ScalarProgram::operand_count(Kind kind) {
  switch (kind) {
    case Kind::input:
    case Kind::number:
      return 0;
    case Kind::unary:
    case Kind::logical_not:
    case Kind::require:
    case Kind::fix:
    case Kind::form:
    case Kind::element:
      return 1;
    case Kind::binary:
    case Kind::compare:
      return 2;
  }
  return 0;
}

bool ScalarProgram::is_needed_for_itself(const Item& item) {
  const bool says_something =
      item.kind == Kind::require || item.kind == Kind::fix || item.kind == Kind::form || item.kind == Kind::element;
  return says_something || item.is_risky;
}

ScalarProgram::Step ScalarProgram::add(Item item) {
  items_.push_back(std::move(item));
  return static_cast<Step>(items_.size() - 1);
}

ScalarProgram::Step ScalarProgram::find_or_add(Item item) {
  const auto [at, is_new] = known_.try_emplace(Key{item.kind, item.op, item.dtype, item.rule, item.a, item.b},
                                               static_cast<Step>(items_.size()));
  return is_new ? add(std::move(item)) : at->second;
}

ScalarProgram::Step ScalarProgram::input(uint32_t slot, DType dtype) {
  return find_or_add({.kind = Kind::input, .dtype = dtype, .a = slot});
}
ScalarProgram::Step ScalarProgram::number(const WeakScalar& value) {
  const auto [at, is_new] = known_numbers_.try_emplace({value.kind, text_of(value)}, static_cast<Step>(items_.size()));
  return is_new ? add({.kind = Kind::number, .value = value}) : at->second;
}
ScalarProgram::Step ScalarProgram::unary(Operator op, Step a) {
  return find_or_add({.kind = Kind::unary, .op = op, .a = a});
}
ScalarProgram::Step ScalarProgram::binary(Operator op, Step a, Step b) {
  return find_or_add({.kind = Kind::binary, .op = op, .a = a, .b = b});
}
ScalarProgram::Step ScalarProgram::compare(Operator op, Step a, Step b) {
  return find_or_add({.kind = Kind::compare, .op = op, .a = a, .b = b});
}
ScalarProgram::Step ScalarProgram::logical_not(Step a) { return find_or_add({.kind = Kind::logical_not, .a = a}); }

void ScalarProgram::require(Step a, bool outcome) { add({.kind = Kind::require, .outcome = outcome, .a = a}); }
void ScalarProgram::fix(Step a, const WeakScalar& value) { add({.kind = Kind::fix, .a = a, .value = value}); }
void ScalarProgram::require_form(Step a, DType loop, PowerForm form) {
  add({.kind = Kind::form, .form = form, .dtype = loop, .a = a});
}

uint32_t ScalarProgram::element(Step a, DType dtype, WeakRule rule) {
  const size_t before = items_.size();
  Item& item = items_[find_or_add({.kind = Kind::element, .rule = rule, .dtype = dtype, .a = a})];
  if (items_.size() > before) {
    item.b = static_cast<Step>(elements_.size());
    elements_.push_back(dtype);
  }
  return item.b;
}

void ScalarProgram::simplify() {
  std::vector<uint8_t> is_needed(items_.size());
  for (size_t k = items_.size(); k-- > 0;) {
    const Item& item = items_[k];
    is_needed[k] |= is_needed_for_itself(item);
    if (!is_needed[k]) continue;
    const int count = operand_count(item.kind);
    if (count > 0) is_needed[item.a] = 1;
    if (count > 1) is_needed[item.b] = 1;
  }
  std::vector<Step> moved(items_.size());
  std::vector<Item> kept;
  for (size_t k = 0; k < items_.size(); ++k) {
    if (!is_needed[k]) continue;
    Item item = std::move(items_[k]);
    const int count = operand_count(item.kind);
    if (count > 0) item.a = moved[item.a];
    if (count > 1) item.b = moved[item.b];
    moved[k] = static_cast<Step>(kept.size());
    kept.push_back(std::move(item));
  }
  items_ = std::move(kept);
  known_.clear();
  known_numbers_.clear();
}

WeakScalar ScalarProgram::evaluate(const Item& item, std::span<const WeakScalar> values) {
  switch (item.kind) {
    case Kind::unary:
      return fold_unary(item.op, values[item.a]);
    case Kind::binary:
      return fold_binary(item.op, values[item.a], values[item.b]);
    case Kind::compare:
      return weak_bool(fold_compare(item.op, values[item.a], values[item.b]));
    case Kind::logical_not:
      return weak_bool(!truth(values[item.a]));
    case Kind::number:
      return item.value;
    case Kind::input:
    case Kind::require:
    case Kind::fix:
    case Kind::form:
    case Kind::element:
      break;
  }
  return {};
}

bool ScalarProgram::holds(const Item& item, const WeakScalar& value) {
  if (item.kind == Kind::require) return truth(value) == item.outcome;
  if (item.kind == Kind::fix) return is_same(value, item.value);
  return power_form(value, item.dtype) == item.form;
}

uint64_t ScalarProgram::element_bits(const WeakScalar& value, const Item& item) {
  if (!is_integer(item.dtype)) return constant_bits(value, item.dtype);
  return constant_bits(as_element(value, item.dtype, item.rule), item.dtype);
}

bool ScalarProgram::run(const std::function<uint64_t(uint32_t)>& bits_of, uint64_t* elements) const {
  std::array<std::byte, 2048> memory;  // a call's few steps need no allocation
  std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
  std::pmr::vector<WeakScalar> values(&resource);
  values.reserve(items_.size());
  try {
    for (const Item& item : items_) {
      switch (item.kind) {
        case Kind::input:
          values.push_back(weak_from_bits(item.dtype, bits_of(item.a)));
          break;
        case Kind::require:
        case Kind::fix:
        case Kind::form:
          if (!holds(item, values[item.a])) return false;
          values.emplace_back();
          break;
        case Kind::element:
          elements[item.b] = element_bits(values[item.a], item);
          values.emplace_back();
          break;
        case Kind::number:
        case Kind::unary:
        case Kind::binary:
        case Kind::compare:
        case Kind::logical_not:
          values.push_back(evaluate(item, values));
          break;
      }
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

std::string ScalarProgram::requirements() const {
  std::string text;
  const auto note = [&](std::string_view word) { text += (text.empty() ? "" : " ") + std::string(word); };
  for (const Item& item : items_) {
    if (item.kind == Kind::require) note(item.outcome ? "1" : "0");
    if (item.kind == Kind::fix) note("=" + text_of(item.value));
    if (item.kind == Kind::form) note(name_of(item.form));
  }
  return text;
}

}  // namespace fuseval::frontend
