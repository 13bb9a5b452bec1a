// Hostile sizes end in a clear error or in the right elements, and no byte beyond a block is written: through texts,
// views, arrays and worlds, with canaries behind every block and a small limit of memory. FUSEVAL_FUZZ_SEED sets the
// seed, and FUSEVAL_FUZZ_TEXTS the number of cases of each kind.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <vector>

#include "canaries.hpp"
#include "fuseval/fuseval.hpp"
#include "hostile_sizes.hpp"
#include "tests/unit/error_of.hpp"

using namespace fuseval::fuzz;

namespace {

constexpr size_t memory_limit = size_t{1} << 20;

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* wish = std::getenv(name);
  return wish == nullptr ? otherwise : std::strtoull(wish, nullptr, 10);
}

uint64_t seed() { return setting("FUSEVAL_FUZZ_SEED", 20261130); }
uint64_t count(uint64_t otherwise) { return setting("FUSEVAL_FUZZ_TEXTS", otherwise); }

/// A session whose blocks have canaries. A call that runs longer than a few steps is cancelled: by then it has written
/// to its blocks.
class Trial {
 public:
  explicit Trial(int threads = 2) : session_(options(canaries_, threads)) {}
  ~Trial() {
    { const fuseval::Session gone = std::move(session_); }
    CHECK(canaries_.damaged() == 0);
    CHECK(canaries_.peak() <= memory_limit);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  fv_status evaluate(const std::string& text, const fuseval::Bindings& bindings) {
    int left = 2;
    fuseval::RunOptions options;
    options.progress = [&](double) { return --left > 0; };
    const fv_status status = checked(text, [&] { session_.evaluate(text, bindings, options); });
    ran_ += status == FV_OK || status == FV_ERROR_CANCELLED ? 1 : 0;
    refused_ += status == FV_ERROR_MEMORY || status == FV_ERROR_LIMIT ? 1 : 0;
    return status;
  }
  fv_status evaluate(const std::string& text, const fuseval::Bindings& bindings, const fuseval::Outputs& outputs) {
    return checked(text, [&] { session_.evaluate(text, bindings, outputs); });
  }
  void explain(const std::string& text, const fuseval::Bindings& bindings) {
    for (const char* stage : {"types", "plan", "loops", "cuda"})
      checked(text, [&] { session_.explain(text, bindings, stage); });
  }

  template <class F>
  fv_status checked(const std::string& what, F&& f) {
    CAPTURE(what.substr(0, 300));
    const fuseval::Error error = error_of(f);
    CAPTURE(error.message());
    CHECK(error.code() != FV_ERROR_INTERNAL);
    CHECK(error.code() != FV_ERROR_SYNTAX);
    CHECK(canaries_.damaged() == 0);
    return error.code();
  }
  const fuseval::Session& session() const { return session_; }
  int ran() const { return ran_; }
  int refused() const { return refused_; }

 private:
  static fuseval::SessionOptions options(Canaries& canaries, int threads) {
    fuseval::SessionOptions options;
    options.memory_limit = memory_limit;
    options.threads = threads;
    canaries.lend_to(options.hooks);
    return options;
  }

  Canaries canaries_;
  fuseval::Session session_;
  int ran_ = 0, refused_ = 0;
};

/// Memory that a view may lie in, in the middle of it.
class Room {
 public:
  Room() : bytes_(8192, 1) {}
  double* middle() { return reinterpret_cast<double*>(bytes_.data() + bytes_.size() / 2); }
  fuseval::View view(const HostileLayout& layout) { return fuseval::view(middle(), layout.shape, layout.strides); }
  bool has(const HostileLayout& layout) const {
    __int128 begin = 0, end = 0;
    const auto half = static_cast<__int128>(bytes_.size() / 2);
    return !layout.reach(8, begin, end) || (begin >= -half && end <= half);
  }

 private:
  std::vector<char> bytes_;
};

std::string described(const HostileLayout& layout) {
  std::string text = "shape";
  for (const int64_t extent : layout.shape) text += " " + std::to_string(extent);
  text += ", strides";
  for (const int64_t stride : layout.strides) text += " " + std::to_string(stride);
  return text;
}

constexpr std::array view_texts = {
    "a + 1",
    "sum(a)",
    "sum(a, axis=0)",
    "a[::-1] + a",
    "ravel(a) * 2",
    "reshape(a, (-1,))[::-1]",
    "a - mean(a, axis=0, keepdims=True)",
    "a[..., ::2]*a[..., :1]",
    "(a + 1)[..., ::-1].T",
    "exp(a)/sum(exp(a), axis=-1, keepdims=True)",
    "a[newaxis] + a[..., newaxis, :]",
    "a.T, a.size, a.nbytes",
};

}  // namespace

