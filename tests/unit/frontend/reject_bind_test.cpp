// One case a diagnostic of bind: code, message and carets.
#include <doctest/doctest.h>

#include "frontend/diagnostic.hpp"
#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

namespace {

struct Case {
  const char* text;
  ErrorCode code;
  const char* message;
  const char* carets;
};

// clang-format off
constexpr Case cases[] = {
    {R"(a + bb)", ErrorCode::unknown_name, R"(unknown name `bb`)",
     R"(    ^~)"},
    {R"(nann)", ErrorCode::unknown_name, R"(unknown name `nann`; did you mean `nan`?)",
     R"(^~~~)"},
    {R"(np.foo(a))", ErrorCode::unknown_function, R"(the module `np` has no attribute `foo`)",
     R"(   ^~~)"},
    {R"(a.summ())", ErrorCode::unknown_function, R"(an array has no attribute `summ`; did you mean `sum`?)",
     R"(  ^~~~)"},
    {R"(foo(a))", ErrorCode::unknown_function, R"(unknown function `foo`)",
     R"(^~~)"},
    {R"(sum)", ErrorCode::argument, R"(the function `sum` is not an array or a number)",
     R"(^~~)"},
    {R"(a + sin)", ErrorCode::argument, R"(the function `sin` is not an array or a number)",
     R"(    ^~~)"},
    {R"(a[sin])", ErrorCode::argument, R"(only integers, slices (`:`), ellipsis (`...`) and newaxis (`None`) are valid indices, not the function `sin`)",
     R"(  ^~~)"},
    {R"((a, (b,)))", ErrorCode::argument, R"(a tuple inside a tuple is not a result)",
     R"(    ^~~~)"},
    {R"(())", ErrorCode::argument, R"(an empty tuple is not a result)",
     R"(^~)"},
    {R"([a, b])", ErrorCode::argument, R"(a list is not an array or a number)",
     R"(^~~~~~)"},
    {R"(None)", ErrorCode::argument, R"(None is not an array or a number)",
     R"(^~~~)"},
    {R"('x')", ErrorCode::argument, R"(a string is not an array or a number)",
     R"(^~~)"},
    {R"(a + np)", ErrorCode::argument, R"(the module `np` is not an array or a number)",
     R"(    ^~)"},
    {R"(float32)", ErrorCode::argument, R"(the dtype `float32` is not an array or a number)",
     R"(^~~~~~~)"},
    {R"(a(1))", ErrorCode::unknown_function, R"(an array cannot be called)",
     R"(^)"},
    {R"(pi(2))", ErrorCode::unknown_function, R"(a Python float cannot be called)",
     R"(^~)"},
    {R"(3j * a)", ErrorCode::unsupported, R"(complex numbers are part of the language but not available in this version)",
     R"(^~)"},
    {R"(a @ b)", ErrorCode::unsupported, R"(`@` is part of the language but not available in this version)",
     R"(^~~~~)"},
    {R"(sinh(a))", ErrorCode::unsupported, R"(`sinh` is part of the language but not available in this version)",
     R"(^~~~)"},
    {R"(np.linalg.norm(a))", ErrorCode::unsupported, R"(`norm` is part of the language but not available in this version)",
     R"(^~~~~~~~~~~~~~)"},
    {R"(float16(a))", ErrorCode::unsupported, R"(dtype float16 is part of the language but not available in this version)",
     R"(^~~~~~~)"},
    {R"(a.astype('complex64'))", ErrorCode::unsupported, R"(dtype complex64 is part of the language but not available in this version)",
     R"(         ^~~~~~~~~~~)"},
    {R"(a.astype('flot32'))", ErrorCode::dtype, R"('flot32' is not a dtype)",
     R"(         ^~~~~~~~)"},
    {R"(a.astype(3))", ErrorCode::argument, R"(a dtype is expected, not a Python int)",
     R"(         ^)"},
    {R"(a.astype(int, casting='safe'))", ErrorCode::casting, R"(cannot cast float64 to int64 according to the rule 'safe')",
     R"(^~~~~~~~~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(a.astype(int, casting='odd'))", ErrorCode::argument, R"(casting must be 'no', 'equiv', 'safe', 'same_kind' or 'unsafe')",
     R"(                      ^~~~~)"},
    {R"(-m)", ErrorCode::dtype, R"(`-` is not defined for bool: use `~` or logical_not)",
     R"(^~)"},
    {R"(m - m)", ErrorCode::dtype, R"(`-` is not defined for bool and bool: use `^` or logical_xor)",
     R"(^~~~~)"},
    {R"(~a)", ErrorCode::dtype, R"(`invert` is not defined for float64)",
     R"(^~)"},
    {R"(a & 1)", ErrorCode::dtype, R"(`bitwise_and` is not defined for (float64, Python int))",
     R"(^~~~~)"},
    {R"(gcd(m, m))", ErrorCode::dtype, R"(`gcd` is not defined for (bool, bool))",
     R"(^~~~~~~~~)"},
    {R"(sign(m))", ErrorCode::dtype, R"(`sign` is not defined for bool)",
     R"(^~~~~~~)"},
    {R"(+m)", ErrorCode::dtype, R"(`positive` is not defined for bool)",
     R"(^~)"},
    {R"(sin(u))", ErrorCode::unsupported, R"(`sin` of uint8 has dtype float16 in NumPy, which this version does not compute; convert first, as in sin(float32(a)))",
     R"(^~~~~~)"},
    {R"(sqrt(i & m) + hypot(u, m))", ErrorCode::unsupported, R"(`hypot` of (uint8, bool) has dtype float16 in NumPy, which this version does not compute; convert first, as in hypot(float32(a)))",
     R"(              ^~~~~~~~~~~)"},
    {R"(heaviside(u, u))", ErrorCode::unsupported, R"(`heaviside` of (uint8, uint8) has dtype float16 in NumPy, which this version does not compute)",
     R"(^~~~~~~~~~~~~~~)"},
    {R"(degrees(u))", ErrorCode::unsupported, R"(`degrees` of uint8 has dtype float16 in NumPy, which this version does not compute; convert first, as in degrees(float32(a)))",
     R"(^~~~~~~~~~)"},
    {R"(ldexp(a, 2.5))", ErrorCode::dtype, R"(`ldexp` is not defined for (float64, Python float))",
     R"(^~~~~~~~~~~~~)"},
    {R"(a + t[0, :2])", ErrorCode::shape, R"(shapes (2, 3) and (2, 2) do not broadcast together)",
     R"(^~~~~~~~~~~~)"},
    {R"(u + 300)", ErrorCode::value, R"(Python integer 300 out of bounds for uint8)",
     R"(    ^~~)"},
    {R"(u * -1)", ErrorCode::value, R"(Python integer -1 out of bounds for uint8)",
     R"(    ^~)"},
    {R"(u ** -1)", ErrorCode::value, R"(Python integer -1 out of bounds for uint8)",
     R"(     ^~)"},
    {R"(i ** -1)", ErrorCode::value, R"(Integers to negative integer powers are not allowed.)",
     R"(^~~~~~~)"},
    {R"(1 / 0)", ErrorCode::value, R"(division by zero)",
     R"(^~~~~)"},
    {R"(2 ** 200)", ErrorCode::value, R"(integer overflow: the result has more than 128 bits)",
     R"(^~~~~~~~)"},
    {R"(9223372036854775808)", ErrorCode::value, R"(the Python integer 9223372036854775808 does not fit in int64)",
     R"(^~~~~~~~~~~~~~~~~~~)"},
    {R"(-8 ** 0.5 + (-8) ** 0.5)", ErrorCode::unsupported, R"(a negative number to a fractional power is complex, which this version does not compute)",
     R"(            ^~~~~~~~~~~)"},
    {R"(~2.0)", ErrorCode::dtype, R"(bad operand type for unary ~: 'float')",
     R"(^~~~)"},
    {R"(1 << -1)", ErrorCode::value, R"(negative shift count)",
     R"(^~~~~~~)"},
    {R"(a[2])", ErrorCode::shape, R"(index 2 is out of bounds for axis 0 with size 2)",
     R"(  ^)"},
    {R"(a[0, -4])", ErrorCode::shape, R"(index -4 is out of bounds for axis 1 with size 3)",
     R"(     ^~)"},
    {R"(a[0, 0, 0])", ErrorCode::shape, R"(too many indices for array: array is 2-dimensional, but 3 were indexed)",
     R"(^~~~~~~~~~)"},
    {R"(a[..., ...])", ErrorCode::shape, R"(an index can only have a single ellipsis ('...'))",
     R"(^~~~~~~~~~~)"},
    {R"(a[::0])", ErrorCode::value, R"(slice step cannot be zero)",
     R"(  ^~~)"},
    {R"(a[1.5])", ErrorCode::argument, R"(only integers, slices (`:`), ellipsis (`...`) and newaxis (`None`) are valid indices, not a Python float)",
     R"(  ^~~)"},
    {R"(a['x'])", ErrorCode::argument, R"(only integers, slices (`:`), ellipsis (`...`) and newaxis (`None`) are valid indices, not a string)",
     R"(  ^~~)"},
    {R"(a[1:2.5])", ErrorCode::argument, R"(slice indices must be integers or None, not a Python float)",
     R"(    ^~~)"},
    {R"(a[m])", ErrorCode::unsupported, R"(an array as an index (gather, or compaction by a mask) is part of the language but not available in this version)",
     R"(  ^)"},
    {R"(a[[0, 1]])", ErrorCode::unsupported, R"(an array as an index (gather, or compaction by a mask) is part of the language but not available in this version)",
     R"(  ^~~~~~)"},
    {R"(2[0])", ErrorCode::argument, R"(a Python int cannot be indexed)",
     R"(^)"},
    {R"(a.shape[2])", ErrorCode::shape, R"(tuple index out of range)",
     R"(        ^)"},
    {R"(a.shape['x'])", ErrorCode::argument, R"(a tuple is indexed by one integer)",
     R"(^~~~~~~~~~~~)"},
    {R"(sum(a, axis=2))", ErrorCode::axis, R"(axis 2 is out of range for an array of 2 dimensions)",
     R"(            ^)"},
    {R"(sum(a, axis=(0, -2)))", ErrorCode::axis, R"(duplicate value in 'axis')",
     R"(            ^~~~~~~)"},
    {R"(sum(a, axis=[0, 1]))", ErrorCode::argument, R"(an axis is an integer or a tuple of integers, not a list)",
     R"(            ^~~~~~)"},
    {R"(sum(a, axis=1.0))", ErrorCode::argument, R"(an axis must be an integer, not a Python float)",
     R"(            ^~~)"},
    {R"(sum(a, axis=True))", ErrorCode::argument, R"(an axis must be an integer, not a Python bool)",
     R"(            ^~~~)"},
    {R"(sum(a, axis=s))", ErrorCode::argument, R"(an axis must be a Python int that is known before the program runs, not an array)",
     R"(            ^)"},
    {R"(sum(a, axes=0))", ErrorCode::argument, R"(sum() got an unexpected keyword argument 'axes'; did you mean 'axis'?)",
     R"(       ^~~~~~)"},
    {R"(sum(a, 0, axis=1))", ErrorCode::argument, R"(sum() got multiple values for argument 'axis')",
     R"(          ^~~~~~)"},
    {R"(sum())", ErrorCode::argument, R"(sum() is missing its argument 'a')",
     R"(^~~~~)"},
    {R"(sin(a, a, a))", ErrorCode::argument, R"(sin() takes from 1 to 2 positional arguments but 3 were given)",
     R"(          ^)"},
    {R"(sin(x=a))", ErrorCode::argument, R"(sin() got an unexpected keyword argument 'x')",
     R"(    ^~~)"},
    {R"(sum(a, out=a))", ErrorCode::unsupported, R"(sum() takes no `out` in a text: the caller of the program says where results go)",
     R"(           ^)"},
    {R"(sin(a, out=a))", ErrorCode::unsupported, R"(sin() takes no `out` in a text: the caller of the program says where results go)",
     R"(           ^)"},
    {R"(sin(a, where=m))", ErrorCode::unsupported, R"(sin() takes no `where` in a text: use where(condition, x, y))",
     R"(             ^)"},
    {R"(add(i, a, dtype=int8))", ErrorCode::dtype, R"(`add` cannot cast float64 to int8 under same_kind casting)",
     R"(       ^)"},
    {R"(bitwise_and(u, u, dtype=float64))", ErrorCode::dtype, R"(`bitwise_and` has no loop that gives float64)",
     R"(^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(less(a, b, dtype=float64))", ErrorCode::unsupported, R"(`less` takes no dtype= in this version)",
     R"(^~~~~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(sum(a, where=a))", ErrorCode::dtype, R"(where= must be bool, not float64)",
     R"(             ^)"},
    {R"(sum(b, where=m))", ErrorCode::shape, R"(where= of shape (2, 3) does not fit the operand of shape (3,))",
     R"(             ^)"},
    {R"(max(a, where=m))", ErrorCode::argument, R"(max() has no identity: to use where= give initial=)",
     R"(^~~~~~~~~~~~~~~)"},
    {R"(max(z))", ErrorCode::value, R"(zero-size array to reduction operation maximum which has no identity)",
     R"(^~~~~~)"},
    {R"(argmax(z))", ErrorCode::value, R"(attempt to get argmax of an empty sequence)",
     R"(^~~~~~~~~)"},
    {R"(argmax(a, axis=(0, 1)))", ErrorCode::argument, R"(argmax() takes one axis, not a tuple)",
     R"(               ^~~~~~)"},
    {R"(mean(a, initial=1))", ErrorCode::argument, R"(mean() got an unexpected keyword argument 'initial')",
     R"(        ^~~~~~~~~)"},
    {R"(var(i, dtype=int64))", ErrorCode::unsupported, R"(var() computes in a float dtype in this version, not int64)",
     R"(             ^~~~~)"},
    {R"(var(a, ddof=a))", ErrorCode::argument, R"(ddof must be a Python number, not an array)",
     R"(            ^)"},
    {R"(max(a, initial=b))", ErrorCode::argument, R"(initial must be a scalar)",
     R"(               ^)"},
    {R"(sum(a, keepdims=1 + a))", ErrorCode::argument, R"(keepdims must be True or False, not an array)",
     R"(                ^~~~~)"},
    {R"(dot(b, ones(2)))", ErrorCode::shape, R"(dot(): shapes (3,) and (2,) are not aligned)",
     R"(^~~~~~~~~~~~~~~)"},
    {R"(dot(a, a))", ErrorCode::unsupported, R"(dot() takes vectors in this version, not arrays of shapes (2, 3) and (2, 3))",
     R"(^~~~~~~~~)"},
    {R"(trace(b))", ErrorCode::shape, R"(trace() takes an array of at least two dimensions)",
     R"(^~~~~~~~)"},
    {R"(reshape(a, (4, -1)))", ErrorCode::shape, R"(cannot reshape an array of shape (2, 3) (6 elements) into shape (4, -1))",
     R"(^~~~~~~~~~~~~~~~~~~)"},
    {R"(reshape(a, (-1, -1)))", ErrorCode::shape, R"(only one extent of a shape can be unknown)",
     R"(^~~~~~~~~~~~~~~~~~~~)"},
    {R"(reshape(a, 2.5))", ErrorCode::argument, R"(an extent must be an integer, not a Python float)",
     R"(           ^~~)"},
    {R"(reshape(a, (3, 2), order='F'))", ErrorCode::unsupported, R"(only order='C' is available in this version)",
     R"(                         ^~~)"},
    {R"(a.reshape())", ErrorCode::argument, R"(reshape() is missing its argument 'shape')",
     R"(^~~~~~~~~~~)"},
    {R"(transpose(a, (0, 0)))", ErrorCode::axis, R"(repeated axis in transpose)",
     R"(^~~~~~~~~~~~~~~~~~~~)"},
    {R"(transpose(a, (0,)))", ErrorCode::axis, R"(the axes of transpose() must name all 2 axes of the array once, not 1)",
     R"(^~~~~~~~~~~~~~~~~~)"},
    {R"(swapaxes(a, 0, 2))", ErrorCode::axis, R"(axis 2 is out of range for an array of 2 dimensions)",
     R"(               ^)"},
    {R"(moveaxis(a, (0, 0), (1, 0)))", ErrorCode::axis, R"(repeated axis in `source`)",
     R"(            ^~~~~~)"},
    {R"(moveaxis(a, 0, (1, 0)))", ErrorCode::argument, R"(`source` and `destination` must have the same number of axes, not 1 and 2)",
     R"(^~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(squeeze(a, axis=0))", ErrorCode::shape, R"(cannot squeeze axis 0, which has size 2)",
     R"(                ^)"},
    {R"(broadcast_to(b, (3, 2)))", ErrorCode::shape, R"(shapes (3,) and (3, 2) do not broadcast together)",
     R"(^~~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(diagonal(b))", ErrorCode::shape, R"(diagonal() takes an array of at least two dimensions)",
     R"(^~~~~~~~~~~)"},
    {R"(diagonal(a, 0, 1, 1))", ErrorCode::axis, R"(axis1 and axis2 cannot be the same)",
     R"(^~~~~~~~~~~~~~~~~~~~)"},
    {R"(fliplr(b))", ErrorCode::shape, R"(fliplr() takes an array of at least two dimensions)",
     R"(^~~~~~~~~)"},
    {R"(flipud(s))", ErrorCode::shape, R"(flipud() takes an array of at least one dimension)",
     R"(^~~~~~~~~)"},
    {R"(matrix_transpose(b))", ErrorCode::shape, R"(matrix_transpose() takes an array of at least two dimensions)",
     R"(^~~~~~~~~~~~~~~~~~~)"},
    {R"(zeros((2, -1)))", ErrorCode::shape, R"(negative dimensions are not allowed: (2, -1))",
     R"(      ^~~~~~~)"},
    {R"(zeros((4294967296, 4294967296)))", ErrorCode::memory, R"(an array of shape (4294967296, 4294967296) has too many elements)",
     R"(      ^~~~~~~~~~~~~~~~~~~~~~~~)"},
    {R"(zeros(a))", ErrorCode::argument, R"(an extent must be a Python int that is known before the program runs, not an array)",
     R"(      ^)"},
    {R"(full(2, 300, dtype=uint8))", ErrorCode::value, R"(Python integer 300 out of bounds for uint8)",
     R"(        ^~~)"},
    {R"(arange())", ErrorCode::argument, R"(arange() is missing its argument 'stop')",
     R"(^~~~~~~~)"},
    {R"(arange(0, 3, 0))", ErrorCode::value, R"(division by zero)",
     R"(^~~~~~~~~~~~~~~)"},
    {R"(arange(0, nan))", ErrorCode::value, R"(arange: cannot compute length)",
     R"(^~~~~~~~~~~~~~)"},
    {R"(arange(0, inf))", ErrorCode::memory, R"(arange: maximum allowed size exceeded)",
     R"(^~~~~~~~~~~~~~)"},
    {R"(arange(5, dtype=bool))", ErrorCode::dtype, R"(arange() is only supported for booleans when the result has at most length 2)",
     R"(^~~~~~~~~~~~~~~~~~~~~)"},
    {R"(arange(I))", ErrorCode::argument, R"(arange() takes Python numbers that are known before the program runs, not an array)",
     R"(       ^)"},
    {R"(linspace(0, 1, -1))", ErrorCode::value, R"(the number of samples, -1, must not be negative)",
     R"(               ^~)"},
    {R"(linspace(0, 1, axis=1))", ErrorCode::unsupported, R"(linspace() puts samples along axis 0 in this version)",
     R"(                    ^)"},
    {R"(indices(3))", ErrorCode::argument, R"(indices() takes a tuple of extents, not a Python int)",
     R"(        ^)"},
    {R"(tril(s))", ErrorCode::shape, R"(tril() takes an array of at least one dimension)",
     R"(^~~~~~~)"},
    {R"(where(m))", ErrorCode::unsupported, R"(where() takes three arguments in this version: where(condition, x, y))",
     R"(^~~~~~~~)"},
    {R"(select([m], [a, a]))", ErrorCode::argument, R"(select() takes as many conditions as choices, not 1 and 2)",
     R"(^~~~~~~~~~~~~~~~~~~)"},
    {R"(select([], []))", ErrorCode::argument, R"(select() with an empty condition list is not possible)",
     R"(^~~~~~~~~~~~~~)"},
    {R"(select(m, [a]))", ErrorCode::argument, R"(select() takes lists, not an array)",
     R"(       ^)"},
    {R"(select([i], [a]))", ErrorCode::dtype, R"(a condition of select() must be bool, not int32)",
     R"(        ^)"},
    {R"(clip(a, 0))", ErrorCode::argument, R"(clip() is missing its argument 'a_max')",
     R"(^~~~~~~~~~)"},
    {R"(clip(a, 0, 1, min=2))", ErrorCode::argument, R"(clip() takes a_min and a_max, or min and max, not both)",
     R"(^~~~~~~~~~~~~~~~~~~~)"},
    {R"(clip(u, 300, None))", ErrorCode::value, R"(Python integer 300 out of bounds for uint8)",
     R"(        ^~~)"},
    {R"(clip(a, 0, 1, out=a))", ErrorCode::unsupported, R"(clip() takes no `out` in a text)",
     R"(                  ^)"},
    {R"(round(a, out=a))", ErrorCode::unsupported, R"(round() takes no `out` in a text)",
     R"(             ^)"},
    {R"(float32(a, a))", ErrorCode::argument, R"(float32() takes 1 positional argument)",
     R"(^~~~~~~~~~~~~)"},
    {R"(a.T.foo)", ErrorCode::unknown_function, R"(an array has no attribute `foo`)",
     R"(    ^~~)"},
    {R"(x.real)", ErrorCode::unknown_function, R"(a Python float has no attribute `real`)",
     R"(  ^~~~)"},
    {R"(summ(a))", ErrorCode::unknown_function, R"(unknown function `summ`; did you mean `sum`?)",
     R"(^~~~)"},
    {R"(n(a))", ErrorCode::unknown_function, R"(unknown function `n`)",
     R"(^)"},
};
// clang-format on

}  // namespace

