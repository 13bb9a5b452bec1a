#include "runtime/distributed/hdf5/objects.hpp"

#include <algorithm>

namespace fuseval_hdf5 {
namespace {

/// All links from the root on, also those that lead nowhere; and which of them are datasets.
struct Links {
  hid_t file;
  std::vector<std::string> datasets, others;
};

herr_t note(hid_t root, const char* name, const H5L_info_t* link, void* user) {
  auto& links = *static_cast<Links*>(user);
  H5O_info_t object{};
  const bool is_there = link->type == H5L_TYPE_HARD && H5Oget_info_by_name(root, name, &object, H5P_DEFAULT) >= 0;
  (is_there && object.type == H5O_TYPE_DATASET ? links.datasets : links.others).push_back(absolute(name));
  return 0;
}

Links links_of(hid_t file) {
  Links links{file, {}, {}};
  checked_status(H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, note, &links));
  std::sort(links.datasets.begin(), links.datasets.end());
  std::sort(links.others.begin(), links.others.end());
  return links;
}

Handle open_named(hid_t file, const std::string& name) {
  const hid_t id = H5Oopen(file, name.c_str(), H5P_DEFAULT);
  H5Eclear2(H5E_DEFAULT);
  if (id < 0) {
    const std::vector<std::string> known = links_of(file).datasets;
    throw Failure("it has no dataset " + absolute(name) + "; " +
                  (known.empty() ? std::string("it has none at all") : "it has " + list(known)));
  }
  Handle object(id, H5Oclose);
  if (H5Iget_type(id) != H5I_DATASET) throw Failure(absolute(name) + " is no dataset");
  return {H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose};
}

}  // namespace

std::string absolute(const std::string& name) {
  std::string result;
  for (const char c : "/" + name)
    if (c != '/' || result.empty() || result.back() != '/') result += c;
  if (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

Handle open_dataset(hid_t file, const std::string& name) {
  if (!name.empty()) return open_named(file, name);
  const std::vector<std::string> known = links_of(file).datasets;
  if (known.empty()) throw Failure("it has no dataset");
  if (known.size() > 1) throw Failure("it has several datasets, so say which by FILE:/NAME: " + list(known));
  return open_named(file, known.front());
}

std::vector<std::string> others_than(hid_t file, const std::string& name) {
  const std::string own = absolute(name);
  const Links links = links_of(file);
  std::vector<std::string> result;
  for (const auto& names : {links.datasets, links.others})
    for (const std::string& other : names)
      if (other != own && !own.starts_with(other + "/")) result.push_back(other);
  return result;
}

std::string list(const std::vector<std::string>& names) {
  constexpr size_t shown = 8;
  std::string text;
  for (size_t k = 0; k < std::min(names.size(), shown); ++k) text += (k == 0 ? "" : ", ") + names[k];
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace fuseval_hdf5
