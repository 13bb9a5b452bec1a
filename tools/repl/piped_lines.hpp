// Lines of standard input, when it is no terminal: no prompt and no editing.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tools/encoding.hpp"
#include "tools/repl/line_source.hpp"

namespace fuseval::tools {

class PipedLines : public LineSource {
 public:
  PipedLines() = default;
  ~PipedLines() override { std::free(buffer_); }
  PipedLines(const PipedLines&) = delete;
  PipedLines& operator=(const PipedLines&) = delete;

  LineEvent read(const std::string&, std::string& line) override {
    const ssize_t length = getline(&buffer_, &room_, stdin);
    if (length < 0) return LineEvent::end;
    line.assign(buffer_, static_cast<size_t>(length));
    if (std::exchange(is_first_, false)) line = without_byte_order_mark(std::move(line));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return LineEvent::line;
  }

 private:
  char* buffer_ = nullptr;
  size_t room_ = 0;
  bool is_first_ = true;
};

}  // namespace fuseval::tools
