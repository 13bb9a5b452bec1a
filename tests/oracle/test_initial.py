"""initial= of a scalar with a dtype: one that does not fit is an error, as NumPy's conversion of its scalars is."""

import fuseval_ctypes as fuseval
import numpy as np
import pytest

SESSION = fuseval.Session()
ARRAYS = {"i": np.array([1, 2, 3]), "j": np.array([1, 2, 3], np.int8), "u": np.array([1, 2, 3], np.uint64)}
SCALARS = [np.float64(np.inf), np.float64(-np.inf), np.float64(np.nan), np.float32(np.inf), np.int64(300), np.int64(-129), np.int64(127), np.float64(300.7),
           np.float64(127.9), np.float64(-128.5), np.float64(2.0**63), np.float64(-(2.0**63)), np.float64(2.0**64), np.uint64(2**63), np.uint64(5), np.int64(-1)]
TEXTS = ["sum({}, initial=s)", "prod({}, initial=s)", "max({}, initial=s)", "min({}, initial=s)", "sum({}, initial=s, dtype=int8)"]


@pytest.mark.parametrize("text", [text.format(name) for text in TEXTS for name in ARRAYS])
def test_scalars_that_fit_and_that_do_not(text):
    refused = 0
    for scalar in SCALARS:
        arrays = {**ARRAYS, "s": scalar}
        try:
            if "(u," in text and "dtype" not in text and not 0 <= np.trunc(scalar) < 2.0**64:
                raise OverflowError  # NumPy casts these as C does, for uint64 alone
            expected = eval(text, {name: getattr(np, name) for name in ("sum", "prod", "max", "min", "int8")}, dict(arrays))
        except (OverflowError, ValueError):
            with pytest.raises(fuseval.FusevalError, match="initial= does not fit"):
                SESSION.evaluate(text, {**ARRAYS, "s": np.asarray(scalar)})
            refused += 1
            continue
        result = np.asarray(SESSION.evaluate(text, {**ARRAYS, "s": np.asarray(scalar)}))
        assert result.dtype == expected.dtype and result == expected, (text, scalar)
    assert refused >= 4
