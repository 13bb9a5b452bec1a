// A text through the whole front end (lexer, parser, bind, simplify, fuse, lower), and what must hold of the answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/bind.hpp"

namespace fuseval::fuzz {

/// How far a text came.
enum class Stage { rejected_by_parser, rejected_by_bind, planned };

struct Answer {
  Stage stage = Stage::planned;
  ErrorCode code = ErrorCode::none;  ///< of the rejection
  std::string fault;                 ///< "" when all is as it must be
};

/// Never throws: an exception that is no diagnostic is a fault. `inputs` may be used by the text.
Answer answer_to(std::string_view text, const std::vector<frontend::InputInfo>& inputs,
                 const frontend::Limits& limits = {});

/// Ends the process, with the text that was at work and its test's seed, when one text takes more than a minute of the
/// processor.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  /// The text must outlive the next call or the watchdog.
  void watch(std::string_view text);
};

}  // namespace fuseval::fuzz
