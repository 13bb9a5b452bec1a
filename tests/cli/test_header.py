"""fuseval.hpp at compile time: no warning under strict options, and a clear refusal of what cannot be bound."""

import shutil
import subprocess

import pytest

from built_command import ROOT

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wold-style-cast", "-Werror"]
USE = """
#include "fuseval/fuseval.hpp"
void use(const std::vector<double>& a, std::vector<float>& out, const int (&matrix)[2][3]) {
  auto c = fuseval::evaluate("a*k + m", {{"a", a}, {"k", 2.0}, {"i", 3}, {"u", 4u}, {"b", true}, {"m", matrix}});
  for (double x : c.values<double>()) (void)x;
  auto [low, high] = fuseval::evaluate("min(a), max(a)", {{"a", a}, {"c", c}}).unpack<2>();
  (void)low.item<float>(), (void)low.item<bool>(), (void)low.item<unsigned char>(), (void)high.at<double>(0, -1);
  auto program = fuseval::compile("a*k", {{"a", a}, {"k", fuseval::scalar(1.5f)}});
  program.into(out)(a, 1.5f);
  program.into(fuseval::view(out.data(), {2}, {-4}))(a, 2);
  (void)program(a, 2).to_vector<double>();
  fuseval::evaluate("a", {{"a", a}}, fuseval::into(out));
  fuseval::save("a.npy", a);
  fuseval::SessionOptions settings;
  settings.hooks.allocate = [](std::size_t bytes, std::size_t) { return ::operator new(bytes); };
  settings.hooks.log = [](fuseval::LogLevel, std::string_view) {};
  settings.memory_limit = 1 << 20;
  const fuseval::Session session(settings);
  const fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  options.progress = [](double done) { return done < 1; };
  session.evaluate("a", {{"a", fuseval::view(a.data(), {2}, {8}).within(a)}}, options);
  program.run({{"k", 2}, {"a", a}}, fuseval::into(out), options);
  (void)program.inputs(), (void)fuseval::free_names("a + b");
  const fuseval::World world;
  auto parts = fuseval::load(world, "a.npy"), moved = fuseval::redistribute(parts, 1);
  auto empty = fuseval::empty(fuseval::Distribution(world, {3, 4}, 0), fuseval::DType::float64);
  program.into(empty.slice({{1, -1}, {0, 2}}))(fuseval::scatter(world, a), 1.5f);
  program.run({{"k", 2}, {"a", fuseval::distribute(world, out)}}, fuseval::into(empty));
  fuseval::save("b.npy", fuseval::DistributedArray(program(parts, 2)));
  (void)fuseval::gather(moved).to_vector<float>(), (void)world.agree();
  options.world = &world;
  fuseval::run_ranks(2, [](const fuseval::World& rank) { rank.barrier(); });
}
"""
REFUSED = {
    'std::vector<bool> v; fuseval::evaluate("v", {{"v", v}});': "std::vector<bool> stores bits, not bools",
    'std::string v; fuseval::evaluate("v", {{"v", v}});': "the elements of this container are no numbers",
    'std::vector<long double> v; fuseval::evaluate("v", {{"v", v}});': "the elements of this container are no numbers",
    'fuseval::evaluate("v", {{"v", 1.0L}});': "long double has no dtype",
    """fuseval::evaluate("v", {{"v", 'x'}});""": "a character is no number",
    'struct S {} v; fuseval::evaluate("v", {{"v", v}});': "this type cannot be bound",
    'fuseval::into(std::vector<double>(3));': "an output that is a temporary would be lost",
    'double x = 0; fuseval::into(x);': "a scalar cannot be an output",
    'auto r = fuseval::evaluate("1"); fuseval::into(r);': "results are immutable",
    'auto r = fuseval::evaluate("1"); auto copy = r;': "deleted",
    'fuseval::to_host(fuseval::load(fuseval::World(), "a.npy"));': "a distributed array has only a part here",
    'fuseval::evaluate("1").to_vector<bool>();': "std::vector<bool> stores bits",
}


HEADERS = sorted(path.name for path in (ROOT / "include" / "fuseval").glob("*.hpp"))


def compiled(text, *options, compiler="g++"):
    command = [compiler, "-fsyntax-only", "-x", "c++", f"-I{ROOT}/include", *options, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("standard", ["c++17", "c++20", "c++2b"])
def test_no_warnings(compiler, standard):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    done = compiled(USE, f"-std={standard}", *STRICT, compiler=compiler)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("header", HEADERS)
def test_each_header_stands_alone(header):
    done = compiled(f'#include "fuseval/{header}"\n', "-std=c++17", *STRICT)
    assert done.returncode == 0, done.stderr


def test_span():
    done = compiled('#include <span>\n#include "fuseval/fuseval.hpp"\nvoid use(std::span<const float> s, std::span<double> o)'
                    '{ fuseval::evaluate("s", {{"s", s}}, fuseval::into(o)); }', "-std=c++20", *STRICT)
    assert done.returncode == 0, done.stderr


def test_refused_with_a_reason():
    """Each statement in a file of its own by name, so that one run of the compiler serves them all."""
    functions = (f'#line 1 "case_{k}.cpp"\nvoid use_{k}() {{ {statement} }}\n' for k, statement in enumerate(REFUSED))
    done = compiled('#include "fuseval/fuseval.hpp"\n#include <string>\n' + "".join(functions), "-std=c++20")
    assert done.returncode != 0
    for k, reason in enumerate(REFUSED.values()):
        assert f"case_{k}.cpp:1:" in done.stderr, done.stderr
        assert reason in done.stderr, done.stderr


@pytest.mark.parametrize("compiler, standard", [("gcc", "c99"), ("gcc", "c11"), ("g++", "c++98")])
def test_the_c_header_is_c(compiler, standard):
    language = "c" if compiler == "gcc" else "c++"
    command = [compiler, "-fsyntax-only", "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "-"]
    text = '#include "fuseval/fuseval.h"\nint use(void) { return fv_dtype_size(FV_FLOAT64); }'
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
