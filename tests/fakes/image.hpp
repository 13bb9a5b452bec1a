// What the fakes pass for machine code: a text. A header line (the architecture of a cubin, the CUDA version of PTX),
// the kernels' names, a line each, and then, unless the kernels are functions of the test's, their CUDA C++ text with
// its length.
#pragma once

#include <string>
#include <vector>

namespace fake {

inline constexpr const char* cubin_mark = "FAKE-CUBIN";
inline constexpr const char* ptx_mark = "FAKE-PTX";
inline constexpr const char* text_mark = "TEXT";

inline std::string image(const char* mark, int number, const std::vector<std::string>& kernels,
                         const std::string& text) {
  std::string result = std::string(mark) + " " + std::to_string(number) + "\n";
  for (const std::string& kernel : kernels) result += kernel + "\n";
  if (!text.empty()) result += std::string(text_mark) + " " + std::to_string(text.size()) + "\n" + text;
  return result;
}

/// A cubin for one architecture. Without a text its kernels are what Control::add_kernel has added.
inline std::string cubin(int arch, const std::vector<std::string>& kernels, const std::string& text = "") {
  return image(cubin_mark, arch, kernels, text);
}
/// PTX of a CUDA version, for every architecture.
inline std::string ptx(int version, const std::vector<std::string>& kernels, const std::string& text = "") {
  return image(ptx_mark, version, kernels, text) + '\0';
}

}  // namespace fake
