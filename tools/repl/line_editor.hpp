// Lines from a terminal, edited with libedit: Emacs keys (or what ~/.editrc says), history, completion, pasted text.
#pragma once

#include <histedit.h>
#include <termios.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fuseval/fuseval.hpp"
#include "tools/repl/completion.hpp"
#include "tools/repl/history.hpp"
#include "tools/repl/interrupt.hpp"
#include "tools/repl/line_source.hpp"

namespace fuseval::tools {

class LineEditor : public LineSource {
 public:
  /// All three must outlive it. Ctrl-C is what sets `cancel`; read() clears it.
  LineEditor(const History& history, const CancelToken& cancel, std::function<Completion(std::string_view)> completer);
  ~LineEditor() override;

  LineEvent read(bool continues, std::string& line) override;

 private:
  static LineEditor& of(EditLine* editor);
  static int read_character(EditLine* editor, wchar_t* character);
  static char* prompt_text(EditLine* editor);
  static unsigned char complete_key(EditLine* editor, int);
  static unsigned char interrupt_key(EditLine* editor, int);
  static unsigned char stop_key(EditLine* editor, int);
  static unsigned char paste_key(EditLine* editor, int);
  static unsigned char older_key(EditLine* editor, int);
  static unsigned char newer_key(EditLine* editor, int);

  void bind_keys();
  void stop();
  void resume();
  void note_newest_entry();
  void show_choices(const std::vector<std::string>& words) const;
  unsigned char recall(int step);
  bool move_line(int step);
  void move_to_end();
  void move_cursor(size_t from, size_t to);
  void replace_text(const std::string& text);

  const History& history_;
  const CancelToken& cancel_;
  std::function<Completion(std::string_view)> completer_;
  std::unique_ptr<EditLine, void (*)(EditLine*)> editor_;
  std::unique_ptr<::History, void (*)(::History*)> searched_;  ///< what Ctrl-R looks through
  std::string newest_searched_;
  std::string prompt_;
  bool continues_ = false;
  const PromptSignals* signals_ = nullptr;
  termios modes_{};           ///< of the terminal while a line is edited
  bool is_leaving_ = false;   ///< the line is being given up
  bool is_stopping_ = false;  ///< the process stops before the next key
  size_t cursor_ = 0;         ///< where it was then
  size_t recalled_ = 0;       ///< index into the history; its size: the line that is being typed
  std::string typed_;         ///< that line
  size_t matched_ = 0;        ///< bytes of it that a recalled entry must begin with
};

}  // namespace fuseval::tools
