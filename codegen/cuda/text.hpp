// The text of a function while it is being written: indented lines, and names that are used once.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace fuseval::codegen {

class CudaText {
 public:
  explicit CudaText(int depth = 0) : depth_(depth) {}

  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    append(fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  /// A line as it is, and what follows one step deeper until close().
  void open(std::string_view head) {
    append(head);
    ++depth_;
  }
  void close(std::string_view tail = "}") {
    --depth_;
    append(tail);
  }
  /// Ends one block and begins the next: "} else {".
  void turn(std::string_view line) {
    --depth_;
    append(line);
    ++depth_;
  }
  /// A name that nothing else in this text has.
  std::string fresh() { return fmt::format("v{}", count_++); }

  const std::string& text() const { return text_; }

 private:
  void append(std::string_view line) {
    text_.append(static_cast<size_t>(2 * depth_), ' ').append(line).push_back('\n');
  }

  std::string text_;
  int depth_;
  int count_ = 0;
};

}  // namespace fuseval::codegen
