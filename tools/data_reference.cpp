#include "tools/data_reference.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

namespace fuseval::tools {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(FV_ERROR_ARGUMENT, message); }

bool is_pipe(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool is_readable_name(const std::string& path) {
  const char* format = nullptr;
  return fv_data_format(path.c_str(), 0, &format, nullptr) == FV_OK;
}

bool is_path(const std::string& text) { return text == "-" || is_readable_name(text) || is_pipe(text); }

std::string without_quotes(std::string_view name) {
  const bool is_quoted =
      name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return std::string(is_quoted ? name.substr(1, name.size() - 2) : name);
}

/// "100x200".
std::vector<std::int64_t> shape_of(std::string_view text) {
  std::vector<std::int64_t> shape;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    if (error != std::errc() || extent < 0 || (next != end && *next != 'x'))
      refuse("'" + std::string(text) + "' is no shape like 100x200");
    shape.push_back(extent);
    if (next == end) return shape;
    at = next + 1;
  }
}

/// What follows the file's name: "float32:100x200", or a member's name.
void read_rest(std::string_view rest, DataReference& reference) {
  const size_t colon = std::min(rest.find(':'), rest.size());
  const int dtype = fv_dtype_from_name(std::string(rest.substr(0, colon)).c_str());
  const char* format = nullptr;
  const bool is_known = fv_data_format(reference.path.c_str(), 0, &format, nullptr) == FV_OK;
  const bool may_be_raw = !is_known || std::string_view(format) == "raw";
  if (is_known && may_be_raw && dtype < 0) refuse("'" + std::string(rest.substr(0, colon)) + "' is no dtype");
  if (!may_be_raw || dtype < 0) {
    reference.member = without_quotes(rest);
    return;
  }
  reference.dtype = static_cast<DType>(dtype);
  if (colon < rest.size()) reference.shape = shape_of(rest.substr(colon + 1));
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t most = 20;
  std::string list;
  for (size_t k = 0; k < names.size() && k < most; ++k) list += (k > 0 ? ", " : "") + names[k];
  return list + (names.size() > most ? ", ..." : "");
}

}  // namespace

bool DataReference::is_stream() const { return is_standard_input() || is_pipe(path); }

std::string DataReference::text() const { return is_standard_input() ? "standard input" : path; }

bool is_hdf5(std::string_view value) {
  for (const std::string_view ending : {".h5", ".hdf5", ".he5"}) {
    const size_t place = value.find(ending);
    if (place == 0 || place == std::string_view::npos) continue;
    const size_t end = place + ending.size();
    if (end == value.size() || value[end] == ':') return true;
  }
  return false;
}

World alone() {
  WorldOptions options;
  options.kind = FV_WORLD_SELF;
  return World(options);
}

std::optional<DataReference> data_reference(std::string_view text) {
  DataReference reference;
  if (is_hdf5(text)) {
    reference.path = text;
    reference.is_hdf5 = true;
    return reference;
  }
  for (size_t colon = text.find(':'); true; colon = text.find(':', colon + 1)) {
    reference.path = text.substr(0, colon);
    if (is_path(reference.path)) {
      if (colon != std::string_view::npos) read_rest(text.substr(colon + 1), reference);
      return reference;
    }
    if (colon == std::string_view::npos) return std::nullopt;
  }
}

DataReference require_data_reference(std::string_view text) {
  if (auto reference = data_reference(text)) return *reference;
  format_to_read(std::string(text));
  refuse("'" + std::string(text) + "' is no file");
}

std::shared_ptr<const DataFile> open_members(const DataReference& reference, std::vector<std::string> members,
                                             bool passes_over_missing, bool copy) {
  DataOptions options;
  options.dtype = reference.dtype;
  options.shape = reference.shape;
  options.together = members.empty() && !passes_over_missing;
  options.names = std::move(members);
  options.passes_over_missing = passes_over_missing;
  options.copy = copy;
  return reference.is_standard_input()
             ? std::make_shared<const DataFile>(DataFile::of_descriptor(STDIN_FILENO, options))
             : std::make_shared<const DataFile>(reference.path, options);
}

LoadedView view_in(const std::shared_ptr<const DataFile>& file, const DataReference& reference) {
  const std::vector<std::string> names = file->names();
  if (!reference.member.empty()) return {file->view(reference.member), file};
  if (names.size() == 1) return {file->at(0), file};
  refuse(reference.text() + " has " +
         (names.empty() ? "no array" : "several arrays; say which by " + reference.path + ":NAME: " + list_of(names)));
}

LoadedView load_array(const DataReference& reference, bool copy) {
  if (reference.is_hdf5) {
    const auto array = std::make_shared<const DistributedArray>(load(alone(), reference.path));
    return {array->local(), array};
  }
  std::vector<std::string> members;
  if (!reference.member.empty()) members.push_back(reference.member);
  return view_in(open_members(reference, std::move(members), false, copy), reference);
}

}  // namespace fuseval::tools
