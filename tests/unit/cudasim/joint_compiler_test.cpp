// Host threads that compile at the same time: each gets its own kernels or its own error, from few runs of the
// compiler.
#include "runtime/cudasim/joint_compiler.hpp"

#include <set>
#include <thread>

#include "support.hpp"

namespace {

constexpr int callers = 24;

std::string constant_kernel(const std::string& value) {
  return "struct Arguments { int* y; };\nextern \"C\" __global__ void constant(const Arguments a) { a.y[0] = " + value +
         "; }\n";
}

struct Answer {
  std::vector<std::vector<cudasim::Function>> functions;
  std::string error;
};

// Caller k asks for two kernels, which store the values of k and of -k.
std::vector<Answer> ask_at_once(const std::function<std::string(int)>& value) {
  cudasim::JointCompiler compiler;
  std::vector<Answer> answers(callers);
  std::vector<std::thread> threads;
  for (int k = 0; k < callers; ++k)
    threads.emplace_back([&, k] {
      const std::vector<cudasim::Source> sources{{constant_kernel(value(k)), {"constant"}},
                                                 {constant_kernel(std::to_string(-k)), {"constant"}}};
      Answer& mine = answers[static_cast<size_t>(k)];
      mine.error = message_of([&] { mine.functions = compiler.compile(sources); });
    });
  for (std::thread& thread : threads) thread.join();
  return answers;
}

void check_stores(const cudasim::Function& function, int value) {
  cudasim::Simulator device;
  const DeviceArray<int> y(device, size_t{1});
  device.launch(function, 1, 1, 0, std::vector<uint64_t>{y.address()});
  CHECK(y.values()[0] == value);
}

}  // namespace

TEST_CASE("callers at the same time share runs of the compiler") {
  NEEDS_COMPILER();
  std::set<const cudasim::LoadedModule*> modules;
  const std::vector<Answer> answers = ask_at_once([](int k) { return std::to_string(k); });
  for (int k = 0; k < callers; ++k) {
    const Answer& answer = answers[static_cast<size_t>(k)];
    REQUIRE(answer.error.empty());
    REQUIRE(answer.functions.size() == 2);
    check_stores(answer.functions[0].at(0), k);
    check_stores(answer.functions[1].at(0), -k);
    modules.insert(answer.functions[0][0].module.get());
  }
  CHECK(modules.size() < callers);
}

TEST_CASE("a text that the compiler refuses is its caller's error alone") {
  NEEDS_COMPILER();
  const std::vector<Answer> answers = ask_at_once([](int k) { return k == 7 ? "missing" : std::to_string(k); });
  for (int k = 0; k < callers; ++k) {
    const Answer& answer = answers[static_cast<size_t>(k)];
    CAPTURE(k);
    if (k == 7) {
      CHECK(answer.error.find("text_0") != std::string::npos);
      CHECK(answer.error.find("missing") != std::string::npos);
    } else {
      CHECK(answer.error.empty());
      check_stores(answer.functions.at(0).at(0), k);
    }
  }
}
