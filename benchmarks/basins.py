"""How long the basins of a picture take: ``python -m benchmarks.basins``.

200 × 200 starts × 300 steps with real torch.optim objects on one thread, as a worker of the page
has it; one warm-up, then the median of three.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch

from optviz.core.basins import basins
from optviz.core.surfaces import SURFACES

SIDE, STEPS, LIMIT = 200, 300, 3.0


def seconds(name: str, optimizer: str) -> float:
    """Median duration."""
    surface = SURFACES[name]
    xs, ys = np.linspace(*surface.x_range, SIDE), np.linspace(*surface.y_range, SIDE)
    spent = []
    for _ in range(4):
        began = time.perf_counter()
        basins(name, optimizer, xs, ys, STEPS)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent[1:])


def main() -> None:
    """Print one line a surface and optimizer."""
    torch.set_num_threads(1)
    for name in ("rosenbrock", "himmelblau", "rastrigin", "digits_slice"):
        for optimizer in ("sgd", "momentum", "adam"):
            print(f"{name:13} {optimizer:10} {seconds(name, optimizer):.2f} s   (limit {LIMIT})")


if __name__ == "__main__":
    main()
