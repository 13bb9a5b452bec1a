// Elementwise nests by tiles: golden texts, static checks by NVRTC, and wrong texts on the simulator. Their bits are
// tests/unit/engine/device_tiles_test.cpp's.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "plan_on_device.hpp"
#include "runtime/cuda/nvrtc.hpp"
#include "tests/unit/ir/plan_builder.hpp"

namespace fuseval::test {
namespace {

// a + b.T
Plan transposed(DType dtype, int64_t rows, int64_t columns) {
  PlanBuilder b;
  const NodeId x = b.array({rows, columns}, dtype), y = b.array({columns, rows}, dtype);
  return b.plan({b.apply(Op::add, {x, b.graph.view(y, AffineView::transpose({columns, rows}, {1, 0}))})});
}

// The five points of a Laplacian's inside.
Plan laplacian(DType dtype, int64_t rows, int64_t columns) {
  PlanBuilder b;
  const Shape all{rows + 2, columns + 2};
  const NodeId a = b.array(all, dtype);
  const auto part = [&](int64_t down, int64_t right) {
    const AffineView some = AffineView::slice(all, 0, down, 1, rows);
    const NodeId band = b.graph.view(a, some);
    return b.graph.view(band, AffineView::slice({rows, columns + 2}, 1, right, 1, columns));
  };
  NodeId sum = b.apply(Op::add, {part(0, 1), part(2, 1)});
  for (const int64_t right : {0, 2}) sum = b.apply(Op::add, {sum, part(1, right)});
  return b.plan({b.apply(Op::subtract, {sum, part(1, 1)})});
}

struct Tiles {
  explicit Tiles(Plan made) : device(std::move(made)) {
    REQUIRE(device.plan.kernels.size() == 1);
    const LoopNest& nest = device.plan.kernels[0];
    kernel = codegen::cuda_kernel(nest, {"kernel", codegen::cuda_variant(nest, device.arguments()[0])});
    launch = codegen::cuda_launches(kernel, device.arguments()[0], nullptr).at(0);
  }
  PlanOnDevice device;
  codegen::CudaKernel kernel;
  codegen::CudaLaunch launch;
};

void check_golden(const Tiles& tiles, const std::string& name) {
  const std::string path = FUSEVAL_GOLDEN_FOLDER "/cuda_" + name + ".txt";
  const std::string now = tiles.kernel.text.substr(tiles.kernel.text.find("// the nest"));
  if (std::getenv("FUSEVAL_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << now;
  std::ifstream file(path, std::ios::binary);
  CHECK(now == std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

TEST_CASE("tiles: which nests have them") {
  const auto variant = [](Plan plan) { return Tiles(std::move(plan)).kernel.variant; };
  CHECK(variant(transposed(DType::float64, 40, 50)).tile_axis == 0);
  CHECK(variant(transposed(DType::float64, 40, 50)).transposed == 2);
  CHECK(variant(transposed(DType::float64, 15, 50)).transposed == 0);
  CHECK(variant(laplacian(DType::float64, 40, 50)).tile_axis == 0);
  CHECK(variant(laplacian(DType::float64, 40, 50)).transposed == 0);
  CHECK(variant(laplacian(DType::float64, 40, 31)).tile_axis == -1);
}

TEST_CASE("golden texts of tiles") {
  check_golden(Tiles(transposed(DType::float32, 64, 64)), "transposed");
  check_golden(Tiles(laplacian(DType::float64, 64, 64)), "laplacian_tiles");
}

TEST_CASE("a wrong text of tiles is noticed") {
  using Mutations = std::initializer_list<std::pair<std::string, std::string>>;
  const auto check = [](Tiles tiles, int barriers, const Mutations& mutations) {
    const std::string expected = tiles.device.run(tiles.kernel.text, tiles.launch, 0);
    CHECK_FALSE(tiles.device.is_wrong(tiles.kernel.text, tiles.launch, expected));
    int deleted = 0;
    for (std::string text; !(text = with_replaced(tiles.kernel.text, "__syncthreads();", "", deleted)).empty();
         ++deleted)
      CHECK(tiles.device.is_wrong(text, tiles.launch, expected));
    CHECK(deleted == barriers);
    for (const auto& [from, to] : mutations) {
      CAPTURE(from);
      const std::string text = with_replaced(tiles.kernel.text, from, to, 0);
      REQUIRE_FALSE(text.empty());
      CHECK(tiles.device.is_wrong(text, tiles.launch, expected));
    }
  };
  check(Tiles(transposed(DType::float64, 70, 45)), 2,
        {{"[32][33]", "[32][31]"}, {"t1[lane][line", "t1[line][lane"}, {"left + 32 <= ", "left <= "}});
  check(Tiles(laplacian(DType::float64, 70, 45)), 0,
        {{"top + 32 <= ", "top <= "}, {"u * d", "u * 2 * d"}, {"i1 >= ", "i1 > "}, {"* 32;", "* 31;"}});
}

TEST_CASE("static checks of tiles by NVRTC") {
  const runtime::cuda::NvrtcFound found = runtime::cuda::Nvrtc::find(0);
  if (!found.nvrtc) {
    MESSAGE("skipped: ", found.reason);
    return;
  }
  std::vector<std::string> options(std::begin(codegen::cuda_compile_options), std::end(codegen::cuda_compile_options));
  options.push_back("--ptxas-options=-v");
  for (const DType dtype : {DType::uint8, DType::float32, DType::float64})
    for (const bool is_stencil : {false, true}) {
      CAPTURE(is_stencil);
      const Tiles tiles(is_stencil ? laplacian(dtype, 100, 100) : transposed(dtype, 100, 100));
      for (const int arch : {80, 90, 100}) {
        const auto compiled =
            found.nvrtc->compile(tiles.kernel.text, "fuseval.cu", fmt::format("sm_{}", arch), options);
        const size_t at = compiled.log.find("Used ");
        REQUIRE(at != std::string::npos);
        const int registers = std::atoi(compiled.log.c_str() + at + 5);
        if (arch == 90)
          fmt::print("  {} {} {:5.1f} ms, {} registers\n", is_stencil ? "laplacian" : "transposed", name_of(dtype),
                     1e3 * compiled.seconds, registers);
        CHECK(registers <= 64);
        CHECK(compiled.log.find(" 0 bytes spill stores, 0 bytes spill loads") != std::string::npos);
      }
    }
}

}  // namespace fuseval::test
