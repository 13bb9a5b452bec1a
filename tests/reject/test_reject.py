"""Every rejected program and call of the files beside this one: code, message, place and carets.

FUSEVAL_UPDATE_GOLDEN=1 writes what the library says into the files; a missing expectation fails otherwise.
"""

import os

import pytest

from calls import error_of
from cases import all_cases, cases_of, files, picture, write

UPDATES = bool(os.environ.get("FUSEVAL_UPDATE_GOLDEN"))


@pytest.mark.skipif(UPDATES, reason="the files are being written")
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_case(case):
    error = error_of(case)
    assert error is not None, "accepted: " + "\n".join(case.setup)
    assert picture(error) == case.expected, "\n".join(case.setup)


@pytest.mark.skipif(not UPDATES, reason="FUSEVAL_UPDATE_GOLDEN is not set")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_write(path):
    expectations = {}
    for case in cases_of(path):
        error = error_of(case)
        assert error is not None, f"{case.name} is accepted: " + "\n".join(case.setup)
        expectations[case.line] = picture(error)
    write(path, expectations)
