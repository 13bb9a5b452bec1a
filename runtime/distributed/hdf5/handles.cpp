#include "runtime/distributed/hdf5/handles.hpp"

namespace fuseval_hdf5 {
namespace {

/// The first that is visited of an upward walk is the innermost.
herr_t take_first(unsigned, const H5E_error2_t* error, void* text) {
  auto& words = *static_cast<std::string*>(text);
  if (words.empty() && error->desc != nullptr) words = error->desc;
  return 0;
}

}  // namespace

void fail() {
  std::string words;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &words);
  H5Eclear2(H5E_DEFAULT);
  throw Failure("HDF5: " + (words.empty() ? std::string("a call has failed") : words));
}

hid_t checked(hid_t id) {
  if (id < 0) fail();
  return id;
}

void checked_status(herr_t status) {
  if (status < 0) fail();
}

}  // namespace fuseval_hdf5
