// device="auto" on a fake machine (tests/fakes), whose GPU rates in the cache folder make look fast or slow. Where a
// call ran is what the driver says of launches.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kept_rates.hpp"
#include "support.hpp"
#include "tests/fakes/fake_machine.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace engine_test;
using fuseval::runtime::cuda::Result;

namespace {

constexpr int threads = 2;

const Rates fast, slow{.up = 1e3};

/// The machine with a cache folder of its own.
struct Machine {
  explicit Machine(const fake::Settings& settings = {}) : gpu(settings) {
    variables.set("FUSEVAL_CACHE_DIR", folder.path(""));
  }
  explicit Machine(const Rates& rates) : Machine() {
    put(cpu_key(threads), cpu_text(rates));
    put(device_key(threads), device_text(rates));
  }
  static void put(const std::string& key, const std::string& text) {
    kept_or_made(
        key, [](const std::string&) { return true; }, [&] { return text; });
  }
  std::uint64_t launches() const { return gpu->calls_of("cuLaunchKernel"); }

  TemporaryFolder folder;
  EnvironmentVariables variables;
  FakeDriver gpu;
  FakeNvrtc nvrtc;
};

fuseval::Session new_session() {
  fuseval::SessionOptions options;
  options.threads = threads;
  return fuseval::Session{options};
}

fuseval::RunOptions automatically(fv_results_on where = FV_RESULTS_WHERE_INPUTS_ARE) {
  fuseval::RunOptions options;
  options.device = "auto";
  options.results_on = where;
  return options;
}

constexpr const char* heavy = "sin(exp(a)) + 1";
const std::vector<double> a = near_one<double>(4000);

std::vector<double> value(const fuseval::Session& session, const fuseval::RunOptions& options) {
  return session.evaluate(heavy, {{"a", a}}, options)[0].to_vector<double>();
}
const std::vector<double>& expected() {
  static const std::vector<double> bits = value(new_session(), {});
  return bits;
}
std::string choice(const fuseval::Session& session) { return session.explain(heavy, {{"a", a}}, "device"); }

}  // namespace

TEST_CASE("auto: a GPU that looks fast gets heavy work of the host's, one that looks slow does not; the bits agree") {
  for (const bool is_fast : {true, false}) {
    CAPTURE(is_fast);
    const Machine machine(is_fast ? fast : slow);
    const fuseval::Session session = new_session();
    for (std::uint64_t k = 1; k <= 3; ++k) {
      CHECK(value(session, automatically()) == expected());
      CHECK(machine.launches() == (is_fast ? k : 0));
    }
    CHECK(value(session, {}) == expected());  // no device named: where the inputs are
    CHECK(machine.launches() == (is_fast ? 3 : 0));
    CHECK(contains(choice(session),
                   is_fast ? "choice: cuda:0, as the cpu would take" : "choice: cpu, as cuda:0 would take"));
  }
}

TEST_CASE("auto: tiny arrays stay on the CPU, and no driver is looked for") {
  const Machine machine(fast);
  const auto calls = machine.gpu->calls();
  const fuseval::Session session = new_session();
  for (int k = 0; k < 4; ++k)
    CHECK(session.evaluate("sin(b)", {{"b", std::vector<double>(10, 0.0)}}, automatically())[0].to_vector<double>() ==
          std::vector<double>(10, 0.0));
  CHECK(machine.gpu->calls() == calls);
  CHECK(contains(session.explain("sin(b)", {{"b", std::vector<double>(10)}}, "device"),
                 "before cuda:0 could have begun"));
}

TEST_CASE("auto: a device is opened once calls have asked for as much as that takes") {
  const Machine machine(Rates{.opening_seconds = 100e-6});  // a call is about 25 by usual rates
  const auto calls = machine.gpu->calls();
  const fuseval::Session session = new_session();
  CHECK(value(session, automatically()) == expected());
  CHECK(machine.gpu->calls() == calls);
  for (int k = 0; k < 20; ++k) CHECK(value(session, automatically()) == expected());
  CHECK(machine.launches() > 10);
  CHECK(machine.launches() < 20);
}

TEST_CASE("auto: compiling is paid for by calls that would have gained as much; also of other shapes") {
  const Machine machine(Rates{.compile_seconds = 60e-6});  // a call gains about 12
  const fuseval::Session session = new_session();
  CHECK(contains(choice(session), "have paid for compiling"));
  CHECK(value(session, automatically()) == expected());
  CHECK(machine.launches() == 0);
  for (std::size_t k = 0; k < 20; ++k) {
    const std::vector<double> part(a.begin(), a.end() - static_cast<std::ptrdiff_t>(k));
    const auto found = session.evaluate(heavy, {{"a", part}}, automatically())[0].to_vector<double>();
    CHECK(std::equal(found.begin(), found.end(), expected().begin()));
  }
  CHECK(machine.launches() > 5);
  CHECK(machine.launches() < 20);
}

