"""Time and memory on many ratings: ``python -m benchmarks.large [MILLIONS …] [--peers]``.

Data: 1, 10 and 32 million ratings in the shape of MovieLens 32M (``scripts/make_ratings.py``; made
once, kept in ``benchmarks/.made``). Protocol: the lesson's split, a fifth held out; defaults of
the page scaled to the data (``optviz/recommender/scale.py``): 50 factors, 3 epochs of SGDR; ALS
with 20 factors, λ 0.05, 3 sweeps. Each line is measured in a process of its own: reading the
zip; then an epoch (the shortest, validation apart) and a sweep (the same), getting ready, the
RMSE on the held-out ratings beside the planted one that no model can beat, and the peak of
resident memory, reading included. ``--peers`` times a sweep of implicit's ALS on the same
training rows, in a virtual environment that this script makes (``benchmarks/.venv-implicit``);
what it fits is another loss, with as many systems of the same size.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

MADE = Path(__file__).parent / ".made"
IMPLICIT = Path(__file__).parent / ".venv-implicit"
IMPLICIT_VERSION = "implicit==0.7.3"
IMPLICIT_SWEEP = """
import json, sys, time
import numpy as np
from scipy.sparse import csr_matrix
from implicit.cpu.als import AlternatingLeastSquares
rows = np.load(sys.argv[1])
matrix = csr_matrix((rows["stars"], (rows["users"], rows["items"])))
times = []
for solver in (False, True):
    for rows in (matrix[:100], matrix):  # the first warms up
        model = AlternatingLeastSquares(
            factors=20, iterations=1, use_cg=solver, num_threads=int(sys.argv[2]), random_state=0
        )
        start = time.perf_counter()
        model.fit(rows, show_progress=False)
    times.append(time.perf_counter() - start)
print(json.dumps(times))
"""
LIMITS = {"load": (60, 6.0), "dot_bias": (90, 8.0), "als": (90, 8.0)}
"""Seconds of the thing itself, and GB, with 32 million ratings."""


def made(millions: float) -> Path:
    """The zip with so many ratings; made if need be."""
    path = MADE / f"{millions:g}.zip"
    if not path.exists():
        from scripts.make_ratings import write_ratings

        MADE.mkdir(exist_ok=True)
        draft = path.with_suffix(".draft")
        write_ratings(millions, draft)
        draft.replace(path)
    return path


def floor(path: Path) -> float:
    """The RMSE that no model can beat."""
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("planted.json"))
        return float(json.loads(archive.read(name))["best_rmse"])


def peak() -> float:
    """Peak resident memory of this process in GB."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def load(path: Path) -> dict[str, float]:
    """Read the zip."""
    import pandas as pd
    import pyarrow.csv

    import optviz

    del pd, pyarrow  # imported so that the clock does not count it
    began = time.perf_counter()
    ratings = optviz.load_ratings(path)
    return {"seconds": time.perf_counter() - began, "ratings": ratings.n_ratings}


def train(path: Path, model: str) -> dict[str, float]:
    """Train a model on what the zip holds."""
    import optviz
    from optviz.recommender.config import make_config
    from optviz.recommender.fit import build_fit
    from optviz.recommender.scale import scaled
    from optviz.training.device import device_for

    ratings = optviz.load_ratings(path)
    settings = {"n_factors": 20, "epochs": 3, "regularization": 0.05} if model == "als" else {}
    config = scaled(make_config(model, **settings), ratings.n_ratings)
    began = time.perf_counter()
    fit = build_fit(config, ratings, device=device_for(ratings.n_ratings))
    ready = time.perf_counter() - began
    fit.run.validate = None  # type: ignore[union-attr]
    times = []
    while not fit.done:
        began = time.perf_counter()
        for _ in range(fit.run.steps_per_epoch):
            fit.step()
        times.append(time.perf_counter() - began)
    began = time.perf_counter()
    rmse = fit.evaluate() ** 0.5
    return {
        "seconds": min(times),
        "ready": ready,
        "validation": time.perf_counter() - began,
        "rmse": rmse,
        "bias": fit.baselines["bias"] ** 0.5,
        "batch": config.batch_size,
    }


def part(name: str, millions: float) -> dict[str, float]:
    """One measurement in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.large", f"{millions:g}", "--part", name],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    measured: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return measured


def implicit_sweeps(path: Path) -> list[float]:
    """Seconds of one of implicit's sweeps over the training rows: by Cholesky, by CG."""
    import optviz
    from optviz.recommender.config import make_config
    from optviz.recommender.split import split_rows

    python = IMPLICIT / "bin" / "python"
    if not python.exists():
        venv.create(IMPLICIT, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", IMPLICIT_VERSION], check=True
        )  # fmt: skip
    ratings = optviz.load_ratings(path)
    rows, _ = split_rows(ratings, make_config("als"))
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows.npz"
        stars = ratings.frame["rating"].to_numpy(np.float32)[rows]
        np.savez(kept, users=ratings.user_idx[rows], items=ratings.item_idx[rows], stars=stars)
        del ratings, rows, stars
        done = subprocess.run(
            [python, "-c", IMPLICIT_SWEEP, kept, str(os.cpu_count())],
            check=True, capture_output=True, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )  # fmt: skip
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    return times


def told(name: str, millions: float, facts: dict[str, Any], best: float) -> str:
    """A measurement in words."""
    seconds, most = LIMITS[name]
    what = {"load": "read", "dot_bias": "epoch of EmbeddingDotBias", "als": "sweep of ALS"}[name]
    words = f"  {what}: {facts['seconds']:.1f} s, {facts['seconds'] / millions:.2f} s a million"
    if "rmse" in facts:
        batch = f"batch {facts['batch']:,}; " if name == "dot_bias" else ""
        words += (
            f" ({batch}ready in {facts['ready']:.1f} s, validation {facts['validation']:.1f} s)"
        )
        words += f"; RMSE {facts['rmse']:.4f}, biases {facts['bias']:.4f}, floor {best:.4f}"
    words += f"; peak {facts['peak']:.1f} GB"
    if millions == 32:
        fits = facts["seconds"] <= seconds and facts["peak"] <= most
        words += f"; wanted {seconds} s, {most:g} GB: {'reached' if fits else 'MISSED'}"
    return words


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large")
    parser.add_argument("millions", type=float, nargs="*", default=[1, 10, 32])
    parser.add_argument("--part", choices=list(LIMITS), help=argparse.SUPPRESS)
    parser.add_argument("--peers", action="store_true")
    given = parser.parse_args(arguments)
    if given.part is not None:
        path = made(given.millions[0])
        facts = load(path) if given.part == "load" else train(path, given.part)
        print(json.dumps({**facts, "peak": peak()}))
        return
    print(__doc__)
    for millions in given.millions:
        path = made(millions)
        print(f"{millions:g} million ratings, load average {os.getloadavg()[0]:.1f}", flush=True)
        for name in LIMITS:
            facts = part(name, millions)
            print(told(name, millions, facts, floor(path)), flush=True)
            ours = facts["seconds"]
        if given.peers:
            cholesky, gradient = implicit_sweeps(path)
            print(
                f"  implicit's sweep: {cholesky:.1f} s by Cholesky, as ours "
                f"({cholesky / ours:.1f} times ours), {gradient:.1f} s by conjugate gradients "
                f"({gradient / ours:.1f} times ours)",
                flush=True,
            )


if __name__ == "__main__":
    main()
