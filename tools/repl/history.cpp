#include "tools/repl/history.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {
namespace {

constexpr size_t most_entries = 10'000;

/// One line of the file: line ends and backslashes are written \n and \\.
std::string encoded(const std::string& entry) {
  std::string line;
  for (const char c : entry) {
    if (c == '\n')
      line += "\\n";
    else
      line.append(c == '\\' ? 2 : 1, c);
  }
  return line;
}

std::string decoded(const std::string& line) {
  std::string entry;
  for (size_t k = 0; k < line.size(); ++k) {
    const bool escaped = line[k] == '\\' && k + 1 < line.size();
    if (escaped) ++k;
    entry += escaped && line[k] == 'n' ? '\n' : line[k];
  }
  return entry;
}

/// The last of each, in order, and not more than are kept.
std::vector<std::string> without_repeats(const std::vector<std::string>& entries) {
  std::vector<std::string> kept;
  std::unordered_set<std::string_view> seen;
  for (auto it = entries.rbegin(); it != entries.rend() && kept.size() < most_entries; ++it)
    if (seen.insert(*it).second) kept.push_back(*it);
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// Every folder that is missing, for the user alone (XDG Base Directory Specification).
bool make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) return true;
  return make_folders(folder.parent_path()) && (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    text.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

}  // namespace

std::string history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && state[0] == '/') return std::string(state) + "/fuseval/history";  // relative ones are to be ignored
  const char* home = std::getenv("HOME");
  return home && *home ? std::string(home) + "/.local/state/fuseval/history" : "";
}

History::History(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  if (make_folders(std::filesystem::path(file_).parent_path()))
    read();
  else
    give_up("make the folder of");
}

void History::read() {
  struct stat status {};
  if (stat(file_.c_str(), &status) != 0) {
    if (errno != ENOENT) give_up("read");
    return;
  }
  std::ifstream stream(file_);
  if (!S_ISREG(status.st_mode) || !stream) {
    if (!S_ISREG(status.st_mode)) errno = EISDIR;
    return give_up("read");
  }
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) all.push_back(decoded(line));
  entries_ = without_repeats(all);
  if (all.size() > 2 * most_entries) shorten_file();
}

void History::add(const std::string& entry) {
  if (!entries_.empty() && entries_.back() == entry) return;
  entries_.erase(std::remove(entries_.begin(), entries_.end(), entry), entries_.end());
  entries_.push_back(entry);
  if (!file_.empty()) append_to_file(entry);
}

void History::note_outputs(const std::string& entry, size_t first, size_t last) {
  if (last < first)
    outputs_.erase(entry);
  else
    outputs_[entry] = "_" + std::to_string(first) + (last > first ? " to _" + std::to_string(last) : "");
}

std::string History::outputs_of(const std::string& entry) const {
  const auto it = outputs_.find(entry);
  return it == outputs_.end() ? "" : it->second;
}

void History::append_to_file(const std::string& entry) {
  const int file = open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const bool written = file >= 0 && write_all(file, encoded(entry) + "\n");
  if (file >= 0) close(file);
  if (!written) give_up("write");
}

// No reader finds half of it. What cannot be shortened stays long.
void History::shorten_file() const {
  std::string text;
  for (const std::string& entry : entries_) text += encoded(entry) + "\n";
  try {
    write_file(file_, text);
  } catch (const Error&) {
  }
}

void History::give_up(const std::string& what) {
  std::fprintf(stderr, "fuseval: warning: cannot %s the history %s: %s\n", what.c_str(), file_.c_str(),
               std::strerror(errno));
  file_.clear();
}

}  // namespace fuseval::tools
