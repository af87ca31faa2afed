"""How the defaults were chosen: ``python -m benchmarks.tune [NAME …]`` of :data:`GRIDS`.

Protocol: the lesson's validation rows are set aside and never looked at. A fifth of the
remaining training rows (drawn with seed 1) judges each candidate; seeds 0 and 1, the mean counts.
The candidate with the lowest error that trains within the time the page can wait is the default.

What it found (error on that part; the two biases alone reach 0.7941):

==========  ======  ==============================================================================
als         0.7785  40 factors, λ 0.15, 10 sweeps (20 factors 0.7835; 50 gain 0.001 more, and take
                    twice the time)
joint       0.9236  10 factors, λ 12, SGD 0.004 with momentum 0.9, 120 steps (λ 8 0.9371, λ 16
                    0.9362; 20 factors no better; without momentum 0.94 after 150 steps)
dot         0.8411  one cycle over 5 epochs, batch 256, Adam 0.005, no weight decay (decay 1e-5
                    0.8526, 1e-4 0.9292; 10 factors 0.8620; rate 0.01 0.8502)
dot_bias    0.7798  SGDR over 3 epochs, batch 256, Adam 0.01, weight decay 2e-4 (one cycle 0.7804;
                    batch 512 with decay 1e-4 0.7801, in half the time)
sparse      0.7797  the same with SparseAdam at 0.01, weight decay 7e-4; batch 64 at 0.005, 2e-3
                    0.7807
net         0.7898  one cycle over 5 epochs, batch 256, 30 hidden units, dropout 0.2, Adam 0.005,
                    weight decay 4e-4 (3 epochs 0.7902; dropout 0.5 0.7900; decay 1e-4 0.792)
net_parts   0.7892  as net: rate 0.01 without dropout gains no more than chance. Without the sigmoid
                    0.7906 (rate 0.01, no dropout), with batch normalisation 0.7954 (rate 0.01,
                    dropout 0.2, no sigmoid; with it 0.8005)
==========  ======  ==============================================================================
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import optviz
from optviz.recommender.config import make_config
from optviz.recommender.fit import fit_model
from optviz.recommender.split import split_rows

GRIDS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "als": {"n_factors": (20, 40), "regularization": (0.1, 0.15, 0.2), "epochs": (4, 10)},
    "joint": {
        "n_factors": (10, 20),
        "regularization": (8.0, 12.0, 16.0),
        "lr": (2e-3, 4e-3),
        "epochs": (120,),
    },
    "dot": {
        "n_factors": (10, 50),
        "schedule": ("one_cycle",),
        "epochs": (5,),
        "lr": (0.005, 0.01),
        "weight_decay": (0.0, 1e-5, 1e-4),
    },
    "dot_bias": {
        "optimizer": ("adam",),
        "schedule": ("one_cycle", "sgdr"),
        "batch_size": (256, 512),
        "epochs": (3,),
        "lr": (0.01, 0.02, 0.03),
        "weight_decay": (1e-4, 2e-4, 4e-4),
    },
    "sparse": {
        "model": ("dot_bias",),
        "optimizer": ("sparse_adam",),
        "schedule": ("sgdr",),
        "batch_size": (64, 256),
        "epochs": (3,),
        "lr": (0.005, 0.01),
        "weight_decay": (5e-4, 7e-4, 1e-3, 2e-3),
    },
    "net": {
        "optimizer": ("adam",),
        "schedule": ("one_cycle",),
        "batch_size": (256,),
        "epochs": (3, 5),
        "hidden": (30,),
        "dropout": (0.2, 0.5),
        "lr": (0.005, 0.01),
        "weight_decay": (1e-4, 2e-4, 4e-4, 8e-4),
    },
    "net_parts": {
        "model": ("net",),
        "batch_norm": ("off", "on"),
        "sigmoid": ("on", "off"),
        "lr": (0.002, 0.005, 0.01),
        "dropout": (0.0, 0.2),
        "weight_decay": (1e-4, 4e-4),
    },
}
"""What is tried, by a name: a model's, or that of a variant, which names its ``model``."""


def main() -> None:
    """Print every candidate, best first."""
    ratings = optviz.load_ratings()
    train_rows, _ = split_rows(ratings, make_config("als"))
    order = np.random.default_rng(1).permutation(train_rows)
    judge = len(order) // 5
    rows = (np.sort(order[judge:]), np.sort(order[:judge]))
    for name in sys.argv[1:] or GRIDS:
        grid = {"model": (name,), **GRIDS[name]}
        results = []
        for values in itertools.product(*grid.values()):
            controls = dict(zip(grid, values, strict=True))
            fits = [
                fit_model(make_config(**controls, seed=seed), ratings, rows=rows) for seed in (0, 1)
            ]
            error = float(np.mean([fit.valid_mse for fit in fits]))
            results.append((error, max(fit.seconds for fit in fits), controls))
            print(f"{name}  {error:.4f}  {results[-1][1]:.1f} s  {controls}", flush=True)
        print(f"best of {name}: {min(results, key=lambda result: result[0])}", flush=True)


if __name__ == "__main__":
    main()
