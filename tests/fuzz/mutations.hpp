// Texts that are nearly programs: valid ones changed token by token or byte by byte, and bytes at random.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace fuseval::fuzz {

class Mutator {
 public:
  /// `programs`: valid texts to begin with. `names`: what an identifier may become.
  Mutator(uint64_t seed, std::vector<std::string> programs, std::vector<std::string> names);

  /// A program with up to three tokens deleted, replaced, repeated, swapped, wrapped, or taken from another program.
  std::string tokens();
  /// A program with up to five spans of bytes changed, fragments of every token among them.
  std::string bytes();
  /// Up to 200 bytes, of all values or of those that programs are made of.
  std::string noise();

 private:
  using Tokens = std::vector<std::string>;
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  const std::string& program() { return programs_[below(programs_.size())]; }
  std::string token();
  void change(Tokens& tokens);
  void wrap(Tokens& tokens);
  void splice(Tokens& tokens);

  std::mt19937_64 random_;
  std::vector<std::string> programs_;
  std::vector<std::string> names_;
};

}  // namespace fuseval::fuzz
