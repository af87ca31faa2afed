"""The step under the cursor taken apart, and the stability meter, as the stage takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from optviz.core.curvature import Curvature
from optviz.core.step_parts import StepParts, stability_ratio, step_parts
from optviz.core.surface import Surface
from optviz.core.trajectory import Trajectory
from optviz.figures.theme import LineStyle, Theme
from optviz.jobs import Job, default_backend
from optviz.language import Text
from optviz.ui.components.stage import packed
from optviz.ui.trajectories_paths import QUICK
from optviz.ui.trajectories_state import TrajectoriesState
from optviz.ui.waiting import awaited

__all__ = ["foretold", "meter_shown", "part_colours", "step_shown", "taken_apart"]


Compared = Sequence[tuple[Trajectory, Curvature]]


def taken_apart(
    state: TrajectoriesState,
    surface: Surface,
    compared: Compared,
    styles: Sequence[LineStyle],
    *,
    text: Text,
    theme: Theme,
) -> dict[str, Mapping[str, Any] | None]:
    """What the stage needs for the two switches: ``apart`` and ``meter``, None where off.

    Only what is asked for is taken apart: all runs for the meter, else the one looked at.
    """
    focus = state.focused
    if focus is None or not (state.apart or state.meter):
        return {"apart": None, "meter": None}
    wanted = range(len(compared)) if state.meter else [focus]
    parts = dict(zip(wanted, _parts(state, surface, compared, list(wanted), text), strict=True))
    apart = meter = None
    if state.apart:
        path = compared[focus][0]
        apart = step_shown(parts[focus], path, styles[focus], text=text, theme=theme)
    if state.meter:
        every = [parts[i] for i in wanted]
        meter = meter_shown(every, compared, styles, focus=focus, text=text, theme=theme)
    return {"apart": apart, "meter": meter}


def _parts(
    state: TrajectoriesState, surface: Surface, compared: Compared, wanted: list[int], text: Text
) -> list[StepParts]:
    """The steps of the ``wanted`` runs; many of them wait for a worker, as the paths do."""
    paths = [compared[i][0] for i in wanted]
    if len(paths) * state.steps <= QUICK:
        return [_computed(surface, path) for path in paths]
    asked = (state.surface_name, state.runs, state.start, state.steps, wanted)

    def submit() -> Job:
        return default_backend().submit(
            "optviz.core.tasks:step_parts_task", surface=state.surface_name, paths=paths
        )

    found: list[StepParts] = awaited("long steps", asked, submit, text("trajectories.computing"))
    return found


@lru_cache(maxsize=64)
def _computed(surface: Surface, path: Trajectory) -> StepParts:
    return step_parts(surface, path)


# ── the step ──

_WORDS = (
    "heading", "zoom", "gradient", "memory", "scale", "decay", "own_signs", "own_secant",
    "own_newton", "own_unit", "whole", "ghost", "legs", "none", "left",
    "gradient_whole", "gradient_straight", "gradient_scaled", "gradient_none", "memory_first",
    "memory_only", "memory_with", "memory_against", "memory_outweighs", "memory_across",
    "scale_even", "scale_uneven",
    "scale_early", "decay_in", "decay_beside", "signs", "signs_flip", "secant", "secant_first",
    "newton", "unit", "many", "whole_falls", "whole_rises", "whole_rests",
    "along", "eigenvalue", "slope", "moved", "factor", "factor_plain",
    "exact", "closer", "overshoots", "grows", "away", "down", "up", "flat", "rest",
    "stays",
)  # fmt: skip


def step_shown(
    parts: StepParts, path: Trajectory, style: LineStyle, *, text: Text, theme: Theme
) -> Mapping[str, Any]:
    """One run's steps as the browser takes them (``browser/stage_step.js``)."""
    settings = path.hyperparameters
    arrays = {
        "gradient": parts.gradient,
        "memory": parts.memory,
        "decay": parts.decay,
        "scale": parts.scale,
        "divisor": parts.divisor,
        "direction": parts.direction,
    }
    decays = float(settings.get("weight_decay", 0.0)) > 0 or path.optimizer == "asgd"
    return {
        name: None if array is None else packed(array, np.float64) for name, array in arrays.items()
    } | {
        "rule": parts.rule,
        "shows": {
            "gradient": parts.rule == "sum",
            "memory": parts.rule == "sum" and parts.remembers,
            "scale": parts.rule == "sum" and parts.divisor is not None,
            "decay": decays,
            "own": parts.rule not in ("sum", "many"),
        },
        "coupled": parts.coupled > 0,
        # Plain descent multiplies the distance along an eigenvector by 1 − αλ, and nothing else.
        "plain": path.optimizer == "sgd" and not decays,
        "formulas": dict(_formulas(path)),
        "colours": part_colours(theme, style),
        "words": {word: text(f"trajectories.apart.{word}") for word in _WORDS},
    }


def part_colours(theme: Theme, style: LineStyle) -> Mapping[str, str]:
    """A colour for each part that is not the run's own, which the step has."""
    memory, decay = (
        next(
            colour
            for colour in (theme.categories[i], theme.categories[5])
            if colour != style.colour
        )
        for i in (3, 4)
    )
    return {"gradient": theme.ink, "memory": memory, "decay": decay, "step": style.colour}


