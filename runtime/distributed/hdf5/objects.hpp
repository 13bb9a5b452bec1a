// What is in a file of HDF5, by name.
#pragma once

#include <string>
#include <vector>

#include "runtime/distributed/hdf5/handles.hpp"

namespace fuseval_hdf5 {

/// "/group/dataset": from the root, without doubled or trailing slashes.
std::string absolute(const std::string& name);

/// The dataset of this name; of an empty name: the only one there is. Throws Failure that says which there are.
Handle open_dataset(hid_t file, const std::string& name);

/// Objects that are neither the dataset of this name nor groups around it, by name; datasets first.
std::vector<std::string> others_than(hid_t file, const std::string& name);

/// "/a, /b and 12 more"
std::string list(const std::vector<std::string>& names);

}  // namespace fuseval_hdf5
