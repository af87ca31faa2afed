"""Maps and the drag round trip in three ways, in one run: ``python -m benchmarks.three_ways``.

* ours;
* a plain loop over torch.optim, as a student writes it. Of basins it walks all starts in one
  parameter, which is the same work. One object has one setting, so of a settings map it walks
  cell by cell; a few cells are timed and the rest reckoned. Of a drag it walks optimizer by
  optimizer;
* a jitted optax scan, in a virtual environment that this script makes (``benchmarks/.venv-jax``);
  its time to compile is told apart. ``--without-optax`` leaves it out.

One thread each, the best of five in turns after one to warm up: other work on the machine spoils
some. The ends are compared.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from optviz.core.basins import basins
from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.settings_map import MapPlan, axis, settings_map
from optviz.core.surfaces import SURFACES
from optviz.core.tasks import compare
from optviz.core.trajectory import trajectories

OPTAX = Path(__file__).parent / ".venv-jax"
OPTAX_VERSIONS = ("jax[cpu]==0.10.2", "optax==0.2.8")

STARTS, BASIN_STEPS = 200, 300
CELLS, MAP_STEPS, MAP_LIMIT = 100, 200, 3.0
SIX, DRAG_STEPS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"), 300
SAMPLED = 10
"""Cells of a settings map that the plain loop walks."""

Work = dict[str, Any]


def timed(*functions: Callable[[], Any]) -> list[tuple[float, Any]]:
    """Of each function the best of five, in turns, and what came out."""
    best = [(math.inf, None)] * len(functions)
    for turn in range(6):
        for i, function in enumerate(functions):
            began = time.perf_counter()
            result = function()
            seconds = time.perf_counter() - began
            best[i] = (min(best[i][0], seconds) if turn else math.inf, result)
    return best


def loop(surface: str, optimizer: str, settings: Any, start: Any, steps: int) -> np.ndarray:
    """The plain loop; ``start`` is (2,) or (2, N)."""
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    made = OPTIMIZERS[optimizer].build([p], **settings)
    for _ in range(steps):
        made.zero_grad()
        SURFACES[surface].function(p[0], p[1]).sum().backward()
        made.step()
    return p.detach().numpy()


def basin_work(surface: str, optimizer: str) -> tuple[Work, float, float, np.ndarray]:
    """What to do, our seconds, those of the loop, our ends."""
    known, settings = SURFACES[surface], default_hyperparameters(optimizer, surface)
    grid = [np.linspace(*edge, STARTS) for edge in (known.x_range, known.y_range)]
    starts = np.stack([axis.ravel() for axis in np.meshgrid(*grid)])
    (ours, found), (plain, ends) = timed(
        lambda: basins(surface, optimizer, *grid, BASIN_STEPS),
        lambda: loop(surface, optimizer, settings, starts, BASIN_STEPS),
    )
    assert np.array_equal(found.ends.reshape(-1, 2), ends.T, equal_nan=True)
    asked = {
        "kind": "basins", "surface": surface, "optimizer": optimizer, "settings": settings,
        "grid": [edge.tolist() for edge in grid], "steps": BASIN_STEPS,
        "tolerance": known.gradient_tolerance,
    }  # fmt: skip
    return asked, ours, plain, found.ends.reshape(-1, 2)


def map_work(surface: str, optimizer: str, second: str) -> tuple[Work, float, float, np.ndarray]:
    """As :func:`basin_work`."""
    known, settings = SURFACES[surface], default_hyperparameters(optimizer, surface)
    plan = MapPlan(
        surface, optimizer, tuple((k, v) for k, v in settings.items() if k not in ("lr", second)),
        second, axis(optimizer, "lr", settings, CELLS, float(settings["lr"])),
        axis(optimizer, second, settings, CELLS), known.start, MAP_STEPS,
    )  # fmt: skip
    ((ours, found),) = timed(lambda: settings_map(plan))
    cells = np.random.default_rng(0).integers(0, CELLS, (SAMPLED, 2)).tolist()
    began = time.perf_counter()
    for row, column in cells:
        end = loop(surface, optimizer, plan.cell(row, column), known.start, MAP_STEPS)
        assert np.array_equal(found.ends[row, column], end, equal_nan=True)
    plain = (time.perf_counter() - began) / SAMPLED * CELLS**2
    asked = {
        "kind": "map", "surface": surface, "optimizer": optimizer, "settings": settings,
        "second": second, "lrs": plan.lrs, "values": plan.values, "start": plan.start,
        "steps": MAP_STEPS, "tolerance": known.gradient_tolerance,
    }  # fmt: skip
    return asked, ours, plain, found.ends


def drag_work(surface: str) -> tuple[Work, float, float, np.ndarray]:
    """As :func:`basin_work`; ours takes the curvature of all iterates too, as the page does."""
    specs, start = [RunSpec(name) for name in SIX], SURFACES[surface].start
    settings = {name: default_hyperparameters(name, surface) for name in SIX}
    (ours, _), (_, paths), (plain, _) = timed(
        lambda: compare(surface, specs, start, DRAG_STEPS),
        lambda: trajectories(surface, specs, start, DRAG_STEPS),
        lambda: [loop(surface, n, settings[n], start, DRAG_STEPS) for n in SIX],
    )
    asked = {
        "kind": "drag", "surface": surface, "settings": settings, "start": start,
        "steps": DRAG_STEPS,
    }  # fmt: skip
    return asked, ours, plain, np.stack([path.points for path in paths])


def optax_scans(works: list[Work]) -> list[tuple[float, float, np.ndarray]]:
    """Seconds to compile and to run, and the ends, of each work."""
    python = OPTAX / "bin" / "python"
    if not python.exists():
        venv.create(OPTAX, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *OPTAX_VERSIONS], check=True)
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "asked.json"
        asked.write_text(json.dumps(works))
        script = Path(__file__).with_name("optax_scan.py")
        done = subprocess.run([python, script, asked], check=True, capture_output=True, text=True)
        spent = [json.loads(line) for line in done.stdout.splitlines()]
        ends = [np.load(asked.with_name(f"{i}.npy")) for i in range(len(works))]
    return [(s["compile"], s["run"], e) for s, e in zip(spent, ends, strict=True)]


def alike(ours: np.ndarray, other: np.ndarray) -> float:
    """The part of the runs that end within a millionth, or both nowhere."""
    with np.errstate(all="ignore"):
        near = np.abs(ours - other) <= 1e-6 * (1 + np.abs(ours))
    lost = ~np.isfinite(ours) & ~np.isfinite(other)
    return float((near | lost).all(-1).mean())


def main() -> None:
    """Print a line a work."""
    print(__doc__)
    torch.set_num_threads(1)
    named = {}
    for surface, optimizer in (
        ("rosenbrock", "sgd"), ("rosenbrock", "adam"), ("himmelblau", "momentum"),
    ):  # fmt: skip
        name = f"basins {STARTS} x {STARTS} x {BASIN_STEPS}, {surface}, {optimizer}"
        named[name] = basin_work(surface, optimizer)
    for surface, optimizer, second in (
        ("rosenbrock", "momentum", "momentum"), ("himmelblau", "momentum", "momentum"),
        ("rosenbrock", "adam", "beta1"),
    ):  # fmt: skip
        name = f"settings {CELLS} x {CELLS} x {MAP_STEPS}, {surface}, {optimizer}, lr x {second}"
        named[name] = map_work(surface, optimizer, second)
    for surface in ("rosenbrock", "himmelblau"):
        named[f"drag, {len(SIX)} optimizers x {DRAG_STEPS}, {surface}"] = drag_work(surface)
    scans = [] if "--without-optax" in sys.argv else optax_scans([w[0] for w in named.values()])
    for i, (name, (asked, ours, plain, ends)) in enumerate(named.items()):
        limit = f" (limit {MAP_LIMIT:g} s)" if asked["kind"] == "map" else ""
        print(f"{name}: ours {ours:.3f} s{limit}")
        reckoned = f", reckoned from {SAMPLED} cells" if asked["kind"] == "map" else ""
        print(f"  plain torch loop {plain:.3f} s, {plain / ours:.1f} times as long{reckoned}")
        if scans:
            compiling, running, others = scans[i]
            print(
                f"  optax scan {running:.4f} s, {running / ours:.3f} times as long, after "
                f"{compiling:.2f} s to compile; {100 * alike(ends, others):.1f} % end alike"
            )


if __name__ == "__main__":
    main()
