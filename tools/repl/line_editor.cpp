// libedit counts in wide characters and shows bytes: places in the text are bytes here, and moves are converted.
#include "tools/repl/line_editor.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cwchar>
#include <utility>

#include "tools/repl/words.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

constexpr char prompt_escape = '\1';  // around what takes no room on the screen

int code_points(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

struct Line {
  std::string text;
  size_t cursor;
};

Line line_of(EditLine* editor) {
  const LineInfo* info = el_line(editor);
  return {std::string(info->buffer, info->lastchar), static_cast<size_t>(info->cursor - info->buffer)};
}

constexpr wchar_t interrupt_character = 3;  // Ctrl-C
constexpr wchar_t stop_character = 26;      // Ctrl-Z

std::string prompt_for(bool continues) {
  const std::string sign = continues ? ". " : "> ";
  return has_colour(STDOUT_FILENO) ? "\1\x1b[1;32m\1" + sign + "\1\x1b[0m\1" : sign;
}

void append_wide(std::string& text, wchar_t character) {
  char bytes[MB_LEN_MAX];
  std::mbstate_t state{};
  const size_t length = std::wcrtomb(bytes, character, &state);
  if (length != static_cast<size_t>(-1)) text.append(bytes, length);
}

/// Terminals that know it put marks around pasted text, so that its line ends are not the Enter key.
class BracketedPaste {
 public:
  BracketedPaste() { ask(true); }
  ~BracketedPaste() { ask(false); }

  static void ask(bool on) {
    if (!is_capable_terminal(STDOUT_FILENO)) return;
    std::fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
    std::fflush(stdout);
  }
};

}  // namespace

LineEditor::LineEditor(const History& history, const CancelToken& cancel,
                       std::function<Completion(std::string_view)> completer)
    : history_(history),
      cancel_(cancel),
      completer_(std::move(completer)),
      editor_(el_init("fuseval", stdin, stdout, stderr), el_end),
      searched_(history_init(), history_end) {
  HistEvent event;
  ::history(searched_.get(), &event, H_SETSIZE, INT_MAX);
  for (const std::string& entry : history_.entries()) ::history(searched_.get(), &event, H_ENTER, entry.c_str());
  EditLine* editor = editor_.get();
  el_set(editor, EL_CLIENTDATA, this);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_PROMPT_ESC, prompt_text, prompt_escape);
  el_set(editor, EL_HIST, ::history, searched_.get());
  el_set(editor, EL_GETCFN, read_character);
  el_set(editor, EL_SETTY, "-x", "-echo", nullptr);  // what is typed during an evaluation appears at the next prompt
  bind_keys();
  el_source(editor, nullptr);
}

LineEditor::~LineEditor() = default;

void LineEditor::bind_keys() {
  EditLine* editor = editor_.get();
  el_set(editor, EL_ADDFN, "fuseval-complete", "Complete the word, or show what it may become", complete_key);
  el_set(editor, EL_ADDFN, "fuseval-interrupt", "Give the line up", interrupt_key);
  el_set(editor, EL_ADDFN, "fuseval-stop", "Stop the process until fg", stop_key);
  el_set(editor, EL_ADDFN, "fuseval-paste", "Insert pasted text", paste_key);
  el_set(editor, EL_ADDFN, "fuseval-older", "Line above, or older entry that begins as this one", older_key);
  el_set(editor, EL_ADDFN, "fuseval-newer", "Line below, or newer entry that begins as this one", newer_key);
  constexpr std::pair<const char*, const char*> keys[] = {
      {"^C", "fuseval-interrupt"},   {"^Z", "fuseval-stop"},
      {"^I", "fuseval-complete"},    {"\033[200~", "fuseval-paste"},
      {"^R", "em-inc-search-prev"},  {"\033[A", "fuseval-older"},
      {"\033OA", "fuseval-older"},   {"^P", "fuseval-older"},
      {"\033[B", "fuseval-newer"},   {"\033OB", "fuseval-newer"},
      {"^N", "fuseval-newer"},       {"\033[H", "ed-move-to-beg"},
      {"\033OH", "ed-move-to-beg"},  {"\033[1~", "ed-move-to-beg"},
      {"\033[F", "ed-move-to-end"},  {"\033OF", "ed-move-to-end"},
      {"\033[4~", "ed-move-to-end"}, {"\033[1;5C", "em-next-word"},
      {"\033[1;5D", "ed-prev-word"}, {"\033[3~", "ed-delete-next-char"},
      {"^W", "ed-delete-prev-word"}, {"\033\177", "ed-delete-prev-word"}};
  for (const auto& [key, function] : keys) el_set(editor, EL_BIND, key, function, nullptr);
}

