"""Views and creation of Envelopes: the same rearrangement of every part."""

import numpy as np

from envelope import Cast, Envelope, implements, method, unwrap_dtype

VIEWS = [np.transpose, np.reshape, np.ravel, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze, np.broadcast_to,
         np.flip, np.copy, np.diagonal]
LIKE = [np.ones_like, np.zeros_like]
CREATION = ["arange", "linspace", "zeros", "ones", "full", "eye", "tri", "indices"]


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
    return as_dtype(fill_value, like.dtype).view(lambda part: np.broadcast_to(part, like.shape))


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


def created(function):
    """A creation function that gives an Envelope."""
    return lambda *arguments, **options: Envelope(
        function(*[unwrap_dtype(a) if isinstance(a, Cast) else a for a in arguments], **plain(options)))
