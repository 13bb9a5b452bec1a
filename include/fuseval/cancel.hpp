// Stopping calls from elsewhere.
#pragma once

#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

/// One serves any number of calls. Must outlive the calls that have it. Move-only.
class CancelToken {
 public:
  CancelToken() {
    fv_cancel* cancel = nullptr;
    detail::check([&](fv_error** error) { return fv_cancel_create(&cancel, error); });
    handle_.reset(cancel);
  }

  /// Calls that have the token fail with FV_ERROR_CANCELLED, within 10 ms of computing, until it is cleared. From any
  /// thread, and from signal handlers.
  void set() const noexcept { fv_cancel_set(handle_.get()); }
  void clear() const noexcept { fv_cancel_clear(handle_.get()); }
  bool is_set() const noexcept { return fv_cancel_is_set(handle_.get()) != 0; }

  const fv_cancel* handle() const noexcept { return handle_.get(); }

 private:
  detail::Handle<fv_cancel, fv_cancel_release> handle_{};
};

}  // namespace abi_0
}  // namespace fuseval
