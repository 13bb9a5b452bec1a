// A line's text, looked at without parsing: names, words, brackets. What a text means is the library's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fuseval::tools {

std::string_view stripped(std::string_view text);
/// Nothing but blanks and comments.
bool is_blank(std::string_view text);

/// Every name that is spelled in the text, each once (those in strings and comments too).
std::vector<std::string> names_in(std::string_view text);

/// Words separated by blanks; "…" and '…' may hold blanks.
std::vector<std::string> split_words(std::string_view text);

/// Where the last word begins, quotes around it included.
size_t last_word(std::string_view text);
/// "~/x.npy" is in the home folder, as in a shell.
std::string from_home(const std::string& path);

/// Whether the text can be evaluated, or a line must follow: an open bracket, an open triple-quoted string, a backslash
/// at the end. What is wrong beyond repair counts as complete.
bool is_complete(std::string_view text);

/// Positions in the text outside of brackets, strings and comments where `wanted` stands.
std::vector<size_t> find_outside(std::string_view text, char wanted);

/// The nearest of the candidates by edit distance, or "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Prefix that all words share, cut at a code point.
std::string common_prefix(const std::vector<std::string>& words);

}  // namespace fuseval::tools
