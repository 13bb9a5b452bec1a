#include "ir/ops.hpp"

#include <algorithm>

namespace fuseval {
namespace {

constexpr OpInfo op_table[] = {
#define FUSEVAL_OP(id, aliases, arity, domain, result, cost, flags, summary) \
  {Op::id, #id, aliases, arity, Domain::domain, ResultRule::result, cost, OpFlag::flags, summary},
#include "ir/ops.def"
#undef FUSEVAL_OP
};

bool has_alias(std::string_view aliases, std::string_view name) {
  while (!aliases.empty()) {
    const size_t blank = std::min(aliases.find(' '), aliases.size());
    if (aliases.substr(0, blank) == name) return name != ".";
    aliases.remove_prefix(std::min(blank + 1, aliases.size()));
  }
  return false;
}

}  // namespace

std::span<const OpInfo> all_ops() { return op_table; }
const OpInfo& info(Op op) { return op_table[static_cast<size_t>(op)]; }

std::optional<Op> op_from_name(std::string_view name) {
  for (const OpInfo& row : op_table)
    if ((row.name == name && row.aliases != ".") || has_alias(row.aliases, name)) return row.op;
  return std::nullopt;
}

DType result_dtype(Op op, DType loop) {
  switch (info(op).result) {
    case ResultRule::same:
      return loop;
    case ResultRule::boolean:
      return DType::bool_;
    case ResultRule::uint8:
      return DType::uint8;
    case ResultRule::int32:
      return DType::int32;
  }
  return loop;
}

std::string_view name_of(Reduction reduction) {
  constexpr std::array<std::string_view, reduction_count> names = {"sum", "prod",   "min",    "max",    "all",
                                                                   "any", "argmin", "argmax", "moment2"};
  return names[static_cast<size_t>(reduction)];
}

DType result_dtype(Reduction reduction, DType operand) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
    case Reduction::moment2:
      return operand;
    case Reduction::all:
    case Reduction::any:
      return DType::bool_;
    case Reduction::argmin:
    case Reduction::argmax:
      return DType::int64;
  }
  return operand;
}

bool is_order_sensitive(Reduction reduction, DType operand) {
  const bool rounds = reduction == Reduction::sum || reduction == Reduction::prod || reduction == Reduction::moment2;
  return rounds && (is_float(operand) || is_complex(operand));
}

}  // namespace fuseval
