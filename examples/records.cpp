// A host in C++: formulas that the user types, over the fields of the host's own records, from many threads.
//
//   records THREADS FORMULA…         a formula may use time, celsius and station
//
// The records stay as they are: a field is a view with the record's size as its stride. Each thread takes the next
// formula, asks which names it uses, and binds those fields alone; pi and its like need no binding.
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Reading {
  double time;
  float celsius;
  std::int32_t station;
};

std::vector<Reading> readings(std::size_t count) {
  std::vector<Reading> made(count);
  for (std::size_t k = 0; k < count; ++k) {
    const auto time = static_cast<double>(k) * 0.25;
    made[k] = {time, static_cast<float>(15 + 10 * std::sin(time * 0.01)), static_cast<std::int32_t>(k % 7)};
  }
  return made;
}

template <class T>
fuseval::View field(const std::vector<Reading>& records, T Reading::*member) {
  return fuseval::view(&(records[0].*member), {static_cast<std::int64_t>(records.size())}, {sizeof(Reading)})
      .within(records);
}

std::optional<fuseval::View> field(const std::vector<Reading>& records, const std::string& name) {
  if (name == "time") return field(records, &Reading::time);
  if (name == "celsius") return field(records, &Reading::celsius);
  if (name == "station") return field(records, &Reading::station);
  return std::nullopt;
}

std::string answer(const std::vector<Reading>& records, const std::string& formula) {
  fuseval::Bindings bindings;
  for (const auto& [name, meaning] : fuseval::free_names(formula)) {
    if (const auto view = field(records, name))
      bindings.add(name, *view);
    else if (!meaning)
      throw std::runtime_error("a record has no field '" + name + "': it has time, celsius and station");
  }
  const auto result = fuseval::evaluate(formula, bindings);
  if (result.size() != 1)
    return std::to_string(result.size()) + " values of " + fuseval::name_of(result.dtype()) + "; reduce them to one";
  return std::to_string(result.item<double>());
}

}  // namespace

int main(int count, char** words) {
  const int threads = count > 2 ? std::atoi(words[1]) : 0;
  if (threads < 1 || threads > 64) {
    std::cerr << "usage: records THREADS FORMULA…   (a formula may use time, celsius and station)\n";
    return 2;
  }
  const std::vector<Reading> records = readings(100'000);
  const std::vector<std::string> formulas(words + 2, words + count);
  std::vector<std::string> answers(formulas.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::vector<std::thread> workers;
  for (int k = 0; k < threads; ++k)
    workers.emplace_back([&] {
      for (std::size_t mine = next++; mine < formulas.size(); mine = next++) try {
          answers[mine] = answer(records, formulas[mine]);
        } catch (const std::exception& error) {
          answers[mine] = std::string("error: ") + error.what();
          failed = true;
        }
    });
  for (std::thread& worker : workers) worker.join();
  for (std::size_t k = 0; k < formulas.size(); ++k) std::cout << formulas[k] << " = " << answers[k] << '\n';
  return failed ? 1 : 0;
}
