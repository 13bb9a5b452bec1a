#include "tools/data_inputs.hpp"

#include <algorithm>

#include "tools/progress.hpp"

namespace fuseval::tools {

std::string DataInputs::key_of(const DataReference& reference, bool by_members) {
  std::string key = reference.path + (by_members ? "\nmembers" : "\nwhole");
  if (reference.dtype) key += name_of(*reference.dtype);
  for (const std::int64_t extent : reference.shape) key += "x" + std::to_string(extent);
  return key;
}

DataInputs::Input& DataInputs::input_of(const DataReference& reference, bool by_members) {
  const std::string key = key_of(reference, by_members);
  if (reference.is_stream())
    for (const auto& [other, input] : inputs_)
      if (input.reference.path == reference.path && other != key)
        throw Error(FV_ERROR_ARGUMENT, reference.text() + " can be read once: as a whole, or by its columns");
  Input& input = inputs_[key];
  input.reference = reference;
  return input;
}

void DataInputs::want(const DataReference& reference) {
  Input& input = input_of(reference, !reference.member.empty());
  if (!reference.member.empty()) input.members.push_back(reference.member);
}

void DataInputs::want_any(const DataReference& reference, const std::vector<std::string>& names) {
  Input& input = input_of(reference, true);
  input.members.insert(input.members.end(), names.begin(), names.end());
  input.passes_over_missing = true;
}

const std::shared_ptr<const DataFile>& DataInputs::opened(Input& input) {
  if (input.file) return input.file;
  const BusyNotice notice("reading " + input.reference.text());
  std::sort(input.members.begin(), input.members.end());
  input.members.erase(std::unique(input.members.begin(), input.members.end()), input.members.end());
  return input.file = open_members(input.reference, input.members, input.passes_over_missing, false);
}

LoadedView DataInputs::load(const DataReference& reference) {
  if (reference.is_hdf5) return load_array(reference, false);
  return view_in(opened(input_of(reference, !reference.member.empty())), reference);
}

std::shared_ptr<const DataFile> DataInputs::file(const DataReference& reference) {
  return opened(input_of(reference, true));
}

}  // namespace fuseval::tools
