// The simulator as a judge of kernels: every barrier that is deleted and every index that is changed must show, as an
// error or as another result, under a few seeds.
#include <numeric>

#include "kernels.hpp"
#include "support.hpp"

namespace {

constexpr uint64_t seeds = 4;

/// The text without each of its barriers and fences in turn.
std::vector<std::string> without_barriers(const std::string& text) {
  std::vector<std::string> mutants;
  for (const std::string barrier : {"__syncthreads();", "__syncwarp();", "__threadfence();"})
    for (const size_t place : places_of(text, barrier))
      mutants.push_back(std::string(text).replace(place, barrier.size(), ";"));
  return mutants;
}

/// The text with each index in turn too large by 1 and by 32. Extents in declarations are none.
std::vector<std::string> with_other_indexes(const std::string& text) {
  std::vector<std::string> mutants;
  for (const size_t open : places_of(text, "[")) {
    const size_t line = text.rfind('\n', open);
    if (text.substr(line, open - line).find("__shared__") != std::string::npos) continue;
    size_t close = open;
    int depth = 0;
    do depth += text[close] == '[' ? 1 : text[close] == ']' ? -1 : 0;
    while (depth > 0 && ++close < text.size());
    const std::string index = text.substr(open + 1, close - open - 1);
    for (const char* change : {" + 1", " + 32"})
      mutants.push_back(std::string(text).replace(open, close - open + 1, "[(" + index + ")" + change + "]"));
  }
  return mutants;
}

/// Runs mutants (and the text itself, which must pass) and returns those that no seed has caught. `passes`: launches,
/// and compares the results.
std::vector<std::string> survivors(const std::string& text, const std::string& kernel, std::vector<std::string> mutants,
                                   const std::function<bool(const cudasim::Function&, uint64_t)>& passes) {
  std::vector<cudasim::Source> sources{{text, {kernel}}};
  for (std::string& mutant : mutants) sources.push_back({std::move(mutant), {kernel}});
  const cudasim::Module module = cudasim::Module::compile(sources);
  std::vector<std::string> survived;
  for (size_t source = 0; source < sources.size(); ++source) {
    bool caught = false;
    for (uint64_t seed = 0; seed < seeds && !caught; ++seed) {
      const std::string message = message_of([&] { caught = !passes(module.function(source, kernel), seed); });
      caught |= !message.empty();
      if (source == 0) CHECK(message == "");
    }
    CHECK((source > 0 || !caught));
    if (source > 0 && !caught) survived.push_back(sources[source].text);
  }
  return survived;
}

std::vector<double> different_numbers(size_t count) {
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<double>((i * i + 3 * i) % 1009);
  return values;
}

void check_none(const std::vector<std::string>& survived) {
  for (const std::string& text : survived) MESSAGE("survived:\n", text);
  CHECK(survived.empty());
}

bool tree_passes(const cudasim::Function& function, uint64_t seed) {
  const std::vector<double> values = different_numbers(256);
  cudasim::Simulator device;
  const DeviceArray<double> x(device, values);
  const DeviceArray<double> partials(device, size_t{2});
  device.launch(function, 2, 64, 0, std::vector<uint64_t>{x.address(), partials.address()}, {.seed = seed});
  const auto half = values.begin() + 128;
  return partials.values() ==
         std::vector<double>{std::accumulate(values.begin(), half, 0.0), std::accumulate(half, values.end(), 0.0)};
}

bool last_block_passes(const cudasim::Function& function, uint64_t seed) {
  const std::vector<double> values = different_numbers(700);
  cudasim::Simulator device;
  const DeviceArray<double> x(device, values);
  const DeviceArray<double> partials(device, size_t{6});
  const DeviceArray<unsigned> counter(device, std::vector<unsigned>{0});
  const DeviceArray<double> result(device, size_t{1});
  const std::vector<uint64_t> words{x.address(), partials.address(), counter.address(), result.address(),
                                    values.size()};
  device.launch(function, 6, 128, 0, words, {.seed = seed});
  return result.values()[0] == std::accumulate(values.begin(), values.end(), 0.0) && counter.values()[0] == 0;
}

}  // namespace

TEST_CASE("no mutant of the tree survives") {
  NEEDS_COMPILER();
  CHECK(without_barriers(tree_text).size() == 2);
  CHECK(with_other_indexes(tree_text).size() == 14);
  check_none(survivors(tree_text, "tree", without_barriers(tree_text), tree_passes));
  check_none(survivors(tree_text, "tree", with_other_indexes(tree_text), tree_passes));
}

TEST_CASE("no mutant of the sum by the last block survives") {
  NEEDS_COMPILER();
  CHECK(without_barriers(last_block_text).size() == 3);
  CHECK(with_other_indexes(last_block_text).size() == 14);
  check_none(survivors(last_block_text, "last_block", without_barriers(last_block_text), last_block_passes));
  check_none(survivors(last_block_text, "last_block", with_other_indexes(last_block_text), last_block_passes));
}
