#include "tools/repl/words.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <numeric>

#include "tools/encoding.hpp"

namespace fuseval::tools {
namespace {

/// Walks a text and tells what each byte is part of.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Moves past one byte, or a whole string or comment. `at`: where it began.
  bool next(size_t& at) {
    if (position_ >= text_.size()) return false;
    at = position_;
    const char c = text_[position_];
    if (c == '#')
      position_ = std::min(text_.find('\n', position_), text_.size());
    else if (c == '"' || c == '\'')
      skip_string(c);
    else
      skip_byte(c);
    return true;
  }

  bool is_outside() const { return depth_ <= 0; }
  bool is_open() const { return depth_ > 0 || in_triple_ || ends_in_backslash_; }

 private:
  void skip_byte(char c) {
    ++position_;
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if (c == ')' || c == ']' || c == '}') --depth_;
    if (c == '\\') ends_in_backslash_ = stripped(text_.substr(position_)).empty();
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool is_triple = text_.substr(position_, 3) == triple;
    const std::string_view end = is_triple ? std::string_view(triple) : std::string_view(triple).substr(0, 1);
    position_ += end.size();
    for (; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\')
        ++position_;
      else if (text_.substr(position_, end.size()) == end)
        break;
      else if (text_[position_] == '\n' && !is_triple)
        return;  // an error: the string ends with its line
    }
    if (position_ < text_.size())
      position_ += end.size();
    else
      position_ = text_.size(), in_triple_ = is_triple;
  }

  std::string_view text_;
  size_t position_ = 0;
  int depth_ = 0;
  bool in_triple_ = false;
  bool ends_in_backslash_ = false;
};

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string_view stripped(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

bool is_blank(std::string_view text) {
  Scanner scanner(text);
  for (size_t at = 0; scanner.next(at);)
    if (text[at] != '#' && !stripped(text.substr(at, 1)).empty()) return false;
  return true;
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (size_t k = 0; k < text.size();) {
    size_t end = k;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    if (end > k && !is_digit(text[k])) names.emplace_back(text.substr(k, end - k));
    k = std::max(end, k + 1);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  char quote = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool is_blank = quote == 0 && std::isspace(static_cast<unsigned char>(c));
    if (!is_blank && !in_word) words.emplace_back();
    in_word = !is_blank;
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (!is_blank)
      words.back() += c;
  }
  return words;
}

size_t last_word(std::string_view text) {
  const char last = text.empty() ? ' ' : text.back();
  if (last == '"' || last == '\'') {
    const size_t open = text.rfind(last, text.size() - 2);
    if (text.size() > 1 && open != std::string_view::npos) return open;
  }
  const size_t blank = text.find_last_of(" \t\n");
  return blank == std::string_view::npos ? 0 : blank + 1;
}

std::string from_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home ? home + path.substr(1) : path;
}

bool is_complete(std::string_view text) {
  Scanner scanner(text);
  for (size_t at = 0; scanner.next(at);) continue;
  return !scanner.is_open();
}

std::vector<size_t> find_outside(std::string_view text, char wanted) {
  std::vector<size_t> places;
  Scanner scanner(text);
  for (size_t at = 0; scanner.next(at);)
    if (text[at] == wanted && scanner.is_outside()) places.push_back(at);
  return places;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const size_t allowed = (word.size() + 1) / 3;
  std::string best;
  size_t least = allowed + 1;
  for (const std::string& candidate : candidates)
    if (const size_t distance = edit_distance(word, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  return best;
}

std::string common_prefix(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::string prefix = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end()).first;
    prefix.erase(end, prefix.end());
  }
  const bool is_cut = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word.size() > prefix.size() && (word[prefix.size()] & 0xc0) == 0x80;
  });
  while (is_cut && !prefix.empty() && (prefix.back() & 0xc0) == 0x80) prefix.pop_back();
  if (is_cut && !prefix.empty()) prefix.pop_back();
  return prefix;
}

}  // namespace fuseval::tools
