"""Validation error of defaults and presets: ``python -m benchmarks.recommender_quality``.

Protocol: MovieLens latest-small 2016; the lesson's split (seed 42, 20,000 of 100,004 rows);
median of seeds 0, 1, 2; mean squared error over all validation rows at once. The defaults were
tuned on a part of the training rows only (``benchmarks/tune.py``).
"""

from __future__ import annotations

from statistics import median

import optviz
from optviz.recommender.config import DEFAULTS, TrainConfig
from optviz.recommender.data import Ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.presets import PRESETS

TARGETS = {
    "als": (0.765, 4.0),
    "joint": (0.9, float("inf")),
    "dot": (0.82, float("inf")),
    "dot_bias": (0.768, 6.0),
    "net": (0.785, float("inf")),
}


def measure(ratings: Ratings, config: TrainConfig) -> tuple[float, float, list[float]]:
    """(median MSE, median seconds, all MSEs) over three seeds."""
    models = [fit_model(config.replace(seed=seed), ratings) for seed in (0, 1, 2)]
    errors = [model.valid_mse for model in models]
    return median(errors), median(model.seconds for model in models), errors


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