LineEvent LineEditor::read(bool continues, std::string& line) {
  continues_ = continues;
  prompt_ = prompt_for(continues);
  note_newest_entry();
  recalled_ = history_.entries().size();
  typed_.clear();
  is_leaving_ = false;
  is_stopping_ = false;
  cancel_.clear();
  const PromptSignals signals;
  const BracketedPaste paste;
  signals_ = &signals;
  el_set(editor_.get(), EL_PREP_TERM, 1);  // before the prompt: what is typed once it is seen is for the editor
  tcgetattr(STDIN_FILENO, &modes_);
  int count = 0;
  const char* text = el_gets(editor_.get(), &count);
  signals_ = nullptr;
  if (cancel_.is_set()) {
    std::fputs("\n", stdout);
    return LineEvent::interrupt;
  }
  if (!text || count <= 0) {
    std::fputs("\n", stdout);
    return LineEvent::end;
  }
  line.assign(text, static_cast<size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return LineEvent::line;
}

LineEditor& LineEditor::of(EditLine* editor) {
  void* self = nullptr;
  el_get(editor, EL_CLIENTDATA, &self);
  return *static_cast<LineEditor*>(self);
}

char* LineEditor::prompt_text(EditLine* editor) { return of(editor).prompt_.data(); }

// Returns 1, or 0 at the end of input, or -1 after Ctrl-C: libedit gives up the line for either. Ctrl-C and Ctrl-Z come
// as signals; they are given to libedit as keys first, which ends a search and puts the cursor at the text's end.
int LineEditor::read_character(EditLine* editor, wchar_t* character) {
  LineEditor& self = of(editor);
  std::mbstate_t state{};
  if (std::exchange(self.is_stopping_, false)) self.stop();
  while (true) {
    const auto event = self.signals_->wait_for_input(STDIN_FILENO);
    if (event == PromptSignals::Event::interrupt) {
      if (std::exchange(self.is_leaving_, true)) return -1;
      *character = interrupt_character;
      return 1;
    }
    if (event != PromptSignals::Event::input) {
      if (event == PromptSignals::Event::stop) {
        self.is_stopping_ = true;
        self.cursor_ = line_of(editor).cursor;
        *character = stop_character;
        return 1;
      }
      if (event == PromptSignals::Event::window) el_resize(editor);
      if (event == PromptSignals::Event::resumed) self.resume();
      continue;
    }
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got <= 0) return got == 0 ? 0 : -1;
    const size_t length = std::mbrtowc(character, &byte, 1, &state);
    if (length == static_cast<size_t>(-1)) state = {};  // no UTF-8: the byte is dropped
    if (length <= 1) return 1;
  }
}

// The shell gets the terminal as it was, and writes below the line.
void LineEditor::stop() {
  BracketedPaste::ask(false);
  std::fputs("\n", stdout);
  std::fflush(stdout);
  signals_->stop();
  const size_t end = line_of(editor_.get()).text.size();
  move_cursor(end, std::min(cursor_, end));
  resume();
}

// After a stop the shell has set the terminal's modes and written to the screen, and the window may be another.
void LineEditor::resume() {
  tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_);  // libedit believes that they still are what it made them
  BracketedPaste::ask(true);
  el_resize(editor_.get());
  el_set(editor_.get(), EL_REFRESH);
}

// Every line of the text stays on the screen.
unsigned char LineEditor::interrupt_key(EditLine* editor, int) {
  of(editor).move_to_end();
  return CC_CURSOR;
}
unsigned char LineEditor::stop_key(EditLine* editor, int) {
  of(editor).move_to_end();
  return CC_CURSOR;
}

void LineEditor::move_to_end() {
  const Line line = line_of(editor_.get());
  move_cursor(line.cursor, line.text.size());
}

void LineEditor::note_newest_entry() {
  if (history_.entries().empty() || history_.entries().back() == newest_searched_) return;
  newest_searched_ = history_.entries().back();
  HistEvent event;
  ::history(searched_.get(), &event, H_ENTER, newest_searched_.c_str());
}

void LineEditor::move_cursor(size_t from, size_t to) {
  const std::string text = line_of(editor_.get()).text;
  const auto [low, high] = std::minmax(from, to);
  const int distance = code_points(std::string_view(text).substr(low, high - low));
  el_cursor(editor_.get(), from < to ? distance : -distance);
}

