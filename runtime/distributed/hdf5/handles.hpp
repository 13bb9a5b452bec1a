// HDF5's identifiers with owners, and its errors as one sentence.
#pragma once

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "runtime/distributed/hdf5/plugin_abi.hpp"

namespace fuseval_hdf5 {

/// What the plugin's functions report: a sentence for people.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// HDF5's words for the call that has just failed: of the function that found it, the innermost one.
[[noreturn]] void fail();

/// The identifier of a call that has to work.
hid_t checked(hid_t id);
void checked_status(herr_t status);

/// Closes what it owns.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close) : id_(checked(id)), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  /// Closes now, and tells whether it went well.
  void close() {
    if (id_ >= 0) checked_status(close_(std::exchange(id_, -1)));
  }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// HDF5 prints its errors unless it is told not to; the host's own setting is back afterwards.
class QuietErrors {
 public:
  QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace fuseval_hdf5
