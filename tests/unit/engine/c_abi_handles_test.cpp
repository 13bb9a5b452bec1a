// Builds that check handles notice objects that are used after their release.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "c_abi_support.hpp"
using namespace engine_test;

namespace {

#ifdef FUSEVAL_CHECK_HANDLES
constexpr bool are_checked = true;
#else
constexpr bool are_checked = false;
#endif

}  // namespace

TEST_CASE("an object that was released is refused, again and again" * doctest::skip(!are_checked)) {
  Doubles a;
  const fv_view view = a.view();
  const char* name = "a";
  fv_session* session = nullptr;
  fv_program* program = nullptr;
  fv_results* results = nullptr;
  fv_cancel* cancel = nullptr;
  REQUIRE(fv_session_create(nullptr, &session, nullptr) == FV_OK);
  REQUIRE(fv_cancel_create(&cancel, nullptr) == FV_OK);
  REQUIRE(fv_compile(session, "a + 1", 5, &name, &view, 1, &program, nullptr) == FV_OK);
  REQUIRE(fv_run(program, &view, 1, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
  fv_world* world = nullptr;
  fv_distribution* distribution = nullptr;
  auto self = sized<fv_world_options>();
  self.kind = FV_WORLD_SELF;
  REQUIRE(fv_world_create(&self, &world, nullptr) == FV_OK);
  REQUIRE(fv_distribution_create(world, 2, a.shape, 0, nullptr, &distribution, nullptr) == FV_OK);
  fv_world_release(world);
  CHECK(fv_distribution_axis(distribution) == 0);  // has what it needs of its world
  fv_distribution_release(distribution);
  fv_results_release(results);
  fv_program_release(program);
  fv_session_release(session);
  fv_cancel_release(cancel);
  for (int repeat = 0; repeat < 3; ++repeat) {
    fv_view result{};
    CHECK(failure_of([&](fv_error** error) { return fv_results_view(results, 0, &result, error); }).message ==
          "results was released, or never made");
    CHECK(fv_results_count(results) == 0);
    CHECK(fv_results_is_tuple(results) == 0);
    fv_results* other = nullptr;
    CHECK(failure_of([&](fv_error** error) {
            return fv_run(program, &view, 1, nullptr, 0, nullptr, &other, error);
          }).status == FV_ERROR_INVALID_HANDLE);
    CHECK(fv_program_input_count(program) == 0);
    CHECK(fv_program_text(program) == nullptr);
    CHECK(failure_of([&](fv_error** error) {
            return fv_evaluate(session, "1", 1, nullptr, nullptr, 0, nullptr, 0, nullptr, &other, error);
          }).status == FV_ERROR_INVALID_HANDLE);
    auto options = sized<fv_run_options>();
    options.cancel = cancel;
    CHECK(failure_of([&](fv_error** error) {
            return fv_evaluate(nullptr, "1", 1, nullptr, nullptr, 0, nullptr, 0, &options, &other, error);
          }).status == FV_ERROR_INVALID_HANDLE);
    options = sized<fv_run_options>();
    options.world = world;
    CHECK(failure_of([&](fv_error** error) {
            return fv_evaluate(nullptr, "1", 1, nullptr, nullptr, 0, nullptr, 0, &options, &other, error);
          }).message == "world was released, or never made");
    CHECK(fv_world_size(world) == 0);
    CHECK(fv_distribution_shape(distribution) == nullptr);
    CHECK(fv_distribution_axis(distribution) == -1);
    fv_program_release(program);  // says so on stderr, and does nothing
    fv_session* fresh = nullptr;  // does not take an old one's place
    REQUIRE(fv_session_create(nullptr, &fresh, nullptr) == FV_OK);
    CHECK(fresh != session);
    fv_session_release(fresh);
  }
}

TEST_CASE("an error that was released says nothing" * doctest::skip(!are_checked)) {
  fv_error* error = nullptr;
  fv_results* results = nullptr;
  CHECK(fv_evaluate(nullptr, "1 +", 3, nullptr, nullptr, 0, nullptr, 0, nullptr, &results, &error) == FV_ERROR_SYNTAX);
  CHECK(fv_error_line(error) == 1);
  fv_error_release(error);
  CHECK(fv_error_code(error) == FV_OK);
  CHECK(fv_error_message(error) == std::string());
}

TEST_CASE("releasing an object that a call is using is asserted" * doctest::skip(!are_checked)) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(300);
    std::signal(SIGABRT, SIG_DFL);
    static fv_session* session = nullptr;
    auto hooks = sized<fv_hooks>();
    hooks.log = [](void*, std::int32_t, const char*) { fv_session_release(session); };
    auto options = sized<fv_session_options>();
    options.hooks = &hooks;
    fv_results* results = nullptr;
    if (fv_session_create(&options, &session, nullptr) == FV_OK)
      fv_evaluate(session, "1 + 1", 5, nullptr, nullptr, 0, nullptr, 0, nullptr, &results, nullptr);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}
