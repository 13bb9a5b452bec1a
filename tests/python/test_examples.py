"""The examples, run as a user runs them, and checked against NumPy."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"


@pytest.fixture(scope="module")
def great_circle(tmp_path_factory):
    """(what the example printed, its results by name)."""
    folder = tmp_path_factory.mktemp("great_circle")
    binary = ROOT / "build" / "release" / "examples" / "great_circle"
    run = subprocess.run([binary, DATA, "--write", folder], capture_output=True, text=True, check=True)
    return run.stdout, {path.stem: np.load(path) for path in folder.glob("*.npy")}


def distances(rows):
    """Kilometres from some airports to all, by the chord between points on the sphere: not the example's formula."""
    lat, lon = (np.radians(np.load(DATA / f"{name}.npy")) for name in ("lat", "lon"))
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    a, b = points[rows, None], points[None]
    return 6371.0088 * np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1))


def test_great_circle_agrees_with_numpy(great_circle):
    _, got = great_circle
    n = len(np.load(DATA / "lat.npy"))
    assert {name: (array.dtype.name, array.shape) for name, array in got.items()} == {
        "nearest_km": ("float64", (n,)), "nearest": ("int64", (n,)), "farthest_km": ("float64", (n,)),
        "farthest": ("int64", (n,)), "mean_km": ("float64", (n,))}
    rows = np.arange(0, n, 40)
    d = distances(rows)
    # Near the antipode haversine loses half the digits: a metre of 20 000 km.
    np.testing.assert_allclose(got["farthest_km"][rows], d.max(axis=1), atol=1e-3)
    np.testing.assert_allclose(got["mean_km"][rows], d.mean(axis=1), rtol=1e-9)
    at = np.arange(len(rows))
    np.testing.assert_allclose(d[at, got["farthest"][rows]], d.max(axis=1), atol=1e-3)
    d[at, rows] = np.inf
    np.testing.assert_allclose(got["nearest_km"][rows], d.min(axis=1), rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(d[at, got["nearest"][rows]], d.min(axis=1), rtol=1e-9, atol=1e-7)
    assert (got["nearest"][rows] != rows).all()


def test_great_circle_never_stores_the_pairs(great_circle):
    printed, got = great_circle
    n = len(got["nearest"])
    added = float(re.search(r"([\d.]+) MB of it since before the evaluation", printed).group(1))
    assert added * 1e6 < n * n * 8 / 4
    assert "ns a pair" in printed and "most remote" in printed
