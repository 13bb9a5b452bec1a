#include "tools/repl/outputs.hpp"

#include <charconv>

namespace fuseval::tools {
namespace {

constexpr std::string_view recent_names[] = {"_", "__", "___"};

}  // namespace

void Outputs::add(const Variable& variable) {
  kept_.insert_or_assign(++count_, variable);
  drop_old();
}

void Outputs::drop_old() {
  int64_t bytes = 0;
  for (const auto& [number, variable] : kept_) bytes += byte_count(variable.view());
  while (kept_.size() > std::size(recent_names) && bytes > most_kept_output_bytes) {
    bytes -= byte_count(kept_.begin()->second.view());
    kept_.erase(kept_.begin());
  }
}

std::optional<size_t> Outputs::number_of(std::string_view name) const {
  for (size_t k = 0; k < std::size(recent_names); ++k)
    if (name == recent_names[k]) return k < count_ ? std::optional(count_ - k) : std::nullopt;
  if (name.size() < 2 || name[0] != '_' || name[1] < '1' || name[1] > '9') return std::nullopt;
  size_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(number) : std::nullopt;
}

const Variable* Outputs::find(std::string_view name) const {
  const std::optional<size_t> number = number_of(name);
  const auto it = number ? kept_.find(*number) : kept_.end();
  return it == kept_.end() ? nullptr : &it->second;
}

bool Outputs::remove(std::string_view name) {
  const std::optional<size_t> number = number_of(name);
  return number && kept_.erase(*number) > 0;
}

}  // namespace fuseval::tools
