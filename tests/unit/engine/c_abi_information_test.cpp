// What the C ABI says about errors, plans and itself.
#include "c_abi_support.hpp"

using namespace engine_test;

TEST_CASE("hints say where they are, also of a text whose names are not bound") {
  const std::string text = "(a + 1,\n  (\u03b1 >= 1) & b > 1)";
  fv_hints* hints = nullptr;
  REQUIRE(fv_lint(nullptr, text.data(), text.size(), nullptr, nullptr, 0, &hints, nullptr) == FV_OK);
  REQUIRE(fv_hints_count(hints) == 1);
  fv_hint hint{};
  hint.struct_size = sizeof hint;
  REQUIRE(fv_hints_get(hints, 0, &hint, nullptr) == FV_OK);
  CHECK(hint.kind == FV_HINT_MASK);
  CHECK(text.substr(hint.begin, hint.end - hint.begin) == "(\u03b1 >= 1) & b > 1");
  CHECK(hint.line == 2);
  CHECK(hint.column == 3);
  CHECK(hint.caret == std::string("  (\u03b1 >= 1) & b > 1)\n  ^~~~~~~~~~~~~~~~"));
  CHECK(contains(hint.message, "`&` binds tighter than comparisons"));
  const fv_hint before = hint;
  hint.struct_size = offsetof(fv_hint, begin);
  hint.begin = 77;
  REQUIRE(fv_hints_get(hints, 0, &hint, nullptr) == FV_OK);
  CHECK(hint.begin == 77);
  CHECK(hint.message == before.message);
  for (const std::int32_t index : {-1, 1}) CHECK(fv_hints_get(hints, index, &hint, nullptr) == FV_ERROR_INVALID_HANDLE);
  fv_hints_release(hints);
  CHECK(failure_of([&](fv_error** error) {
          return fv_lint(nullptr, "a +", 3, nullptr, nullptr, 0, &hints, error);
        }).status == FV_ERROR_SYNTAX);
  CHECK(hints == nullptr);
  CHECK(fuseval::lint("x*2").empty());
  const std::vector<fuseval::Hint> found = fuseval::lint("max(x, 0)", {{"x", 1.0}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == fuseval::HintKind::axis);
  CHECK(fuseval::explain("x^2, x", {{"x", 1}}, "hints") ==
        "`^` is the exclusive or of bits: a power is written `**` (line 1, column 2)\nx^2, x\n ^\n");
  CHECK(fuseval::explain("x", {{"x", 1}}, "hints") == "no hints\n");
}

TEST_CASE("tokens of texts, right or wrong") {
  using fuseval::TokenKind;
  const auto kinds = [](std::string_view text, const std::vector<std::string>& bound) {
    std::vector<TokenKind> result;
    for (const fuseval::Token& token : fuseval::tokens(text, bound)) result.push_back(token.kind);
    return result;
  };
  CHECK(kinds("", {}).empty());
  CHECK(kinds({}, {}).empty());
  CHECK(kinds("e + \xff", {}) == std::vector{TokenKind::constant, TokenKind::operator_, TokenKind::error});
  CHECK(kinds("np.e \u00e9", {"e", "e\u0301"}) ==
        std::vector{TokenKind::module, TokenKind::punctuation, TokenKind::constant, TokenKind::name});
  CHECK(kinds("sin # 1", {"sin"}) == std::vector{TokenKind::name, TokenKind::comment});
  const std::vector<fuseval::Token> tokens = fuseval::tokens("sin( '1");
  REQUIRE(tokens.size() == 3);
  CHECK((tokens[2].kind == TokenKind::error && tokens[2].begin == 5 && tokens[2].end == 7));
}

TEST_CASE("an error says what, where and how it looks") {
  const std::string text = "1 +\n  ä + missing*2";
  Doubles a;
  const fv_view view = a.view();
  const char* name = "ä";
  fv_error* error = nullptr;
  fv_results* results = nullptr;
  const std::string bracketed = "(" + text + ")";
  CHECK(fv_evaluate(nullptr, bracketed.data(), bracketed.size(), &name, &view, 1, nullptr, 0, nullptr, &results,
                    &error) == FV_ERROR_UNKNOWN_NAME);
  REQUIRE(error != nullptr);
  std::uint32_t begin = 0, end = 0;
  fv_error_span(error, &begin, &end);
  CHECK(bracketed.substr(begin, end - begin) == "missing");
  CHECK(fv_error_line(error) == 2);
  CHECK(fv_error_column(error) == 7);
  CHECK(contains(fv_error_message(error), "missing"));
  const std::string caret = fv_error_caret(error);
  CHECK(contains(caret, "  ä + missing*2)\n"));
  CHECK(contains(caret, "\n      ^~~~~~~"));
  fv_error_span(error, nullptr, nullptr);
  fv_error_release(error);
}

TEST_CASE("every stage of explain says something") {
  const std::vector<double> a(10, 1);
  for (const char* stage : {"types", "ast", "graph", "loops", "plan", "llvm", "asm", "cuda"}) {
    CAPTURE(std::string(stage));
    CHECK(fuseval::explain("sum(a*2) + a", {{"a", a}}, stage).size() > 20);
  }
  CHECK(contains(fuseval::explain("sin(a)", {{"a", a}}, "graph"), "sin"));
  const std::string cuda = fuseval::explain("a*sum(a)", {{"a", a}}, "cuda");
  CHECK(cuda.starts_with("// kernel 0\n"));
  CHECK(contains(cuda, "\n// kernel 1\n"));
  CHECK(contains(cuda, "__global__"));
  const std::vector<double> many(64 * 100);
  const fuseval::Bindings rows = {{"a", fuseval::view(many.data(), {64, 100})}};
  CHECK(fuseval::explain("a - max(a, axis=1, keepdims=True)", rows, "cuda").starts_with("// kernels 0 to 1 in one\n"));
  const std::vector<double> megabytes(1'000'000);
  const fuseval::Bindings square = {{"a", fuseval::view(megabytes.data(), {1000, 1000})}};
  CHECK(contains(fuseval::explain("a - max(a, axis=1, keepdims=True)", square, "place"), "a tile in each thread"));
  CHECK(error_of([&] { fuseval::explain("a", {{"a", a}}, "bogus"); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { fuseval::explain("a +", {{"a", a}}, "ast"); }).code() == FV_ERROR_SYNTAX);
  // A description without shape cannot be explained beyond its syntax, and is not read from.
  const fv_view described{nullptr, FV_FLOAT64, 1, nullptr, nullptr, FV_DEVICE_CPU, 0, 0};
  const char* name = "a";
  char* text = nullptr;
  CHECK(fv_explain(nullptr, "a", 1, &name, &described, 1, "graph", &text, nullptr) != FV_OK);
  CHECK(fv_explain(nullptr, "a", 1, &name, &described, 1, "ast", &text, nullptr) == FV_OK);
  fv_string_release(text);
}

TEST_CASE("types say which dtype a text stands for") {
  const std::vector<float> a(6);
  const auto types = [&](const char* text) { return fuseval::explain(text, {{"a", a}}, "types"); };
  CHECK(types("a.dtype") == "dtype float32\n");
  CHECK(types("(a > 1).dtype") == "dtype bool\n");
  CHECK(types("a + 0*ones(6, dtype=a.dtype)") == "float32 array of shape (6,), C order, 24 bytes\n");
  CHECK(types("a[:1] > 0") == "bool array of shape (1,), C order, 1 byte\n");
  CHECK(error_of([&] { types("a + a.dtype"); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { types("a, a.dtype"); }).code() == FV_ERROR_ARGUMENT);
}

TEST_CASE("types of results are known without a run") {
  const std::vector<float> a(6, 1);
  CHECK(fuseval::explain("a > 1, sum(a), a.size + 1, float64(2)", {{"a", fuseval::view(a.data(), {2, 3})}}, "types") ==
        "bool array of shape (2, 3), C order, 6 bytes\nfloat32 scalar\nplain int64 number\nfloat64 scalar\n");
}

TEST_CASE("words of the language and their help") {
  using fuseval::WordKind;
  const auto has = [](WordKind kind, const char* word) {
    const std::vector<std::string> words = fuseval::words(kind);
    CHECK(std::is_sorted(words.begin(), words.end()));
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  CHECK(has(WordKind::function, "sum"));
  CHECK(has(WordKind::function, "mod"));
  CHECK_FALSE(has(WordKind::function, "sinh"));  // of a later version
  CHECK(has(WordKind::method, "astype"));
  CHECK(has(WordKind::attribute, "shape"));
  CHECK(has(WordKind::constant, "newaxis"));
  CHECK(has(WordKind::dtype, "float32"));
  CHECK(has(WordKind::module, "numpy"));
  CHECK_FALSE(has(WordKind::dtype, "complex64"));
  CHECK(fuseval::help("remainder") == "remainder(a, b, *, dtype=...)\n  a % b, with the sign of b\n");
  CHECK(fuseval::help("argmax") ==
        "argmax(a, axis=..., *, keepdims=...)\n  the index of the greatest element; the first of equals\n"
        "  also the method a.argmax(axis=..., *, keepdims=...)\n");
  CHECK(fuseval::help("flatten") == "a.flatten(order=...)\n  the elements in C order as a vector\n");
  CHECK(fuseval::help("pi").substr(0, 9) == "pi = 3.14");
  CHECK(fuseval::help("%") == "a % b\n  the remainder, with the sign of b; as remainder\n");
  CHECK(fuseval::help("and").substr(0, 7) == "a and b");
  CHECK(error_of([] { fuseval::help("+++"); }).message() == "there is no help on `+++`");
  for (const WordKind kind : {WordKind::function, WordKind::method, WordKind::attribute, WordKind::constant,
                              WordKind::dtype, WordKind::module})
    for (const std::string& word : fuseval::words(kind)) {
      CAPTURE(word);
      const std::string help = fuseval::help(word);
      CHECK(help.find("\n  ") != std::string::npos);
      CHECK(help.find("  \n") == std::string::npos);  // every word has its summary
    }
  CHECK(error_of([] { fuseval::help("summ"); }).message() == "there is no help on `summ`; did you mean `sum`?");
  CHECK(error_of([] { fuseval::help("sinh"); }).code() == FV_ERROR_UNSUPPORTED);
  CHECK(error_of([] { fuseval::words(static_cast<WordKind>(6)); }).code() == FV_ERROR_ARGUMENT);
}

TEST_CASE("versions, dtypes and information") {
  const std::string version = std::to_string(FV_VERSION_MAJOR) + "." + std::to_string(FV_VERSION_MINOR) + "." +
                              std::to_string(FV_VERSION_PATCH);
  CHECK(fv_version() == version);
  const std::string info = fuseval::info();
  for (const char* key : {"fuseval: ", "target: ", "threads: ", "device cpu: "}) {
    CAPTURE(key);
    CHECK(contains("\n" + info, "\n" + std::string(key)));
  }
  CHECK(contains(info, version));
  for (std::int32_t dtype = 0; dtype < 14; ++dtype) {
    REQUIRE(fv_dtype_name(dtype) != nullptr);
    CHECK(fv_dtype_from_name(fv_dtype_name(dtype)) == dtype);
    CHECK(fv_dtype_size(dtype) > 0);
  }
  CHECK(fv_dtype_name(14) == nullptr);
  CHECK(fv_dtype_name(-1) == nullptr);
  CHECK(fv_dtype_size(14) == 0);
  CHECK(fv_dtype_from_name("float63") == -1);
  CHECK(fv_dtype_from_name(nullptr) == -1);
  CHECK(fv_dtype_size(FV_COMPLEX128) == 16);
}
