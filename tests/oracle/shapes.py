"""Views and creation of Envelopes: the same rearrangement of every part."""

import numpy as np

from envelope import Cast, Envelope, implements, method, unwrap_dtype

VIEWS = [np.transpose, np.reshape, np.ravel, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze, np.broadcast_to,
         np.flip, np.copy, np.diagonal, np.fliplr, np.flipud, np.permute_dims, np.matrix_transpose, np.atleast_1d,
         np.atleast_2d, np.atleast_3d]
LIKE = [np.ones_like, np.zeros_like]
CREATION = ["arange", "linspace", "zeros", "ones", "full", "eye", "identity", "tri", "indices"]


def _view(function):
    @implements(function)
    def rearranged(a, *arguments, **options):
        return a.view(lambda part: function(part, *arguments, **options))


def _like(function):
    @implements(function)
    def filled(a, *arguments, **options):
        return Envelope(function(a.value, *arguments, **plain(options)))


@implements(np.full_like)
def full_like(a, fill_value, **options):
    """The fill value is cast, unsafely, and repeated."""
    from elementwise import as_dtype
    like = np.zeros_like(a.value if isinstance(a, Envelope) else a, **plain(options))
    filled = as_dtype(fill_value, like.dtype)
    # An assignment: leading extents of 1 beyond the target's rank are dropped.
    tail = filled.shape[max(0, filled.ndim - like.ndim):]
    return filled.view(lambda part: np.broadcast_to(part.reshape(tail), like.shape))


def _triangle(function, keeps):
    @implements(function)
    def part(m, k=0):
        from elementwise import where
        inside = np.tri(*m.shape[-2:], k=k if keeps else k - 1, dtype=bool)
        return where(inside if keeps else ~inside, m, np.zeros(1, m.dtype))


_triangle(np.tril, True)
_triangle(np.triu, False)


@implements(np.astype)
def astype(a, dtype):
    return a.astype(dtype)


def plain(options):
    return {key: unwrap_dtype(value) if isinstance(value, Cast) else value for key, value in options.items()}


for _function in VIEWS:
    _view(_function)
for _function in LIKE:
    _like(_function)
for _name in ("reshape", "ravel", "swapaxes", "squeeze", "copy", "diagonal"):
    method(_name, getattr(np, _name))


def _transpose(self, *axes):
    return self.view(lambda part: part.transpose(*axes))


def _reshape(self, *shape):
    return self.view(lambda part: part.reshape(*shape))


Envelope.transpose, Envelope.reshape = _transpose, _reshape
Envelope.flatten = lambda self: self.view(np.ravel)


def created(function):
    """A creation function that gives an Envelope."""
    return lambda *arguments, **options: Envelope(
        function(*[unwrap_dtype(a) if isinstance(a, Cast) else a for a in arguments], **plain(options)))
