#include "tools/described_array.hpp"

#include <charconv>
#include <string>
#include <vector>

namespace fuseval::tools {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::int64_t extent_of(std::string_view text) {
  std::int64_t extent = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
  if (error != std::errc() || end != text.data() + text.size() || extent < 0)
    throw BadDescription("'" + std::string(text) + "' is no extent");
  return extent;
}

std::vector<std::int64_t> extents_of(std::string_view list) {
  std::vector<std::int64_t> extents;
  list = without_blanks(list);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    extents.push_back(extent_of(without_blanks(list.substr(0, comma))));
    list = without_blanks(list.substr(std::min(comma + 1, list.size())));
  }
  return extents;
}

}  // namespace

std::optional<View> described_array(std::string_view text) {
  const std::size_t bracket = text.find('[');
  if (bracket == std::string_view::npos || text.back() != ']') return std::nullopt;
  const int dtype = fv_dtype_from_name(std::string(text.substr(0, bracket)).c_str());
  if (dtype < 0) return std::nullopt;
  // An address as good as any: aligned as arrays are, so that plans are those of real ones.
  alignas(64) static constexpr char nothing[64] = {};
  return View(const_cast<char*>(nothing), static_cast<DType>(dtype),
              extents_of(text.substr(bracket + 1, text.size() - bracket - 2)), {}, FV_VIEW_READONLY);
}

}  // namespace fuseval::tools
