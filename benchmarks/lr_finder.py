"""How long a sweep takes, and how good the rules' advice is: ``python -m benchmarks.lr_finder``.

For each model, over several seeds: the median time of a sweep of 100 steps; and for each rule
the rates it suggests and what 100 steps at that rate reach, as the part of the possible fall of
the loss (100 % is the best of 33 rates, 0 % is no fall at all).
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from optviz.core.task import SilentContext
from optviz.figures.lr_finder import rate_text
from optviz.recommender.config import DEFAULTS
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import SMOOTHING, smooth
from optviz.training.suggestions import SUGGESTIONS, suggest_lr
from optviz.training.sweeps import SmallSetup, SweepPlan, run_sweep

SEEDS = range(5)


def setups(seed: int) -> dict[str, tuple[RecommenderSetup | SmallSetup, tuple[float, float]]]:
    """Name → what to sweep, and over which rates."""
    adam, sgd = (1e-7, 10.0), (1e-7, 1e4)
    dot, net = (DEFAULTS[name].replace(seed=seed) for name in ("dot_bias", "net"))
    return {
        "dot_bias, Adam": (RecommenderSetup(dot), adam),
        "dot_bias, SGD .9": (RecommenderSetup(dot.replace(optimizer="sgd")), sgd),
        "net, Adam": (RecommenderSetup(net), adam),
        "digits, Adam": (SmallSetup("digits", "adam", seed=seed), adam),
        "digits, SGD .9": (SmallSetup("digits", "sgd", 0.9, seed=seed), (1e-5, 100.0)),
    }


def main() -> None:
    """Print one table."""
    for name in setups(0):
        seconds, advice = [], {rule: [] for rule in SUGGESTIONS}
        for seed in SEEDS:
            setup, (low, high) = setups(seed)[name]
            built = setup.build()
            subject = built[0] if isinstance(built, tuple) else built
            start = time.perf_counter()
            run_sweep(SilentContext(), subject, SweepPlan(low, high, 100))
            seconds.append(time.perf_counter() - start)
            found = run_sweep(SilentContext(), subject, SweepPlan(low, high, 100, n_checks=33))
            ends = np.where(np.isfinite(found.check_losses), found.check_losses, np.inf)
            fall = ends[0] - ends.min()
            rules = suggest_lr(found.lrs, smooth(found.losses, SMOOTHING), n_iter=100)
            for rule, lr in rules.items():
                nearest = np.abs(np.log(found.check_lrs / lr)).argmin()
                advice[rule].append((lr, (ends[0] - ends[nearest]) / fall))
        print(f"{name}: a sweep takes {median(seconds):.2f} s")
        for rule, pairs in advice.items():
            rates = sorted(lr for lr, _ in pairs)
            share = median(part for _, part in pairs)
            print(
                f"  {rule:8} {rate_text(rates[0]):>7} … {rate_text(rates[-1]):>7}"
                f"   reaches {max(share, -9.99):5.0%} of the best"
            )


if __name__ == "__main__":
    main()
