"""Learning rates to start a new surface from: ``python -m scripts.rates NAME``.

Tries 1, 2, 3, 5 × 10ⁿ for every optimizer, from the surface's own start over its own steps, all
other settings at their defaults. It prints the rate whose path stays in the drawn box, crosses
no more than a tenth of it in one step, and converges in the fewest steps or, where none
converges, ends lowest. Look at the paths before you keep them: which one tells the story best
is for people to say.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from optviz.core.optimizers import OPTIMIZERS
from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.trajectory import RunSpec, Trajectory, trajectories

LEAP = 0.1
"""Part of the box's width or height that one step may cross."""

RATES = [float(f"{digit}e{power}") for power in range(-6, 3) for digit in (1, 2, 3, 5)]


def stays(surface: Surface, path: Trajectory) -> bool:
    """Whether a path can be followed by eye."""
    if not np.isfinite(path.points).all():
        return False
    away = np.abs(path.points - surface.centre) / surface.size
    leaps = np.abs(np.diff(path.points, axis=0)) / surface.size
    return bool((away <= 0.5).all() and (leaps <= LEAP).all())


def best_rate(surface: Surface, optimizer: str) -> float | None:
    """The rate that the rule picks; None if no path stays in the box."""
    specs = [RunSpec(optimizer, {"lr": rate}) for rate in RATES]
    found: list[tuple[tuple[bool, float], float]] = []
    for rate, path in zip(RATES, trajectories(surface, specs), strict=True):
        if stays(surface, path):
            step = path.status_step if path.status == "converged" else None
            rank = (False, float(step)) if step is not None else (True, float(path.losses[-1]))
            found.append((rank, rate))
    return min(found)[1] if found else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rates as they stand in ``optviz/core/rates.py``."""
    parser = argparse.ArgumentParser(prog="python -m scripts.rates")
    parser.add_argument("surface", choices=list(SURFACES), metavar="NAME")
    surface = get_surface(parser.parse_args(arguments).surface)
    print(f'    "{surface.name}": {{')
    for name, spec in OPTIMIZERS.items():
        if any(setting.name == "lr" for setting in spec.hyperparameters) and name != "newton":
            print(f'        "{name}": {best_rate(surface, name)},')
    print("    },")


if __name__ == "__main__":
    main()
