"""How long a fair comparison takes: ``python -m benchmarks.fair``.

Every optimizer at 28 rates from 9 starts, 300 steps each, with real torch.optim objects on one
thread, as a worker of the page has it; one warm-up, then the median of three.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import torch

from optviz.core.fair import fair
from optviz.core.optimizers import OPTIMIZERS, RunSpec
from optviz.core.surfaces import SURFACES

SIX = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
STEPS, LIMIT = 300, 3.0


def seconds(surface: str, optimizers: Sequence[str], times: int = 3) -> float:
    """Median duration."""
    specs = [RunSpec(name) for name in optimizers]
    spent = []
    for _ in range(times + 1):
        began = time.perf_counter()
        fair(surface, specs, SURFACES[surface].start, STEPS)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent[1:])


def main() -> None:
    """Print one line a surface, and one for each method that cannot be batched."""
    torch.set_num_threads(1)
    for name in ("ravine", "rosenbrock", "himmelblau"):
        print(f"{name:12} six optimizers {seconds(name, SIX):6.2f} s   (limit {LIMIT})")
    for name, spec in OPTIMIZERS.items():
        if not spec.elementwise:
            print(f"{'ravine':12} {name:14} {seconds('ravine', [name], 1):6.2f} s")


if __name__ == "__main__":
    main()
