"""Which settings work: one optimizer from one start, with thousands of settings at once.

Every cell of the map is a run with its own learning rate and its own value of a second setting.
One object of torch.optim walks them all (see :mod:`optviz.core.cells`), and each cell ends where
a run by itself would, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import curvature, evaluate
from optviz.core.optimizers import (
    Hyperparameter,
    OptimizerSpec,
    Value,
    default_hyperparameters,
    get_optimizer,
)
from optviz.core.problem import Problem
from optviz.core.slopes import slopes
from optviz.core.stability import largest_stable_lr
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import get_surface
from optviz.core.task import SilentContext, TaskContext
from optviz.core.trajectory import has_left

if TYPE_CHECKING:
    import torch

    from optviz.core.cells import Cells

__all__ = [
    "CONVERGED",
    "DIVERGED",
    "MOVING",
    "NEVER",
    "MapPlan",
    "SettingsMap",
    "axis",
    "place",
    "seconds_of",
    "settings_map",
    "settings_map_task",
    "stability_edge",
]

Array = npt.NDArray[np.float64]

DIVERGED, MOVING, CONVERGED = -1, 0, 1

NEVER = -1
"""In place of a step: there was none."""

_DECADES = 1.5
"""How far the rates reach below the one that suits the surface, and above it."""

_IDLE = {("asgd", "t0")}
"""(optimizer, setting) that does not move the iterate: t0 tells when averaging begins."""

_FROM_ZERO = {"weight_decay": 5, "lambd": 5, "lr_decay": 4, "initial_accumulator_value": 5}
"""Settings whose usual values spread over that many decades, with zero left of them."""


@dataclass(frozen=True, slots=True)
class MapPlan:
    """What to walk.

    Attributes:
        surface: Name of the surface.
        optimizer: Registry key.
        settings: (name, value) of all settings but the two of the axes.
        second: Name of the setting that varies beside ``lr``.
        lrs: Learning rates, ascending: the columns.
        values: Of the second setting, ascending: the rows.
        start: Where every run begins.
        steps: How many updates each makes.
    """

    surface: str
    optimizer: str
    settings: tuple[tuple[str, Value], ...]
    second: str
    lrs: tuple[float, ...]
    values: tuple[float, ...]
    start: Point
    steps: int

    def cell(self, row: int, column: int) -> dict[str, Value]:
        """All settings of a cell's run."""
        return {
            **dict(self.settings), "lr": self.lrs[column], self.second: self.values[row]
        }  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class SettingsMap:
    """What became of each run; row i has ``plan.values[i]``, column j ``plan.lrs[j]``.

    Attributes:
        plan: What was walked.
        steps_to_tolerance: (m, n) the first step with a small gradient and a positive definite
            Hessian, as :attr:`optviz.core.trajectory.Trajectory.steps_to_tolerance`;
            :data:`NEVER` where there was none.
        settled: (m, n) of the runs that converged, the step from which the gradient stayed
            small: fast runs with much momentum may come past a minimum long before. As
            ``status_step`` there; :data:`NEVER` for all others.
        status: (m, n) :data:`CONVERGED`, :data:`MOVING` or :data:`DIVERGED`, as ``status``
            there.
        losses: (m, n) at the last iterate.
        ends: (m, n, 2) the last iterates.
    """

    plan: MapPlan
    steps_to_tolerance: npt.NDArray[np.int32]
    settled: npt.NDArray[np.int32]
    status: npt.NDArray[np.int8]
    losses: Array
    ends: Array

    @property
    def fastest(self) -> tuple[int, int] | None:
        """Row and column of the run that settled first; of several, the first by row."""
        if (self.settled == NEVER).all():
            return None
        steps = np.where(self.settled == NEVER, np.iinfo(np.int32).max, self.settled)
        row, column = np.unravel_index(int(steps.argmin()), steps.shape)
        return int(row), int(column)


def seconds_of(optimizer: str) -> tuple[str, ...]:
    """The settings that a map can vary beside the learning rate, in the registry's order.

    None for methods that look at more than their own coordinate: they cannot be batched.
    """
    spec = get_optimizer(optimizer)
    if not spec.elementwise or spec.closure != "none":
        return ()
    return tuple(
        setting.name
        for setting in spec.hyperparameters
        if setting.kind == "float"
        and setting.name != "lr"
        and (optimizer, setting.name) not in _IDLE
    )


