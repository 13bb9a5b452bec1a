// The one error type of fuseval: a code, a message and the byte span of the text that it is about.
// Every layer throws it; the C ABI turns it into an owned fv_error. Carets are drawn by frontend/diagnostic.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace fuseval {

/// Half-open byte range [begin, end) of a program text. begin == end == 0 means "no place".
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

/// What went wrong, as the C ABI reports it (values are part of the ABI: append only).
enum class ErrorCode : int32_t {
  none = 0,
  syntax = 1,            ///< the text is not in the grammar
  unknown_name = 2,      ///< a name that nobody bound
  unknown_function = 3,  ///< a call or attribute that the language does not have
  argument = 4,          ///< wrong count, unknown keyword, or an argument of the wrong kind
  dtype = 5,             ///< the operation has no loop for these dtypes
  shape = 6,             ///< shapes that do not broadcast, or an index out of range
  casting = 7,           ///< `out` cannot hold the result under the casting rule
  axis = 8,              ///< an axis out of range, or named twice
  limit = 9,             ///< text, depth, node, operand or memory limit, or that of integers
  value = 10,            ///< an error that depends on values (integer to a negative power)
  file = 11,             ///< a file that cannot be read or written
  memory = 12,           ///< out of memory, or a size that overflows
  unsupported = 13,      ///< valid in the language, but not on this device, target or in this version
  invalid_handle = 14,   ///< a null or malformed argument of the C ABI
  cancelled = 15,
  internal = 16,       ///< a bug in fuseval
  hook = 17,           ///< a function that the host gave has failed
  device = 18,         ///< a device that failed, or was lost: its arrays are gone, other devices are not
  communication = 19,  ///< between ranks: MPI's failure, a wait without end, calls that differ
};

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, Span span = {}) : code_(code), message_(std::move(message)), span_(span) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  Span span() const { return span_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// The same error, placed: used where the thrower does not know the text. An error that has a place keeps it.
  Error at(Span span) const { return span_ == Span{} ? Error(code_, message_, span) : *this; }

 private:
  ErrorCode code_;
  std::string message_;
  Span span_;
};

}  // namespace fuseval
