// Names of datasets in files of HDF5: "results.h5:/run/density".
#pragma once

#include <optional>
#include <string>

namespace fuseval::runtime {

struct Hdf5Name {
  std::string file;
  std::string dataset;  ///< empty: none was named
};

/// The file ends in .h5, .hdf5 or .he5; the dataset follows after a colon. None: it is a name of something else.
std::optional<Hdf5Name> hdf5_name(const std::string& text);

}  // namespace fuseval::runtime
