"""fuseval.hpp at compile time: no warning under strict options, and a clear refusal of what cannot be bound."""

import os
import shutil
import subprocess

import pytest

from built_command import ROOT

# What hosts compile with, whose includes are theirs and not the system's. clang has all but GCC_ALONE.
STRICT = """-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wcast-qual -Wcast-align -Wdouble-promotion
            -Wfloat-equal -Wundef -Wextra-semi -Wzero-as-null-pointer-constant -Wswitch-default -Wswitch-enum -Wnon-virtual-dtor
            -Woverloaded-virtual -Wmissing-declarations -Weffc++ -Wnull-dereference -Werror""".split()
GCC_ALONE = """-Wuseless-cast -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict -Wsuggest-override
               -Wctor-dtor-privacy""".split()
STRICT_C = """-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wundef -Wredundant-decls -Wstrict-prototypes
              -Wmissing-prototypes -Wwrite-strings -Werror""".split()
USES = (ROOT / "tests" / "cli" / "header_uses.cpp").read_text()
REFUSED = {
    'std::vector<bool> v; fuseval::evaluate("v", {{"v", v}});': "std::vector<bool> stores bits, not bools",
    'std::string v; fuseval::evaluate("v", {{"v", v}});': "an array cannot have elements of the type in this container",
    'std::vector<long double> v; fuseval::evaluate("v", {{"v", v}});': "an array cannot have elements of the type in this container",
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


ADAPTERS = {"eigen.hpp": "/usr/include/eigen3", "xtensor.hpp": "/usr/include/xtensor"}
HEADERS = sorted(path.name for path in (ROOT / "include" / "fuseval").glob("*.hpp"))


def compiled(text, *options, compiler="g++"):
    command = [compiler, "-fsyntax-only", "-x", "c++", f"-I{ROOT}/include", *options, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("standard", ["c++17", "c++20", "c++2b"])
def test_no_warnings(compiler, standard):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    options = [*STRICT, *(GCC_ALONE if compiler == "g++" else [])]
    done = compiled(USES, f"-std={standard}", *options, compiler=compiler)
    assert done.returncode == 0, done.stderr


def test_no_warnings_of_the_optimiser():
    """What g++ finds on the way to code: null pointers, values that nobody has set, writes beyond arrays."""
    command = ["g++", "-c", "-o", "/dev/null", "-x", "c++", f"-I{ROOT}/include", "-O1", "-std=c++17", *STRICT, *GCC_ALONE, "-"]
    done = subprocess.run(command, input=USES, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("header", HEADERS)
def test_each_header_stands_alone(header):
    options = []
    if header in ADAPTERS:
        if not os.path.exists(ADAPTERS[header]):
            pytest.skip(f"the library that {header} is for is not installed")
        options = ["-isystem", ADAPTERS[header]]
    done = compiled(f'#include "fuseval/{header}"\n', "-std=c++17", *STRICT, *options)
    assert done.returncode == 0, done.stderr


def test_span():
    done = compiled('#include <span>\n#include "fuseval/fuseval.hpp"\ninline void use(std::span<const float> s, std::span<double> o)'
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


@pytest.mark.parametrize("compiler, standard", [("gcc", "c99"), ("gcc", "c11"), ("gcc", "c2x"), ("g++", "c++98")])
def test_the_c_header_is_c(compiler, standard):
    language, options = ("c", STRICT_C) if compiler == "gcc" else ("c++", ["-Wall", "-Wextra", "-Werror"])
    command = [compiler, "-fsyntax-only", "-x", language, f"-std={standard}", *options, f"-I{ROOT}/include", "-"]
    text = '#include "fuseval/fuseval.h"\nstatic int use(void) { return fv_dtype_size(FV_FLOAT64); }\nint main(void) { return use(); }'
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
