"""The stage: a surface with paths that play, their history, and the Hessian at the scrubber.

Everything the picture needs travels once per change; playing, scrubbing and taking an iterate
apart happen in the browser, without the server. A click on the map (or a drag of the start)
comes back as an event, and so does the choice of a run.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.curvature import Curvature
from optviz.core.trajectory import Trajectory
from optviz.figures.theme import LineStyle, Theme
from optviz.language import Text
from optviz.ui import state
from optviz.ui.components import assets
from optviz.ui.components.chart import Figure, words

__all__ = ["Actor", "packed", "plain_colours", "stage"]


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """One run on the stage.

    Attributes:
        title: What the table calls it.
        path: Where it went.
        curvature: Of every iterate; None where no Hessian is shown.
        style: Colour, dash, marker.
        lr: Its learning rate, to set against the limit.
        bound: The largest stable αλ, where theory has one.
        outcome: The sentence for its status.
        reached: What the table says of the way; the steps to the tolerance when empty.
        stable: (n+1,) the largest stable rate at every iterate, beside the curvature: the
            optimizer's own where it has a bound, else that of gradient descent.
    """

    title: str
    path: Trajectory
    curvature: Curvature | None
    style: LineStyle
    lr: float
    bound: float | None
    outcome: str
    reached: str = ""
    stable: NDArray[np.float64] | None = None


_mount = assets.declared("stage", '<div class="ov-stage"></div>', "stage.css")


def stage(
    actors: Sequence[Actor],
    *,
    key: str,
    map_figure: Figure | None,
    map_revision: str,
    landscape_figure: Figure | None,
    history_figure: Figure,
    start: tuple[float, float],
    steps: int,
    focus: int,
    hessian: bool,
    scene: str,
    step: int,
    text: Text,
    theme: Theme,
    on_start: Callable[[float, float], None],
    on_focus: Callable[[int], None],
    noise: Mapping[str, Any] | None = None,
    apart: Mapping[str, Any] | None = None,
    meter: Mapping[str, Any] | None = None,
    says: Mapping[str, str] | None = None,
) -> None:
    """Draw the stage or update the one already drawn under ``key``.

    Args:
        actors: The runs, in the order of the table.
        key: Names the stage.
        map_figure: The surface from above; None where the landscape is shown.
        map_revision: Changes when the map does, so that it is redrawn only then.
        landscape_figure: The surface in perspective; None where the map is shown.
        history_figure: What happened over time.
        start: Where all runs begin.
        steps: How many steps there are.
        focus: The run that is taken apart.
        hessian: Whether to draw the Hessian's picture.
        scene: A new name moves the scrubber to ``step``; the same one leaves it.
        step: Iterate to show; −1 for the last.
        text: The catalogue.
        theme: Colours.
        on_start: Told where the user wants to start.
        on_focus: Told which run the user picked.
        noise: The batches of the run in focus (see :mod:`optviz.ui.components.stage_noise`).
        apart: The steps of the run in focus (see :mod:`optviz.ui.trajectories_step`).
        meter: How near the runs are to their limits (there too).
        says: Words that take the place of the usual ones, by their names.
    """

    def start_moved(sent: Any) -> None:
        on_start(float(sent["x"]), float(sent["y"]))

    _mount(
        key=key,
        data=assets.mounted(
            key,
            "stage.js",
            map=map_figure.to_json() if map_figure is not None else None,
            map_revision=map_revision,
            landscape=landscape_figure.to_json() if landscape_figure is not None else None,
            history=history_figure.to_json(),
            runs=[
                _plain(actor, i == focus and (hessian or apart is not None))
                for i, actor in enumerate(actors)
            ],
            start=list(start),
            steps=steps,
            focus=focus,
            hessian=hessian,
            scene=scene,
            step=step,
            theme=plain_colours(theme),
            words=words(text) | {"stage": _words(text) | dict(says or {})},
            noise=noise,
            apart=apart,
            meter=meter,
        ),
        on_start_change=state.guarded(state.heard(key, "start", start_moved)),
        on_focus_change=state.guarded(state.heard(key, "focus", lambda i: on_focus(int(i)))),
    )


def packed(array: Any, kind: type[np.generic]) -> str:
    """Numbers as base64 of their little-endian bytes."""
    plain = np.ascontiguousarray(array, dtype=np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(plain.tobytes()).decode("ascii")


def _plain(actor: Actor, apart: bool) -> dict[str, Any]:
    """A run as the browser takes it; with its curvature if it is the one taken ``apart``."""
    path = actor.path
    return {
        "title": actor.title,
        "colour": actor.style.colour,
        "dash": actor.style.dash,
        "marker": actor.style.marker,
        "points": packed(path.points, np.float64),
        "losses": packed(path.losses, np.float64),
        "norms": packed(path.grad_norms, np.float64),
        "curvature": _curvature(actor.curvature, actor.stable)
        if apart and actor.curvature
        else None,
        "lr": actor.lr,
        "bound": actor.bound,
        "outcome": actor.outcome,
        "kind": path.status,
        "reached": actor.reached or _steps(path.steps_to_tolerance),
    }


def _steps(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _curvature(bent: Curvature, stable: NDArray[np.float64] | None) -> dict[str, Any]:
    return {
        "kinds": bent.kind,
        "gradients": packed(bent.gradients, np.float64),
        "hessians": packed(bent.hessians[:, [0, 0, 1], [0, 1, 1]], np.float64),
        "eigenvalues": packed(bent.eigenvalues, np.float64),
        # The second eigenvector is the first one turned by 90°.
        "eigenvectors": packed(bent.eigenvectors[:, :, 0], np.float32),
        "newton": packed(bent.newton_step, np.float64),
        "condition": packed(bent.condition_number, np.float64),
        "stable": packed(bent.largest_stable_lr if stable is None else stable, np.float64),
    }


def plain_colours(theme: Theme) -> Mapping[str, str]:
    """The colours that our modules in the browser draw with, by their names."""
    names = ("ground", "panel", "ink", "muted", "grid", "accent", "positive", "negative")
    return {name: getattr(theme, name) for name in names}


_WORDS = (
    "play", "pause", "back", "forward", "first", "last", "speed", "step", "scrub", "start",
    "run", "loss", "norm", "final", "reached", "status", "pick", "empty", "marks_start",
    "marks_end", "marks_minimum", "marks_saddle", "marks_maximum", "eigenvalues", "condition",
    "kind", "newton", "actual", "limit", "limit_ok", "limit_over", "limit_none", "limit_flat",
    "legend_newton", "legend_step", "legend_model", "legend_vectors",
    "kind_minimum", "kind_maximum", "kind_saddle", "kind_degenerate", "kind_none",
    "kind_undefined", "curves_up", "curves_down", "curves_mixed", "curves_flat", "drag",
)  # fmt: skip


def _words(text: Text) -> dict[str, str]:
    """The words that the browser fills in by itself."""
    return {word: text(f"trajectories.stage.{word}") for word in _WORDS}
