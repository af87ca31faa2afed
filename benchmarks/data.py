"""How long ratings take to load: ``python -m benchmarks.data``."""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import time
import zipfile

import numpy as np

LIMIT = 0.5
FRESH = """
import time
import optviz
import pandas, pyarrow.parquet
start = time.perf_counter()
optviz.load_ratings()
print(time.perf_counter() - start)
"""
COLD = """
import time
start = time.perf_counter()
import optviz
optviz.load_ratings()
print(time.perf_counter() - start)
"""


def measure(code: str, runs: int = 5) -> float:
    """Median seconds that ``code`` prints, each time in a fresh process."""
    return statistics.median(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(runs)
    )


def million() -> bytes:
    """A zip in the format of ml-1m with a million ratings."""
    random = np.random.default_rng(0)
    pairs = np.unique(random.integers(0, 6040 * 3706, 1_200_000))[:1_000_209]
    users, items = pairs // 3706 + 1, pairs % 3706 + 1
    stars = random.integers(1, 6, len(pairs))
    lines = "\n".join(
        f"{u}::{i}::{r}::978300760" for u, i, r in zip(users, items, stars, strict=True)
    )
    movies = "\n".join(f"{i}::Film {i}, The (1999)::Drama|War" for i in range(1, 3707))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ml-1m/ratings.dat", lines)
        archive.writestr("ml-1m/movies.dat", movies)
    return stream.getvalue()


def main() -> int:
    """Print the figures; 1 if the bundled ratings take longer than they may."""
    fresh, cold = measure(FRESH), measure(COLD)
    print(f"bundled ratings, pandas and pyarrow imported:  {fresh:.3f} s (limit {LIMIT})")
    print(f"bundled ratings, imports included:             {cold:.3f} s")
    from optviz import load_ratings

    archive = million()
    start = time.perf_counter()
    load_ratings(archive)
    print(f"a million ratings from a zip of .dat files:    {time.perf_counter() - start:.3f} s")
    return int(fresh > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
