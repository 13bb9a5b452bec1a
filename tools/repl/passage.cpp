#include "tools/repl/passage.hpp"

#include <algorithm>

#include "tools/repl/words.hpp"

namespace fuseval::tools {

std::string_view Passage::text() const { return stripped(whole_.substr(begin_, end_ - begin_)); }

Passage Passage::until(size_t place) const { return {whole_, begin_, std::clamp(place, begin_, end_)}; }
Passage Passage::from(size_t place) const { return {whole_, std::clamp(place, begin_, end_), end_}; }

Passage Passage::first_word() const {
  const size_t begin = std::min(whole_.find_first_not_of(" \t\r\n", begin_), end_);
  return {whole_, begin, std::min(whole_.find_first_of(" \t\r\n", begin), end_)};
}
Passage Passage::after_first_word() const { return from(first_word().end_); }

size_t Passage::last_word_begin() const {
  const std::string_view stripped_text = text();
  return static_cast<size_t>(stripped_text.data() - whole_.data()) + fuseval::tools::last_word(stripped_text);
}

std::string Passage::in_place() const {
  std::string result;
  for (const char c : whole_.substr(0, begin_)) {
    if (c == '\n')
      result += '\n';
    else if ((c & 0xc0) != 0x80)
      result += ' ';
  }
  return result.append(whole_.substr(begin_, end_ - begin_));
}

}  // namespace fuseval::tools