TEST_CASE("every diagnostic has its code, message and place") {
  for (const Case& expected : cases) {
    INFO(expected.text);
    try {
      bound(expected.text);
      FAIL_CHECK("bound without an error");
    } catch (const Error& error) {
      CHECK(error.code() == expected.code);
      CHECK(error.message() == expected.message);
      CHECK(caret_picture(expected.text, error.span()) == std::string(expected.text) + "\n" + expected.carets);
    }
  }
}

TEST_CASE("inputs whose name or dtype the language cannot take") {
  const auto message = [](const char* text, const InputInfo& input) {
    try {
      bound(text, {input});
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("no error");
  };
  CHECK(message("sum", array("sum", DType::int8, {})) ==
        "an input cannot be named `sum`: that is a function of the language");
  CHECK(message("int8", array("int8", DType::int8, {})) ==
        "an input cannot be named `int8`: that is a dtype of the language");
  CHECK(message("h", array("h", DType::float16, {})) == "`h` has dtype float16, which this version does not compute");
  CHECK(message("c + 1", array("c", DType::complex64, {})) ==
        "`c` has dtype complex64, which this version does not compute");
  CHECK(message("1", array("c", DType::complex64, {})) == "no error");
}

TEST_CASE("limits") {
  std::string deep = "a";
  for (int k = 0; k < 65; ++k) deep += "[None]";
  try {
    bound(deep);
    FAIL("bound without an error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::limit);
    CHECK(error.message() == "an array may have at most 64 dimensions, not 65");
  }
}
