"""How long a landscape takes: ``python -m benchmarks.landscape``.

The grid of 41 × 41 points alone (training and the choice of the plane left out), on one thread,
as a worker of the page has it: the small network over all 1,797 digits, with and without batch
normalisation, and both recommenders over 20,000 training rows; the median of three. Then the
whole comparison with and without batch normalisation, and the decay part's two runs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from optviz.core.decay import decay_pair, decayed, shift
from optviz.core.surfaces import SURFACES
from optviz.core.task import SilentContext
from optviz.recommender.config import DEFAULTS
from optviz.recommender.landscape import RecommenderLandscape, recommender_landscape_task
from optviz.training.batch_norm import NormPlan, norm_task
from optviz.training.landscape import GridPlan
from optviz.training.landscape_tasks import SmallLandscape, small_landscape_task

PLAN = GridPlan("pca", 41, 0)


def median(once: Callable[[], float]) -> float:
    """The median of three."""
    return statistics.median(once() for _ in range(3))


def timed(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def small(normalised: bool) -> float:
    """Seconds of the small network's grid."""
    setup = SmallLandscape(("sgd",), PLAN, normalised=normalised)
    return small_landscape_task(SilentContext(), setup).seconds


def recommender(model: str) -> float:
    """Seconds of a recommender's grid."""
    setup = RecommenderLandscape(DEFAULTS[model], ("adam",), PLAN)
    return recommender_landscape_task(SilentContext(), setup).seconds


def decay() -> float:
    """Seconds from a new λ to both runs of 300 steps, with the critical points found anew."""
    decayed.cache_clear()

    def work() -> None:
        decay_pair("himmelblau", "adam", 0.5, SURFACES["himmelblau"].start, 300, lr=0.1)
        shift("himmelblau", 0.5)

    return timed(work)


def main() -> None:
    """Print one line a figure."""
    torch.set_num_threads(1)
    print(f"grid, digits                   {median(lambda: small(False)):.2f} s")
    print(f"grid, digits, batch norm       {median(lambda: small(True)):.2f} s")
    for model in ("dot_bias", "net"):
        seconds = median(lambda model=model: recommender(model))
        print(f"grid, {model:24} {seconds:.2f} s")
    whole = median(lambda: timed(lambda: norm_task(SilentContext(), NormPlan())))
    print(f"batch norm, all measurements   {whole:.2f} s")
    decay()
    print(f"weight decay, two runs         {median(decay):.2f} s")


if __name__ == "__main__":
    main()
