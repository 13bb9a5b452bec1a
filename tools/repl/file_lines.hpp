// Lines of a file, or of standard input when it is no terminal: no prompt and no editing.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fuseval/fuseval.hpp"
#include "tools/encoding.hpp"
#include "tools/repl/line_source.hpp"

namespace fuseval::tools {

class FileLines : public LineSource {
 public:
  /// Reads the file, which must outlive it. They end early once `cancel` is set, if there is one.
  explicit FileLines(std::FILE* file, const CancelToken* cancel = nullptr) : file_(file), cancel_(cancel) {}
  ~FileLines() override { std::free(buffer_); }
  FileLines(const FileLines&) = delete;
  FileLines& operator=(const FileLines&) = delete;

  LineEvent read(bool, std::string& line) override {
    if (cancel_ != nullptr && cancel_->is_set()) return LineEvent::end;
    const ssize_t length = getline(&buffer_, &room_, file_);
    if (length < 0) return LineEvent::end;
    line.assign(buffer_, static_cast<size_t>(length));
    if (std::exchange(is_first_, false)) line = without_byte_order_mark(std::move(line));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return LineEvent::line;
  }

 private:
  std::FILE* file_;
  const CancelToken* cancel_;
  char* buffer_ = nullptr;
  size_t room_ = 0;
  bool is_first_ = true;
};

}  // namespace fuseval::tools
