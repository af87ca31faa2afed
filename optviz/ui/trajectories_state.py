"""What the Trajectories page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from optviz.core.optimizers import (
    OPTIMIZERS,
    RunSpec,
    Value,
    default_hyperparameters,
    get_optimizer,
)
from optviz.core.problem import Problem
from optviz.core.settings_map import seconds_of
from optviz.core.surface import Point
from optviz.core.surfaces import SURFACES, get_surface
from optviz.ui.fields import choice, custom, flag, integer
from optviz.ui.own_surface import OWN_SURFACE, OwnSurface, called_after
from optviz.ui.points import point

__all__ = [
    "BASINS_BY",
    "FAIR_VIEWS",
    "MOST_STEPS",
    "SCENES",
    "VIEWS",
    "Run",
    "TrajectoriesState",
    "carried",
    "on_own",
    "on_surface",
    "settings_of",
]

MOST_RUNS = 24
"""Beyond this no palette, dash or marker tells the lines apart."""

MOST_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Run:
    """One compared run: an optimizer and the settings that differ from those that suit it.

    Attributes:
        optimizer: Registry key.
        changed: (name, value) pairs in the registry's order.
    """

    optimizer: str
    changed: tuple[tuple[str, Value], ...] = field(default=())

    def with_setting(self, name: str, value: Value, surface: str) -> Run:
        """This run with one setting changed; a default is not kept as a change.

        Raises:
            Problem: The value is not usable.
        """
        spec = get_optimizer(self.optimizer)
        settings = dict(self.changed) | {name: value}
        checked = spec.check(settings)
        defaults = default_hyperparameters(self.optimizer, surface)
        return Run(
            self.optimizer,
            tuple((n, checked[n]) for n in defaults if n in settings and checked[n] != defaults[n]),
        )

    def spec(self) -> RunSpec:
        """The run as the core takes it."""
        return RunSpec(self.optimizer, dict(self.changed))


def settings_of(run: Run, surface: str) -> dict[str, Value]:
    """All settings of a run on a surface."""
    return default_hyperparameters(run.optimizer, surface) | dict(run.changed)


def _check_runs(value: Any) -> tuple[Run, ...]:
    runs = []
    for run in value:
        spec = get_optimizer(run.optimizer)
        checked = spec.check(dict(run.changed))
        given = dict(run.changed)
        runs.append(Run(run.optimizer, tuple((n, v) for n, v in checked.items() if n in given)))
    if len(runs) > MOST_RUNS:
        raise Problem("problem.trajectories.many", count=len(runs), limit=MOST_RUNS)
    return tuple(runs)


def _write_runs(runs: tuple[Run, ...]) -> str:
    """``momentum:lr=0.01,momentum=0.5;adam``."""
    return ";".join(
        run.optimizer + (":" if run.changed else "")
        + ",".join(f"{name}={_plain(value)}" for name, value in run.changed)
        for run in runs
    )  # fmt: skip


def _plain(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else repr(value)


def _read_runs(written: str) -> tuple[Run, ...]:
    runs = []
    for part in filter(None, written.split(";")):
        name, _, settings = part.partition(":")
        pairs = (pair.partition("=") for pair in filter(None, settings.split(",")))
        runs.append(Run(name, tuple((key, float(value)) for key, _, value in pairs)))
    return tuple(runs)


VIEWS = ("map", "landscape", "basins")
BASINS_BY = ("minimum", "steps")

FAIR_VIEWS = ("loss", "steps")
"""What the fair comparison measures."""

_SECONDS = tuple(dict.fromkeys(name for spec in OPTIMIZERS for name in seconds_of(spec)))
"""Settings that a map can vary beside the learning rate; of which optimizers, it knows."""

_FIRST = "ravine"
_FIRST_RUNS = (Run("sgd", (("lr", 0.018),)), Run("momentum"), Run("adam"))


@dataclass(frozen=True)
class TrajectoriesState(OwnSurface):
    """Everything the page shows follows from this."""

    page: ClassVar[str] = "trajectories"

    surface: str = choice(_FIRST, (*SURFACES, OWN_SURFACE))
    runs: tuple[Run, ...] = custom(
        _FIRST_RUNS, check=_check_runs, parse=_read_runs, write=_write_runs
    )
    start: Point = point(SURFACES[_FIRST].start)  # noqa: RUF009
    steps: int = integer(SURFACES[_FIRST].steps, 0, MOST_STEPS)
    focus: int = integer(0, 0, MOST_RUNS)
    step: int = integer(-1, -1, MOST_STEPS)
    view: str = choice("map", VIEWS)
    hessian: bool = flag(False)
    shade: bool = flag(True)
    fair: str = choice("loss", FAIR_VIEWS)
    basins_by: str = choice("minimum", BASINS_BY)
    settings_map: bool = flag(False)
    settings_by: str = choice("", ("", *_SECONDS))
    apart: bool = flag(False)
    meter: bool = flag(False)

    @property
    def surface_name(self) -> str:
        """The name by which the core knows the surface, be it of the registry or typed."""
        return self.called(self.surface)

    @property
    def focused(self) -> int | None:
        """The run being edited and looked at; None when there is none."""
        return min(self.focus, len(self.runs) - 1) if self.runs else None


def on_surface(surface: str, /, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at ``surface``: its own start and steps, then ``changes``."""
    return {"surface": surface, **_opening(surface)} | changes


