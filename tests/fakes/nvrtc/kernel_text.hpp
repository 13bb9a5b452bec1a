// A glance at a kernel text: as much of a compiler as a fake one needs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fake {

struct Complaint {
  int line = 0;
  std::string kind;  ///< "error", or "catastrophic error" as NVRTC calls what ends the compilation at once
  std::string words;
};

/// The names of the `extern "C" __global__` functions, in their order.
std::vector<std::string> kernels_of(const std::string& text);

/// What is wrong with a text at first sight, in NVRTC's words: #error, #include (there is nothing to include), brackets
/// that do not match, no kernel at all.
std::optional<Complaint> complaint_about(const std::string& text);

}  // namespace fake