TEST_CASE("temporaries that come to 2^64 bytes together are refused before anything is allocated") {
  Canaries canaries;
  fuseval::SessionOptions options;
  options.memory_limit = memory_limit;
  canaries.lend_to(options.hooks);
  const fuseval::Session session(options);
  for (const int more : {0, 1, 8, 200}) {
    std::string text;
    for (int k = 0; k < 64; ++k)
      text += "sum(arange(2**55 + " + std::to_string(k == 0 ? more : 0) + ")[:" + "2**55, newaxis]*(arange(2)+" +
              std::to_string(k) + "),axis=1)[::-1] + ";
    text = "sum(" + text + "0)";
    if (more > 0) text += ", sum(sum(arange(" + std::to_string(more) + ")[:, newaxis]*arange(2), axis=1)[::-1])";
    const fv_status status = error_of([&] { session.evaluate(text); }).code();
    CHECK((status == FV_ERROR_MEMORY || status == FV_ERROR_LIMIT));
    CHECK(canaries.blocks() == 0);
  }
}

TEST_CASE("hostile sizes through texts") {
  HostileSizes sizes(seed());
  MESSAGE("seed " << seed());
  const std::vector<double> a(12, 1.5);
  const fuseval::Bindings bindings = {{"a", fuseval::view(a.data(), {4, 3})}};
  Trial trial;
  for (uint64_t k = 0; k < count(400); ++k) {
    const std::string text = sizes.text();
    trial.explain(text, bindings);
    trial.evaluate(text, bindings);
  }
  MESSAGE(trial.ran() << " ran, " << trial.refused() << " were refused");
  CHECK(trial.ran() > 0);
  CHECK(trial.refused() > 0);
  for (uint64_t k = 0; k < count(40); ++k) {
    const std::string text = sizes.sum_of_temporaries();
    const fv_status status = trial.evaluate(text, bindings);
    CHECK((status == FV_ERROR_MEMORY || status == FV_ERROR_LIMIT));
  }
}

TEST_CASE("hostile layouts through views") {
  HostileSizes sizes(seed() + 1);
  Room room;
  Trial trial;
  const double one = 1;
  for (uint64_t k = 0; k < count(1500); ++k) {
    const HostileLayout layout = sizes.layout();
    CAPTURE(described(layout));
    const fuseval::View view = room.view(layout);
    const std::string text = view_texts[k % view_texts.size()];
    trial.explain(text, {{"a", view}});
    if (!layout.is_lawful(8)) {
      CHECK(trial.evaluate(text, {{"a", view}}) != FV_OK);
      CHECK(trial.evaluate("a", {{"a", fuseval::scalar(one)}}, fuseval::Outputs({view})) != FV_OK);
    } else if (room.has(layout)) {
      trial.evaluate(text, {{"a", view}});
    }
  }
  CHECK(trial.ran() > 0);
}

TEST_CASE("hostile layouts as outputs and in copies") {
  HostileSizes sizes(seed() + 2);
  Room room;
  Trial trial;
  for (uint64_t k = 0; k < count(3000); ++k) {
    const HostileLayout layout = sizes.layout();
    const fuseval::View view = room.view(layout);
    const fv_view raw = view.raw();
    const std::string what = described(layout);
    CAPTURE(what);
    const bool small =
        std::all_of(layout.shape.begin(), layout.shape.end(), [](int64_t extent) { return extent < 64; });
    if (layout.is_lawful(8) && !(room.has(layout) && small)) continue;
    trial.evaluate("2.5", {}, fuseval::Outputs({view}));
    fv_status written = trial.checked(what, [&] { trial.session().copy(view, view); });
    if (!layout.is_lawful(8)) CHECK(written != FV_OK);
    trial.checked(what, [&] { trial.session().to_host(view); });
    if (!layout.is_lawful(8)) CHECK(fv_npy_write("/dev/null/no/such/file.npy", &raw, nullptr) != FV_ERROR_FILE);
    fv_array* made = nullptr;
    fv_array_create(nullptr, "cpu", 0, FV_INT8, raw.rank, raw.shape, &made, nullptr);
    fv_array_release(made);
  }
}

TEST_CASE("hostile sizes over ranks that are planned") {
  HostileSizes sizes(seed() + 3);
  fv_world_options options{};
  options.struct_size = sizeof options;
  options.kind = FV_WORLD_PLANNED;
  options.ranks = 3;
  fv_world* world = nullptr;
  REQUIRE(fv_world_create(&options, &world, nullptr) == FV_OK);
  const HostileLayout layout{{4, 3}, {24, 8}};
  Room room;
  const fuseval::View a = room.view(layout);
  const fv_view view = a.raw();
  const char* const name = "a";
  int planned = 0;
  for (uint64_t k = 0; k < count(400); ++k) {
    const std::string text = sizes.text();
    CAPTURE(text.substr(0, 300));
    char* plan = nullptr;
    const fv_status status =
        fv_explain_distributed(nullptr, text.data(), text.size(), &name, &view, 1, world, nullptr, &plan, nullptr);
    CHECK(status != FV_ERROR_INTERNAL);
    planned += status == FV_OK ? 1 : 0;
    fv_string_release(plan);
  }
  CHECK(planned > 0);
  fv_world_release(world);
}