def on_own(state: TrajectoriesState, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at a typed surface, after ``changes`` of formula or box.

    Raises:
        Problem: The formula or the box cannot be used.
    """
    name = called_after(state, OWN_SURFACE, **changes)
    runs = carried(state.runs, state.surface_name, name)
    return {"surface": OWN_SURFACE, "runs": runs, **_opening(name)} | changes


def _opening(name: str) -> dict[str, Any]:
    known = get_surface(name)
    return {"start": known.start, "steps": known.steps, "step": -1}


def carried(runs: tuple[Run, ...], old: str, new: str) -> tuple[Run, ...]:
    """Runs taken along to another surface.

    A learning rate that was changed keeps its ratio to the rate that suits the surface: half
    of it there is half of it here. All else stays as it was set.
    """
    moved = []
    for run in runs:
        changed = dict(run.changed)
        if "lr" in changed:
            before = float(default_hyperparameters(run.optimizer, old)["lr"])
            after = float(default_hyperparameters(run.optimizer, new)["lr"])
            changed["lr"] = float(f"{float(changed['lr']) * after / before:.3g}")
        moved.append(replace(run, changed=tuple(changed.items())))
    return tuple(moved)


SCENES: Mapping[str, Mapping[str, Any]] = {
    "ravine": {},
    "limit": on_surface(
        "ravine",
        runs=(Run("sgd", (("lr", 0.0198),)), Run("sgd", (("lr", 0.0202),))),
        steps=150,
        start=(-10.0, 0.3),
        hessian=True,
        step=40,
    ),
    "valley": on_surface(
        "rosenbrock",
        runs=(Run("sgd"), Run("momentum"), Run("adam"), Run("newton")),
        focus=3,
        hessian=True,
        step=0,
    ),
    "saddle": on_surface(
        "saddle", runs=(Run("sgd"), Run("momentum"), Run("adam"), Run("newton")), hessian=True,
        step=12,
    ),
    "wells": on_surface(
        "himmelblau",
        runs=(Run("sgd"), Run("momentum"), Run("rmsprop"), Run("adam")),
        start=(-0.25, 1.0),
    ),
    "basins": on_surface(
        "himmelblau", runs=(Run("adam"), Run("momentum")), start=(-0.25, 1.0), view="basins"
    ),
    "settings": {"runs": (Run("momentum"),), "settings_map": True},
    "cliff": on_surface(
        "cliff", runs=(Run("sgd", (("lr", 0.5),)), Run("rmsprop"), Run("adam")), hessian=True,
        step=13,
    ),
    "apart": on_surface("tilted", runs=(Run("momentum"), Run("adam")), apart=True, step=8),
    "foretold": on_surface(
        "rosenbrock",
        runs=tuple(Run(name, (("lr", 0.0031),)) for name in ("nesterov", "sgd", "momentum")),
        start=(0.0, 0.0),
        steps=250,
        meter=True,
        step=22,
    ),
}  # fmt: skip
"""Scene → the fields that differ from the defaults; the words are under trajectories.scene."""
