"""The paths that a state asks for: computed here when quick, by a worker when not, remembered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from optviz.core.optimizers import RunSpec
from optviz.jobs import Job, default_backend
from optviz.language import Text
from optviz.ui.own_surface import OWN_SURFACE
from optviz.ui.trajectories_state import Run, TrajectoriesState
from optviz.ui.waiting import awaited

__all__ = ["QUICK", "comparison"]

QUICK = 4000
"""Optimizer steps that fit into about 200 ms of the script thread."""

OWN_COST = 4
"""A typed function is computed point by point: each step costs this many others."""


def comparison(state: TrajectoriesState, text: Text) -> Any:
    """The :data:`~optviz.core.tasks.Comparison` that ``state`` describes.

    A long one waits for a worker and shows that it does; a change of the settings meanwhile
    interrupts the waiting and gives the work up.

    Raises:
        Problem: The settings cannot be used.
    """
    asked = (state.surface_name, state.runs, state.start, state.steps)
    cost = OWN_COST if state.surface == OWN_SURFACE else 1
    if len(state.runs) * state.steps * cost <= QUICK:
        return _computed(*asked)
    return awaited("long comparison", asked, lambda: _submit(state), text("trajectories.computing"))


@lru_cache(maxsize=256)
def _computed(surface: str, runs: tuple[Run, ...], start: tuple[float, float], steps: int) -> Any:
    from optviz.core.tasks import compare

    return compare(surface, _specs(runs), start, steps)


def _submit(state: TrajectoriesState) -> Job:
    return default_backend().submit(
        "optviz.core.tasks:compare_task",
        surface=state.surface_name,
        specs=_specs(state.runs),
        start=state.start,
        steps=state.steps,
    )


def _specs(runs: tuple[Run, ...]) -> list[RunSpec]:
    return [run.spec() for run in runs]
