"""An array together with what fuseval may answer for it: the oracle's arithmetic.

NumPy's own answer is one value an element. fuseval must give the same bits wherever every operation on the way is
exactly specified (IEEE arithmetic, integers, comparisons, canonical sums), and may differ where the text uses a function
with a stated error bound. An Envelope says which: beside `value` it carries an interval [low, high] that holds every
allowed answer, and three kinds of elements:

  exact  low == value == high: the bits must agree, the sign of zero included;
  soft   low <= answer <= high;
  wild   anything goes: the interval straddles a discontinuity (log of something around 0, a wrapped inexact integer).

Intervals travel through later operations by monotonicity: correctly rounded addition is monotone, so the sum of the low
ends, computed in the very same dtype, is the low end of the sums. So no tolerance is ever guessed.

The class plugs into NumPy's own dispatch (__array_ufunc__, __array_function__): the same text is executed with NumPy
arrays or with Envelopes bound to its names.
"""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Envelope(NDArrayOperatorsMixin):
    """value, and its bounds: None when every element is exact, else (low, high, soft, wild)."""

    __slots__ = ("value", "bounds")
    __hash__ = None

    def __init__(self, value, bounds=None):
        self.value = np.asarray(value)
        self.bounds = bounds

    # -- the two ends --------------------------------------------------------------------------------------------------
    @property
    def low(self):
        return self.value if self.bounds is None else self.bounds[0]

    @property
    def high(self):
        return self.value if self.bounds is None else self.bounds[1]

    @property
    def soft(self):
        return np.zeros(self.shape, bool) if self.bounds is None else self.bounds[2]

    @property
    def wild(self):
        return np.zeros(self.shape, bool) if self.bounds is None else self.bounds[3]

    # -- what arrays have ----------------------------------------------------------------------------------------------
    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: self.view(lambda array: array.T))
    real = property(lambda self: self)
    imag = property(lambda self: Envelope(np.zeros_like(self.value)))

    def view(self, function):
        """The same rearrangement of every part."""
        if self.bounds is None:
            return Envelope(function(self.value))
        return Envelope(function(self.value), tuple(function(part) for part in self.bounds))

    def __getitem__(self, index):
        return self.view(lambda array: array[index])

    def __pow__(self, exponent):
        return powers(self, exponent, operator=True)

    def __rpow__(self, base):
        return powers(base, self, operator=True)

    def astype(self, dtype):
        return convert(self, unwrap_dtype(dtype))

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options:
            return NotImplemented
        return elementwise(ufunc, inputs)

    def __array_function__(self, function, types, arguments, options):
        handler = FUNCTIONS.get(function)
        return NotImplemented if handler is None else handler(*arguments, **options)


class Cast:
    """A dtype name in the oracle's namespace: called, it casts; given as dtype=, it is unwrapped."""

    def __init__(self, dtype):
        self.wrapped = np.dtype(dtype)

    def __call__(self, value):
        if isinstance(value, Envelope):
            return convert(value, self.wrapped)
        return Envelope(self.wrapped.type(value))


FUNCTIONS = {}  # NumPy function -> its meaning on Envelopes, filled by the modules below


def implements(*functions):
    def register(handler):
        for function in functions:
            FUNCTIONS[function] = handler
        return handler

    return register


def unwrap_dtype(dtype):
    return dtype.wrapped if isinstance(dtype, Cast) else np.dtype(dtype)


def method(name, function):
    """a.name(...) is function(a, ...)."""
    setattr(Envelope, name, lambda self, *arguments, **options: FUNCTIONS[function](self, *arguments, **options))


# The rules live in two files of their own, and register themselves above.
from elementwise import convert, elementwise, powers  # noqa: E402
import reductions  # noqa: E402,F401
import shapes  # noqa: E402,F401