def axis(
    optimizer: str, name: str, settings: Mapping[str, Value], count: int, suits: float | None = None
) -> tuple[float, ...]:
    """Values of a setting that are worth comparing, ascending; the present one lies within.

    Rates and other scales are spread evenly by their logarithm; shares that live near one
    (momentum, betas) by that of their distance from one; shares near zero by their logarithm
    with zero before them. All are round numbers, so that a cell can be written down.

    Args:
        optimizer: Registry key.
        name: Of the setting.
        settings: All settings as they are.
        count: How many values.
        suits: For ``lr``, the rate about which the others are spread.
    """
    (setting,) = (h for h in get_optimizer(optimizer).hyperparameters if h.name == name)
    now = float(settings[name])
    low, high = setting.minimum, setting.maximum
    if name == "lr":
        middle = suits or now or 1e-3
        low, high = middle / 10**_DECADES, middle * 10**_DECADES
        return _logarithmic(min(low, now) if now > 0 else low, max(high, now), count)
    if name == "step_min":
        high = min(high, float(settings["step_max"]))
    elif name == "step_max":
        low = max(low, float(settings["step_min"]))
    low, high = min(low, now), max(high, now)
    if setting.log:
        return _logarithmic(low or setting.minimum, high, count)
    if name in _FROM_ZERO:
        lowest = high / 10.0 ** _FROM_ZERO[name]
        return (0.0, *_logarithmic(min(lowest, now) if now > 0 else lowest, high, count - 1))
    if _near_one(setting) and high < 1:
        gaps = np.geomspace(1.0, 1 - high, count)
        return tuple(round(1 - float(f"{gap:.3g}"), 12) for gap in gaps)
    return tuple(float(f"{value:.4g}") for value in np.linspace(low, high, count))


def _near_one(setting: Hyperparameter) -> bool:
    return setting.minimum == 0 and 0.99 <= setting.maximum < 1


def _logarithmic(low: float, high: float, count: int) -> tuple[float, ...]:
    return tuple(float(f"{value:.3g}") for value in np.geomspace(low, high, count))


def place(values: Sequence[float], value: float) -> float:
    """Where a value lies among those of an axis: 0 at the first, 1 at the second …; NaN outside."""
    return float(np.interp(value, values, np.arange(len(values)), np.nan, np.nan))


def stability_edge(found: SettingsMap) -> Array | None:
    """Theory's largest stable rate in each row, at the minimum that the fastest run came to.

    Near a minimum a surface is a quadratic, whose largest eigenvalue sets the limit (see
    :mod:`optviz.core.stability`). On the way there curvature may be larger, and a run may leave
    at smaller rates.

    Returns:
        (m,) rates; None where theory has no limit, or no run has come to a minimum.
    """
    plan, best = found.plan, found.fastest
    if best is None:
        return None
    surface = get_surface(plan.surface)
    steepest = float(curvature(surface, found.ends[best]).eigenvalues[0, 1])
    limits = [
        largest_stable_lr(plan.optimizer, plan.cell(row, best[1]), steepest)
        for row in range(len(plan.values))
    ]
    return None if None in limits else np.array(limits, dtype=np.float64)


def settings_map(plan: MapPlan, context: TaskContext | None = None) -> SettingsMap:
    """Walk every cell of a plan.

    Args:
        plan: What to walk.
        context: Told of the progress; may cancel.

    Raises:
        Problem: A name is unknown, a value unusable, or the optimizer cannot be batched.

    Example:
        >>> rates, momenta = (0.1, 0.5, 3.0), (0.0, 0.5)
        >>> plan = MapPlan("bowl", "momentum", (), "momentum", rates, momenta, (2, 1), 100)
        >>> settings_map(plan).status.tolist()
        [[1, 1, -1], [1, 1, -1]]
    """
    spec = get_optimizer(plan.optimizer)
    if plan.second not in seconds_of(plan.optimizer):
        raise Problem("problem.core.not_elementwise", optimizer=plan.optimizer)
    surface = get_surface(plan.surface)
    settings = default_hyperparameters(plan.optimizer, surface.name) | dict(plan.settings)
    for row in (0, -1):
        for column in (0, -1):
            spec.check(settings | plan.cell(row, column))
    shape = len(plan.values), len(plan.lrs)
    found = SettingsMap(
        plan,
        np.full(shape, NEVER, dtype=np.int32),
        np.full(shape, NEVER, dtype=np.int32),
        np.zeros(shape, dtype=np.int8),
        np.zeros(shape),
        np.zeros((*shape, 2)),
    )
    work = _Work(surface, spec, settings, plan, found, context or SilentContext())
    work.walk(np.arange(shape[0]), np.arange(shape[1]))
    return found


