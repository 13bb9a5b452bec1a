// From exceptions to the C ABI's owned error objects.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "engine/abi/handle.hpp"
#include "frontend/diagnostic.hpp"
#include "fuseval/fuseval.h"
#include "ir/error.hpp"
#include "runtime/float_environment.hpp"

struct fv_error {
  fv_status code = FV_OK;
  std::string message;
  fuseval::Span span;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string caret;
};

namespace fuseval::engine {

inline fv_status report(fv_error** error, const Error& what, std::string_view text) {
  const auto code = static_cast<fv_status>(what.code());
  if (error == nullptr) return code;
  std::unique_ptr<fv_error> made(new fv_error);
  made->code = code;
  made->message = what.message();
  made->span = what.span();
  if (!(what.span() == Span{}) && !text.empty()) {
    const frontend::Place place = frontend::place_of(text, what.span().begin);
    made->line = place.line;
    made->column = place.column;
    made->caret = frontend::caret_picture(text, what.span());
  }
  note_made(made.get(), "error");
  *error = made.release();
  return code;
}

/// Whatever body throws becomes *error and the returned status. text: what spans refer to.
template <class Body>
fv_status guard_host_code(fv_error** error, std::string_view text, Body&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    try {
      body();
      return FV_OK;
    } catch (const Error& what) {
      return report(error, what, text);
    } catch (const std::bad_alloc&) {
      return report(error, Error(ErrorCode::memory, "out of memory"), text);
    } catch (const std::exception& what) {
      return report(error, Error(ErrorCode::internal, what.what()), text);
    }
  } catch (...) {
    return FV_ERROR_MEMORY;  // the error object itself could not be made
  }
}

/// The same for what computes: in our floating-point environment. Literals are read and constants folded in it, too.
template <class Body>
fv_status guard(fv_error** error, std::string_view text, Body&& body) noexcept {
  const runtime::FloatEnvironment environment;
  return guard_host_code(error, text, body);
}

inline void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorCode::invalid_handle, message);
}

/// A copy for the caller, freed by fv_string_release.
inline char* copy_string(std::string_view text) {
  char* copy = static_cast<char*>(::operator new(text.size() + 1));
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

}  // namespace fuseval::engine
