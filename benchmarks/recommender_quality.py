"""Validation error of defaults and presets: ``python -m benchmarks.recommender_quality [--peers]``.

Protocol: MovieLens latest-small 2016; the lesson's split (seed 42, 20,000 of 100,004 rows);
median of seeds 0, 1, 2; mean squared error over all validation rows at once. The defaults were
tuned on a part of the training rows only (``benchmarks/tune.py``). Seconds are those from ratings
in memory to the trained model: split, baselines, training and validation.

``--peers``: Surprise's SVD with its defaults (100 factors, 20 epochs) on the same split, in a
virtual environment that this script makes (``benchmarks/.venv-surprise``), and how long our
defaults take to the same error.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from statistics import median

import optviz
from optviz.recommender.config import DEFAULTS, TrainConfig
from optviz.recommender.data import Ratings
from optviz.recommender.fit import build_fit, fit_model
from optviz.recommender.presets import PRESETS
from optviz.recommender.split import split_rows

TARGETS = {
    "als": (0.760, 1.5),
    "joint": (0.9, float("inf")),
    "dot": (0.82, float("inf")),
    "dot_bias": (0.765, 1.5),
    "net": (0.785, float("inf")),
}

SURPRISE = Path(__file__).parent / ".venv-surprise"
SURPRISE_VERSION = "scikit-surprise==1.1.5"
SURPRISE_SVD = """
import json, sys, time
import numpy as np, pandas as pd
from surprise import SVD, Dataset, Reader
train, valid = (pd.read_csv(path) for path in sys.argv[1:3])
rows = Dataset.load_from_df(train, Reader(rating_scale=(0.5, 5))).build_full_trainset()
found = []
for seed in (0, 1, 2):
    start = time.perf_counter()
    model = SVD(random_state=seed).fit(rows)
    seconds = time.perf_counter() - start
    said = [model.predict(user, item).est for user, item in zip(valid.user_id, valid.item_id)]
    found.append((float(np.mean((np.array(said) - valid.rating) ** 2)), seconds))
print(json.dumps(found))
"""


def measure(ratings: Ratings, config: TrainConfig) -> tuple[float, float, list[float]]:
    """(median MSE, median seconds, all MSEs) over three seeds."""
    errors, seconds = [], []
    for seed in (0, 1, 2):
        began = time.perf_counter()
        errors.append(fit_model(config.replace(seed=seed), ratings).valid_mse)
        seconds.append(time.perf_counter() - began)
    return median(errors), median(seconds), errors


def surprise(ratings: Ratings) -> tuple[float, float]:
    """Median MSE and median seconds of Surprise's SVD over three seeds."""
    python = SURPRISE / "bin" / "python"
    if not python.exists():
        venv.create(SURPRISE, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", SURPRISE_VERSION, "pandas"], check=True
        )
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, rows in zip(("train", "valid"), split_rows(ratings, DEFAULTS["als"]),
                              strict=True):  # fmt: skip
            files.append(Path(folder) / f"{name}.csv")
            columns = ["user_id", "item_id", "rating"]
            ratings.frame[columns].iloc[rows].to_csv(files[-1], index=False)
        done = subprocess.run(
            [python, "-c", SURPRISE_SVD, *files], check=True, capture_output=True, text=True
        )
    found = json.loads(done.stdout.splitlines()[-1])
    return median(error for error, _ in found), median(seconds for _, seconds in found)


def seconds_to(ratings: Ratings, config: TrainConfig, error: float) -> float:
    """Seconds of training until the validation MSE is no higher; infinite if it never is."""

    def reached(seed: int) -> float:
        fit = build_fit(config.replace(seed=seed), ratings)
        while not fit.done:
            fit.step()
            epochs = fit.run.history.epochs
            if epochs and epochs[-1].valid_loss <= error:
                return fit.seconds
        return math.inf

    return median(reached(seed) for seed in (0, 1, 2))


def main() -> None:
    """Print one line a figure."""
    ratings = optviz.load_ratings()
    print(__doc__)
    warm = fit_model(DEFAULTS["als"].replace(epochs=1), ratings)
    print(f"rows of movies that training never saw, scored by bias: {warm.n_unseen}")
    print(f"mean {warm.baselines['mean']:.4f}; user + movie bias {warm.baselines['bias']:.4f}")
    for name, config in DEFAULTS.items():
        error, seconds, errors = measure(ratings, config)
        wanted, limit = TARGETS[name]
        verdict = "reached" if error <= wanted and seconds <= limit else "MISSED"
        listed = " ".join(f"{value:.4f}" for value in errors)
        print(
            f"default {name}: {error:.4f} in {seconds:.1f} s ({listed}); "
            f"wanted {wanted} in {limit:g} s: {verdict}",
            flush=True,
        )
    if "--peers" in sys.argv:
        error, seconds = surprise(ratings)
        print(f"Surprise SVD: {error:.4f} (RMSE {error**0.5:.4f}) in {seconds:.2f} s")
        for name in ("als", "dot_bias"):
            ours = seconds_to(ratings, DEFAULTS[name], error)
            print(f"  {name} is there after {ours:.2f} s, {seconds / ours:.1f} times sooner")
    for name, preset in PRESETS.items():
        error, seconds, errors = measure(ratings, preset.config)
        listed = " ".join(f"{value:.4f}" for value in errors)
        printed = (
            f"the lesson printed {preset.printed} ({error - preset.printed:+.4f})"
            if preset.printed is not None
            else "what the lesson printed is not known"
        )
        print(f"preset {name}: {error:.4f} in {seconds:.1f} s ({listed}); {printed}", flush=True)


if __name__ == "__main__":
    main()