@dataclass(slots=True)
class _Work:
    """The cells of a plan, walked part by part."""

    surface: Surface
    spec: OptimizerSpec
    settings: dict[str, Value]
    plan: MapPlan
    found: SettingsMap
    context: TaskContext
    done: int = 0

    def walk(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> None:
        """Walk the cells of some rows and columns; part them where one object cannot be all."""
        from optviz.core.cells import Cells, Disagreement

        lr = Cells(np.array(self.plan.lrs)[None, columns])
        second = Cells(np.array(self.plan.values)[rows, None])
        try:
            look = self._walk(lr, second, (len(rows), len(columns)))
        except Disagreement as parted:
            for some_rows, some_columns in _parts(parted.yes, len(rows), len(columns)):
                self.walk(rows[some_rows], columns[some_columns])
            return
        at = np.ix_(rows, columns)
        found = self.found
        status, losses = look.outcome()
        found.status[at], found.losses[at] = status, losses
        found.steps_to_tolerance[at] = look.reached
        found.settled[at] = np.where(status == CONVERGED, look.since, NEVER)
        found.ends[at] = look.points
        self.done += len(rows) * len(columns)

    def _walk(self, lr: Cells, second: Cells, shape: tuple[int, int]) -> _Look:
        """One object, from the start to the last step."""
        import torch

        from optviz.core.cells import PerCell
        from optviz.core.engine import bare_step, spare_the_compiler

        spare_the_compiler()
        start = torch.tensor(self.plan.start, dtype=torch.float64)
        p = start.reshape(2, 1, 1).repeat(1, *shape).requires_grad_()
        p.grad = torch.zeros_like(p)
        settings: dict[str, Any] = {**self.settings, "lr": lr, self.plan.second: second}
        per_cell = PerCell(shape)
        with per_cell:
            made = self.spec.optimizer_class()([p], **self.spec.arguments(settings))
        move, look = bare_step(made), _Look(self.surface, p)
        steps = self.plan.steps
        cells, all_cells = shape[0] * shape[1], self.found.status.size
        for k in range(steps + 1):
            if k % 20 == 0:
                self.context.checkpoint()
                self.context.progress(self.done + cells * k / (steps + 1), all_cells)
            look.at_step(k)
            if k < steps:
                with torch.no_grad(), per_cell:
                    move()
        return look


def _parts(
    yes: npt.NDArray[np.bool_], m: int, n: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Rows and columns of parts whose cells agree; together they are the whole."""
    full = np.broadcast_to(yes, (m, n))
    kinds, kind = np.unique(full, axis=0, return_inverse=True)
    return [
        (np.flatnonzero(kind.ravel() == i), np.flatnonzero(pattern == side))
        for i, pattern in enumerate(kinds)
        for side in (False, True)
        if (pattern == side).any()
    ]


class _Look:
    """What is seen of the cells at each step: the slope under them, and who has arrived.

    Args:
        surface: On which they walk.
        p: (2, m, n) the iterates; their gradient is written at each look.

    Attributes:
        points: (m, n, 2) the iterates.
        reached: (m, n) the first step at a minimum, :data:`NEVER` so far.
        since: (m, n) the step since which the gradient has been small.
    """

    def __init__(self, surface: Surface, p: torch.Tensor) -> None:
        assert p.grad is not None
        self.surface = surface
        self.slope, self.grad = slopes(surface, *p.detach()), p.grad
        self.grads = p.grad.numpy()
        self.points = p.detach().numpy().transpose(1, 2, 0)
        self.reached = np.full(self.points.shape[:2], NEVER, dtype=np.int32)
        self.since = np.zeros(self.points.shape[:2], dtype=np.int32)

    def at_step(self, k: int) -> None:
        """Write the slope, and note whose first minimum this is."""
        _, self.grad[0], self.grad[1] = self.slope()
        small = self._small()
        self.since[~small] = k + 1
        new = small & (self.reached == NEVER)
        if new.any():
            self.reached[new] = np.where(self._at_minimum(self.points[new]), k, NEVER)

    def outcome(self) -> tuple[npt.NDArray[np.int8], Array]:
        """What has become of the cells, and the loss there."""
        losses = evaluate(self.surface, self.points).reshape(self.reached.shape)
        left = has_left(self.surface, self.points, losses)
        status = np.where(left, DIVERGED, MOVING).astype(np.int8)
        still = self._small() & ~left
        status[still] = np.where(self._at_minimum(self.points[still]), CONVERGED, MOVING)
        return status, losses

    def _small(self) -> npt.NDArray[np.bool_]:
        with np.errstate(all="ignore"):
            norms = np.hypot(*self.grads)
            return np.asarray(norms <= self.surface.gradient_tolerance, dtype=np.bool_)

    def _at_minimum(self, points: Array) -> npt.NDArray[np.bool_]:
        left = has_left(self.surface, points, evaluate(self.surface, points))
        left |= np.array(curvature(self.surface, points).kind) != "minimum"
        return ~left


def settings_map_task(context: TaskContext, plan: MapPlan) -> SettingsMap:
    """:func:`settings_map`, in a process of its own."""
    return settings_map(plan, context)