void LineEditor::replace_text(const std::string& text) {
  const Line line = line_of(editor_.get());
  move_cursor(line.cursor, line.text.size());
  el_deletestr(editor_.get(), code_points(line.text));
  if (!text.empty()) el_insertstr(editor_.get(), text.c_str());
}

unsigned char LineEditor::complete_key(EditLine* editor, int) {
  const LineEditor& self = of(editor);
  const Line line = line_of(editor);
  const std::string before = line.text.substr(0, line.cursor);
  const bool is_indent = self.continues_ || !line.text.empty();
  if (stripped(before).empty() && is_indent) return el_insertstr(editor, "  ") == 0 ? CC_REFRESH : CC_ERROR;
  const Completion completion = self.completer_(before);
  if (completion.words.empty()) return CC_REFRESH_BEEP;
  const size_t typed = before.size() - completion.begin;
  std::string more = common_prefix(completion.words).substr(typed);
  if (completion.words.size() == 1) more += completion.tail;
  if (!more.empty()) return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  if (completion.words.size() == 1) return CC_NORM;
  self.show_choices(completion.words);
  return CC_REDISPLAY;
}

void LineEditor::show_choices(const std::vector<std::string>& words) const {
  int widest = 0;
  for (const std::string& word : words) widest = std::max(widest, code_points(word));
  const int column = widest + 2;
  const auto columns = static_cast<size_t>(std::max(terminal_width(STDOUT_FILENO) / column, 1));
  const size_t rows = (words.size() + columns - 1) / columns;
  for (size_t row = 0; row < rows; ++row) {
    std::fputs("\n", stdout);
    for (size_t k = row; k < words.size(); k += rows) {
      const int padding = k + rows < words.size() ? column - code_points(words[k]) : 0;
      std::printf("%s%*s", words[k].c_str(), padding, "");
    }
  }
  std::fputs("\n", stdout);
}

// The marks are ESC[200~, which has been read, and ESC[201~. Terminals send line ends as carriage returns.
unsigned char LineEditor::paste_key(EditLine* editor, int) {
  constexpr std::string_view end = "\x1b[201~";
  std::string text;
  wchar_t character = 0;
  while (!text.ends_with(end)) {
    if (el_wgetc(editor, &character) != 1) return CC_EOF;
    append_wide(text, character == L'\r' ? L'\n' : character);
  }
  text.resize(text.size() - end.size());
  std::string shown;
  for (const char c : stripped(text)) {
    if (c == '\t') shown += "    ";
    if (c == '\n' || static_cast<unsigned char>(c) >= ' ') shown += c;
  }
  if (shown.empty()) return CC_NORM;
  return el_insertstr(editor, shown.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

unsigned char LineEditor::older_key(EditLine* editor, int) { return of(editor).recall(-1); }
unsigned char LineEditor::newer_key(EditLine* editor, int) { return of(editor).recall(1); }

unsigned char LineEditor::recall(int step) {
  if (move_line(step)) return CC_REFRESH;
  const std::vector<std::string>& entries = history_.entries();
  const Line line = line_of(editor_.get());
  if (recalled_ == entries.size() || line.text != entries[recalled_]) {  // typed, or recalled and changed
    typed_ = line.text;
    matched_ = line.cursor;
    recalled_ = entries.size();
  }
  const std::string_view prefix = std::string_view(typed_).substr(0, matched_);
  for (size_t k = recalled_; step < 0 ? k > 0 : k < entries.size();) {
    k += static_cast<size_t>(step);
    const bool is_typed = k == entries.size();
    if (!is_typed && (!entries[k].starts_with(prefix) || entries[k] == line.text)) continue;
    recalled_ = k;
    replace_text(is_typed ? typed_ : entries[k]);
    return CC_REFRESH;
  }
  return CC_REFRESH_BEEP;
}

/// Within a text of several lines; false at its first or last one.
bool LineEditor::move_line(int step) {
  const Line line = line_of(editor_.get());
  const auto start_of = [&](size_t place) { return place == 0 ? 0 : line.text.rfind('\n', place - 1) + 1; };
  const size_t start = start_of(line.cursor);
  const size_t end = std::min(line.text.find('\n', line.cursor), line.text.size());
  if (step < 0 ? start == 0 : end == line.text.size()) return false;
  const size_t target = step < 0 ? start_of(start - 1) : end + 1;
  const size_t length = std::min(line.text.find('\n', target), line.text.size()) - target;
  move_cursor(line.cursor, target + std::min(line.cursor - start, length));
  return true;
}

}  // namespace fuseval::tools