TEST_CASE("auto: kernels that are compiled already need not be paid for") {
  const Machine machine(Rates{.compile_seconds = 1e6});
  const fuseval::Session session = new_session();
  fuseval::RunOptions there;
  there.device = "cuda";
  CHECK(value(session, there) == expected());
  CHECK(value(session, automatically()) == expected());
  CHECK(machine.launches() == 2);
}

TEST_CASE("auto: arrays that are on the device stay there, results may be asked for there") {
  const Machine machine(slow);
  const fuseval::Session session = new_session();
  const fuseval::Array there = session.to_device(a, "cuda");
  CHECK(session.evaluate("a + 1", {{"a", there}}, automatically())[0].device_type() == FV_DEVICE_CUDA);
  CHECK(machine.launches() == 1);
  CHECK(session.explain("a + 1", {{"a", there}}, "device") == "choice: cuda:0, as inputs are there\n");
  const fuseval::Result result = session.evaluate(heavy, {{"a", a}}, automatically(FV_RESULTS_ON_DEVICE));
  CHECK(result[0].device_type() == FV_DEVICE_CUDA);
  CHECK(session.to_host(result[0]).to_vector<double>() == expected());
}

TEST_CASE("auto: packed records stay, with the CPU's bits") {
  const Machine machine(fast);
  const fuseval::Session session = new_session();
  std::vector<char> bytes(a.size() * 9);
  for (std::size_t k = 0; k < a.size(); ++k) std::memcpy(&bytes[9 * k], &a[k], sizeof(double));
  const std::int64_t shape[] = {static_cast<std::int64_t>(a.size())}, strides[] = {9};
  const fuseval::View packed(fv_view{bytes.data(), FV_FLOAT64, 1, shape, strides, FV_DEVICE_CPU, 0, 0});
  for (int k = 0; k < 2; ++k)
    CHECK(session.evaluate(heavy, {{"a", packed}}, automatically())[0].to_vector<double>() == expected());
  CHECK(machine.launches() == 0);
  CHECK(contains(session.explain(heavy, {{"a", packed}}, "device"),
                 "choice: cpu, as elements of an input are not aligned"));
}

TEST_CASE("auto: rows in a chain of kernels, with the CPU's bits") {
  const Machine machine(fast);
  const fuseval::Session session = new_session();
  const std::vector<double> rows = near_one<double>(64 * 100);
  const fuseval::View view = fuseval::view(const_cast<double*>(rows.data()), {64, 100});
  const char* const softmax = "exp(sin(r) - max(r, axis=1, keepdims=True)) / sum(exp(sin(r)), axis=1, keepdims=True)";
  const auto on_cpu = session.evaluate(softmax, {{"r", view}})[0].to_vector<double>();
  CHECK(session.evaluate(softmax, {{"r", view}}, automatically())[0].to_vector<double>() == on_cpu);
  CHECK(machine.launches() >= 1);
  CHECK(contains(session.explain(softmax, {{"r", view}}, "device"), "choice: cuda:0"));
}

TEST_CASE("auto: page-locked arrays are a case of their own") {
  const Machine machine(slow);
  const fuseval::Session session = new_session();
  const std::int64_t count = 10000;  // beyond what is not worth looking up
  const fuseval::Array locked = session.empty({count}, fuseval::DType::float64, "cuda", true);
  const std::vector<double> zeros(static_cast<std::size_t>(count), 0.0);
  std::memcpy(locked.view().raw().data, zeros.data(), zeros.size() * sizeof(double));
  for (int k = 0; k < 2; ++k) {
    CHECK(session.evaluate("cos(sin(x))", {{"x", zeros}}, automatically())[0].to_vector<double>()[7] == 1);
    CHECK(session.evaluate("cos(sin(x))", {{"x", locked}}, automatically())[0].to_vector<double>()[7] == 1);
  }
  CHECK(machine.launches() == 2);
  CHECK(contains(session.explain("cos(sin(x))", {{"x", locked}}, "device"), "80000 bytes, 80000 of them page-locked"));
}

TEST_CASE("auto: without a device everything stays, and explain says why") {
  const Machine machine;
  EnvironmentVariables variables;
  variables.set("FUSEVAL_LIBCUDA", "/nowhere/libcuda.so.1");
  const fuseval::Session session = new_session();
  for (int k = 0; k < 3; ++k) CHECK(value(session, automatically()) == expected());
  const std::string text = choice(session);
  CHECK(contains(text, "nothing was measured"));
  CHECK(contains(text, "choice: cpu, as there is no device: CUDA is not available: "));
  const auto there = automatically(FV_RESULTS_ON_DEVICE);
  CHECK(error_of([&] { session.evaluate("a + 1", {{"a", a}}, there); }).code() == FV_ERROR_ARGUMENT);
  CHECK(!kept(cpu_key(threads)));  // nothing was measured
}

