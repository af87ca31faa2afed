"""How long a comparison takes: 12 optimizers × 300 steps from one start.

Run with ``python -m benchmarks.trajectories``. In the same run it times what a student would
write, one plain loop for each optimizer, and prints the ratio; the paths are the same.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch

from optviz.core.curvature import curvature
from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.surfaces import SURFACES
from optviz.core.trajectory import trajectories

TWELVE = list(OPTIMIZERS)[:12]
STEPS = 300


def plain(name: str, optimizer: str) -> np.ndarray:
    """One loop, one optimizer."""
    spec = OPTIMIZERS[optimizer]
    p = torch.tensor(SURFACES[name].start, dtype=torch.float64, requires_grad=True)
    made = spec.build([p], **default_hyperparameters(optimizer, name))
    points = [p.detach().clone()]
    for _ in range(STEPS):
        made.zero_grad()
        SURFACES[name].function(p[0], p[1]).backward()
        made.step()
        points.append(p.detach().clone())
    return torch.stack(points).numpy()


def main() -> None:
    specs = [RunSpec(name) for name in TWELVE]
    print(f"{len(TWELVE)} optimizers x {STEPS} steps, torch {torch.__version__}, median of 7")
    for name in ("rosenbrock", "ackley"):
        trajectories(name, specs, steps=20)
        seconds = []
        for _ in range(7):
            began = time.perf_counter()
            paths = trajectories(name, specs, steps=STEPS)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        loops = [plain(name, optimizer) for optimizer in TWELVE]
        loop = time.perf_counter() - began
        same = all(
            np.array_equal(path.points, points) for path, points in zip(paths, loops, strict=True)
        )
        ours = statistics.median(seconds)
        print(
            f"{name:12} {ours:.3f} s (best {min(seconds):.3f}); "
            f"plain loops {loop:.3f} s, {loop / ours:.1f} times as long; same bits: {same}"
        )
    points = paths[0].points
    began = time.perf_counter()
    for _ in range(20):
        curvature(SURFACES["rosenbrock"], points)
    print(f"curvature of {len(points)} iterates: {(time.perf_counter() - began) / 20 * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