_FIRST_MOMENT = {
    "gradient": "−α (1−β₁) g / [(1−β₁ᵏ) s]",
    "memory": "−α β₁ m / [(1−β₁ᵏ) s]",
    "decay": "−α (1−β₁) λw / [(1−β₁ᵏ) s]",
}
_FORMULAS: Mapping[str, Mapping[str, str]] = {
    "sgd": {"gradient": "−α g", "decay": "−α λw"},
    "momentum": {"gradient": "−α g", "memory": "−α β z", "decay": "−α λw"},
    "nesterov": {
        "gradient": "−α (1+β) g", "memory": "−α β² z", "decay": "−α (1+β) λw",
    },
    "adagrad": {"gradient": "−α g / s", "scale": "s = √v + ϵ", "decay": "−α λw / s"},
    "adadelta": {
        "gradient": "−α g / s", "scale": "s = √(v+ϵ) / √(u+ϵ)", "decay": "−α λw / s",
    },
    "rmsprop": {
        "gradient": "−α g / s", "memory": "−α β z", "scale": "s = √v + ϵ", "decay": "−α λw / s",
    },
    "adam": {**_FIRST_MOMENT, "scale": "s = √v̂ + ϵ"},
    "amsgrad": {**_FIRST_MOMENT, "scale": "s = √û + ϵ"},
    "adamw": {**_FIRST_MOMENT, "scale": "s = √v̂ + ϵ", "decay": "−α λ w"},
    "adamax": {**_FIRST_MOMENT, "scale": "s = u"},
    "nadam": {
        "gradient": "−α cₖ g / s", "memory": "−α rₖ m / s", "scale": "s = √v̂ + ϵ",
        "decay": "−α cₖ λw / s",
    },
    "radam": {**_FIRST_MOMENT, "scale": "s = (√v̂ + ϵ) / rₖ"},
    "asgd": {"gradient": "−ηₖ g", "decay": "−ηₖ λ w"},
    "adafactor": {"gradient": "−αₖ g / s", "scale": "s = √v", "decay": "−α λ w"},
    "rprop": {"own": "−δ sign g"},
    "lbfgs": {"own": "−α Bₖ g"},
    "muon": {"own": "−α NS(μm + (1−μ)g)", "decay": "−α λ w"},
    "newton": {"own": "−α (H + μI)⁻¹ g"},
}  # fmt: skip
"""Optimizer → its parts in the letters of its formula; z and m as they were before the step."""


def _formulas(path: Trajectory) -> Mapping[str, str]:
    settings, known = path.hyperparameters, _FORMULAS[path.optimizer]
    if settings.get("dampening"):
        return {**known, "gradient": "−α (1−d) g", "decay": "−α (1−d) λw"}
    if settings.get("centered"):
        return {**known, "scale": "s = √(v − ḡ²) + ϵ"}
    return known


# ── the meter ──


def meter_shown(
    parts: Sequence[StepParts],
    compared: Compared,
    styles: Sequence[LineStyle],
    *,
    focus: int,
    text: Text,
    theme: Theme,
) -> Mapping[str, Any] | None:
    """How near all runs are to their limits; None where not one has a limit or a step."""
    from optviz.figures.stability import meter_figure

    ratios = [
        stability_ratio(part, bent.hessians)
        for part, (_, bent) in zip(parts, compared, strict=True)
    ]
    length = max((len(path.points) for path, _ in compared), default=1)
    if length < 2 or all(ratio is None for ratio in ratios):
        return None
    return {
        "figure": meter_figure(ratios, length, styles, text=text, theme=theme).to_json(),
        "ratios": [None if ratio is None else packed(ratio, np.float64) for ratio in ratios],
        "bounds": [
            None if part.bound is None else packed(part.bound, np.float64) for part in parts
        ],
        "says": foretold(ratios[focus], compared[focus][0], text),
        "words": {word: text(f"trajectories.meter.{word}") for word in ("column", "none")},
    }


def foretold(ratio: Any, path: Trajectory, text: Text) -> str:
    """In one sentence, what the meter said of a run and what came of it."""
    if ratio is None:
        return text("trajectories.meter.no_limit")
    over = np.flatnonzero(ratio > 1)
    finite = np.where(np.isfinite(ratio), ratio, -np.inf)
    left = path.status_step if path.status == "diverged" else None
    if not over.size:
        most = int(np.argmax(finite))
        name = "below" if left is None else "below_left"
        return text(f"trajectories.meter.{name}", most=f"{ratio[most]:.2g}", step=most, left=left)
    first = int(over[0])
    if left is not None:
        name = "late" if first > left else "foretold" if first else "foretold_at_once"
        return text(f"trajectories.meter.{name}", step=first, left=left, later=left - first)
    last = int(over[-1])
    name = "above" if last == len(ratio) - 1 else "back"
    return text(f"trajectories.meter.{name}", step=first, count=over.size, steps=len(ratio))
