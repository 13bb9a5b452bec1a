#include "frontend/conditions.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>

#include "ir/error.hpp"

namespace fuseval::frontend {

int Conditions::operand_count(Kind kind) {
  switch (kind) {
    case Kind::input:
    case Kind::number:
      return 0;
    case Kind::unary:
    case Kind::logical_not:
    case Kind::require:
      return 1;
    case Kind::binary:
    case Kind::compare:
      return 2;
  }
  return 0;
}

Conditions::Step Conditions::add(Item item) {
  steps_.push_back(std::move(item));
  return static_cast<Step>(steps_.size() - 1);
}

Conditions::Step Conditions::input(uint32_t slot, DType dtype) {
  return add({.kind = Kind::input, .dtype = dtype, .a = slot});
}
Conditions::Step Conditions::number(const WeakScalar& value) { return add({.kind = Kind::number, .value = value}); }
Conditions::Step Conditions::unary(Operator op, Step a) { return add({.kind = Kind::unary, .op = op, .a = a}); }
Conditions::Step Conditions::binary(Operator op, Step a, Step b) {
  return add({.kind = Kind::binary, .op = op, .a = a, .b = b});
}
Conditions::Step Conditions::compare(Operator op, Step a, Step b) {
  return add({.kind = Kind::compare, .op = op, .a = a, .b = b});
}
Conditions::Step Conditions::logical_not(Step a) { return add({.kind = Kind::logical_not, .a = a}); }
void Conditions::require(Step a, bool outcome) { add({.kind = Kind::require, .outcome = outcome, .a = a}); }

void Conditions::visit_inputs(Step a, const std::function<void(uint32_t)>& visit) {
  std::vector<Step> open = {a};
  while (!open.empty()) {
    Item& item = steps_[open.back()];
    open.pop_back();
    if (item.visited) continue;
    item.visited = true;
    if (item.kind == Kind::input) visit(item.a);
    const int count = operand_count(item.kind);
    if (count > 0) open.push_back(item.a);
    if (count > 1) open.push_back(item.b);
  }
}

void Conditions::simplify(const std::vector<uint8_t>& is_fixed) {
  std::vector<uint8_t> varies(steps_.size()), is_needed(steps_.size());
  for (size_t k = 0; k < steps_.size(); ++k) {
    const Item& item = steps_[k];
    const int count = operand_count(item.kind);
    varies[k] = (item.kind == Kind::input && !is_fixed[item.a]) || (count > 0 && varies[item.a]) ||
                (count > 1 && varies[item.b]);
  }
  for (size_t k = steps_.size(); k-- > 0;) {
    const Item& item = steps_[k];
    if (item.kind == Kind::require && varies[k]) is_needed[k] = 1;
    if (!is_needed[k]) continue;
    const int count = operand_count(item.kind);
    if (count > 0) is_needed[item.a] = 1;
    if (count > 1) is_needed[item.b] = 1;
  }
  std::vector<Step> moved(steps_.size());
  std::vector<Item> kept;
  for (size_t k = 0; k < steps_.size(); ++k) {
    if (!is_needed[k]) continue;
    Item item = std::move(steps_[k]);
    const int count = operand_count(item.kind);
    if (count > 0) item.a = moved[item.a];
    if (count > 1) item.b = moved[item.b];
    moved[k] = static_cast<Step>(kept.size());
    kept.push_back(std::move(item));
  }
  steps_ = std::move(kept);
}

WeakScalar Conditions::evaluate(const Item& item, std::span<const WeakScalar> values) const {
  switch (item.kind) {
    case Kind::unary:
      return fold_unary(item.op, values[item.a]);
    case Kind::binary:
      return fold_binary(item.op, values[item.a], values[item.b]);
    case Kind::compare:
      return weak_bool(fold_compare(item.op, values[item.a], values[item.b]));
    case Kind::logical_not:
      return weak_bool(!truth(values[item.a]));
    case Kind::require:
      return weak_bool(truth(values[item.a]) == item.outcome);
    case Kind::number:
    case Kind::input:
      break;
  }
  return item.value;
}

bool Conditions::hold(const std::function<uint64_t(uint32_t)>& bits_of) const {
  std::array<std::byte, 1024> memory;  // a call's few steps need no allocation
  std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
  std::pmr::vector<WeakScalar> values(&resource);
  values.reserve(steps_.size());
  try {
    for (const Item& item : steps_) {
      values.push_back(item.kind == Kind::input ? weak_from_bits(item.dtype, bits_of(item.a)) : evaluate(item, values));
      if (item.kind == Kind::require && !truth(values.back())) return false;
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

std::string Conditions::outcomes() const {
  std::string text;
  for (const Item& item : steps_)
    if (item.kind == Kind::require) text += item.outcome ? '1' : '0';
  return text;
}

}  // namespace fuseval::frontend