TEST_CASE("auto: a device that fails, or is too small, leaves the work to the CPU") {
  SUBCASE("too small, as it is known before") {
    const Machine machine(fast);
    machine.gpu->occupy((std::size_t{64} << 20) - 4096);
    const fuseval::Session session = new_session();
    CHECK(contains(choice(session), "bytes are needed on cuda:0, which has"));
    CHECK(value(session, automatically()) == expected());
    CHECK(machine.launches() == 0);
  }
  SUBCASE("out of memory, once it is tried; the device stays in use") {
    const Machine machine(fast);
    const fuseval::Session session = new_session();
    machine.gpu->fail_function("cuMemAllocFromPoolAsync", Result::out_of_memory);
    CHECK(value(session, automatically()) == expected());
    CHECK(machine.launches() == 0);
    machine.gpu->fail_function("", Result::success);
    CHECK(value(session, automatically()) == expected());
    CHECK(machine.launches() == 1);
  }
  SUBCASE("lost") {
    const Machine machine(fast);
    const fuseval::Session session = new_session();
    machine.gpu->fail_operation(1, Result::illegal_address);
    for (int k = 0; k < 2; ++k) CHECK(value(session, automatically()) == expected());
    CHECK(contains(choice(session), "was lost"));
  }
  SUBCASE("lost while its input was being written over") {
    const Machine machine(fast);
    const fuseval::Session session = new_session();
    std::vector<double> both = a;
    machine.gpu->fail_operation(1, Result::illegal_address);
    const auto call = [&] { session.evaluate(heavy, {{"a", both}}, fuseval::into(both), automatically()); };
    CHECK(error_of(call).code() == FV_ERROR_DEVICE);
    CHECK(both == a);
  }
}

TEST_CASE("auto: whatever call of the driver fails, a call of the host's arrays has its results") {
  const auto calls_of = [](std::uint64_t failing, Result code) {
    const Machine machine(fast);
    machine.gpu->fail_call(failing, code);
    const fuseval::Session session = new_session();
    CHECK(value(session, automatically()) == expected());
    const std::uint64_t calls = machine.gpu->calls();
    machine.gpu->fail_call(0, code);
    CHECK(value(session, automatically()) == expected());
    return calls;
  };
  const std::uint64_t calls = calls_of(0, Result::success);
  REQUIRE(calls > 40);
  for (const Result code : {Result::unknown, Result::out_of_memory, Result::illegal_address})
    for (std::uint64_t k = 1; k <= calls; ++k) {
      CAPTURE(k);
      CAPTURE(static_cast<int>(code));
      calls_of(k, code);
    }
}

TEST_CASE("auto: what has not been measured is measured, and kept") {
  const Machine machine;
  const std::string choice_of_first = choice(new_session());
  REQUIRE(kept(cpu_key(threads)));
  CHECK(is_cpu_text(*kept(cpu_key(threads))));
  const auto launches = machine.launches();
  CHECK(launches > 10);
  CHECK(contains(choice_of_first, "choice: cpu"));  // nobody simulates as fast as he computes
  CHECK(choice(new_session()) == choice_of_first);  // of the same rates
  CHECK(machine.launches() == launches);
}

TEST_CASE("auto: damaged rates are measured anew") {
  const Machine machine(fast);
  const std::string device = device_key(threads);
  for (const auto& file : std::filesystem::directory_iterator(machine.folder.path("calibration")))
    if (file.path().extension() == ".entry") std::filesystem::resize_file(file.path(), file.file_size() - 5);
  CHECK(!kept(device));
  CHECK(contains(choice(new_session()), "choice: cpu"));
  REQUIRE(kept(device));
  CHECK(*kept(device) != device_text(fast));
}

TEST_CASE("auto: an entry of another format is measured anew") {
  const Machine machine;
  const std::string device = device_key(threads);
  Machine::put(device, "{}");
  CHECK(contains(choice(new_session()), "choice: cpu"));
  CHECK(is_device_text(*kept(device)));
}

TEST_CASE("auto: where nothing can be kept on disk, the process keeps it") {
  Machine machine;
  SUBCASE("no folder") { machine.variables.set("FUSEVAL_CACHE_DIR", ""); }
  SUBCASE("a file in its place") { machine.variables.set("FUSEVAL_CACHE_DIR", machine.folder.write("file", "")); }
  CHECK(contains(choice(new_session()), "choice: cpu"));
  const auto launches = machine.launches();
  CHECK(contains(choice(new_session()), "choice: cpu"));
  CHECK(machine.launches() == launches);
}

TEST_CASE("auto: of two processes that have not measured one does") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("FUSEVAL_CACHE_DIR", folder.path(""));
  const std::string made = folder.path("made");
  const auto measure_slowly = [&] {
    const std::string text = kept_or_made(
        "key", [](const std::string& known) { return known == device_text(fast); },
        [&] {
          std::ofstream(made, std::ios::app) << "x";
          usleep(100'000);
          return device_text(fast);
        });
    _exit(text == device_text(fast) ? 0 : 1);
  };
  pid_t children[2];
  for (pid_t& child : children)
    if ((child = fork()) == 0) measure_slowly();
  for (const pid_t child : children) {
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(folder.read("made") == "x");
}
