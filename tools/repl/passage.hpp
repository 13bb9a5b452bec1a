// A part of a line, which the library is to read while its errors point into the whole line.
#pragma once

#include <string>
#include <string_view>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

class Passage {
 public:
  Passage() = default;
  explicit Passage(std::string_view whole) : whole_(whole), end_(whole.size()) {}

  /// Without blanks around it.
  std::string_view text() const;
  bool is_empty() const { return text().empty(); }
  std::string_view whole() const { return whole_; }

  /// What comes before and after a place of the whole.
  Passage until(size_t place) const;
  Passage from(size_t place) const;
  size_t begin() const { return begin_; }

  /// First and last word, and what is left. Quotes around the last word belong to it.
  Passage first_word() const;
  Passage after_first_word() const;
  Passage last_word() const { return from(last_word_begin()); }
  Passage before_last_word() const { return until(last_word_begin()); }

  /// The passage with a blank for each code point in front of it: columns are those of the whole.
  std::string in_place() const;

 private:
  Passage(std::string_view whole, size_t begin, size_t end) : whole_(whole), begin_(begin), end_(end) {}

  size_t last_word_begin() const;

  std::string_view whole_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

/// An error of the library about a passage, with the line that it was typed in.
struct PassageError {
  Error error;
  std::string line;
};

/// Calls f() for something that reads passage.in_place(); its Error becomes a PassageError.
template <class F>
auto about(const Passage& passage, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    throw PassageError{error, std::string(passage.whole().substr(0, passage.whole().find('\n')))};
  }
}

}  // namespace fuseval::tools
