// Failures: the exception that every call of the library may throw, and how it is made of the C ABI's error objects.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {  // the library's own classes have names of their own

/// A failure: what() is the message and, when it has a place in the text, the place and the caret picture.
class Error : public std::runtime_error {
 public:
  Error(fv_status code, const std::string& message) : std::runtime_error(message), code_(code), message_(message) {}

  explicit Error(const fv_error& error)
      : std::runtime_error(described(error)),
        code_(fv_error_code(&error)),
        message_(fv_error_message(&error)),
        caret_(fv_error_caret(&error)),
        line_(fv_error_line(&error)),
        column_(fv_error_column(&error)) {
    fv_error_span(&error, &begin_, &end_);
  }

  fv_status code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  /// Byte range [first, second) of the text; {0, 0}: no place.
  std::pair<std::uint32_t, std::uint32_t> span() const noexcept { return {begin_, end_}; }
  /// From 1, in code points; 0: no place.
  std::uint32_t line() const noexcept { return line_; }
  std::uint32_t column() const noexcept { return column_; }
  /// The source line and carets below it; empty: no place.
  const std::string& caret() const noexcept { return caret_; }

 private:
  static std::string described(const fv_error& error) {
    std::string text = fv_error_message(&error);
    if (fv_error_line(&error) == 0) return text;
    return text + " (line " + std::to_string(fv_error_line(&error)) + ", column " +
           std::to_string(fv_error_column(&error)) + ")\n" + fv_error_caret(&error);
  }

  fv_status code_;
  std::string message_;
  std::string caret_{};
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
};

namespace detail {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* handle) const noexcept {
    release(handle);
  }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Release<release>>;
using ErrorHandle = Handle<fv_error, fv_error_release>;

/// Calls f(..., fv_error**) and turns a failure into an exception.
template <class F>
void check(F&& call) {
  fv_error* raw = nullptr;
  const fv_status status = call(&raw);
  const ErrorHandle error(raw);
  if (status == FV_OK) return;
  if (error) throw Error(*error);
  throw Error(status, "out of memory");  // the only reason for which there may be no error object
}

}  // namespace detail

}  // namespace abi_0
}  // namespace fuseval
