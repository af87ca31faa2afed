"""What happens over time on the Batch size page, by updates, epochs or samples seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.stochastic import BatchSpec, NoisyRun
from optviz.core.surface import Surface
from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme, line_style, numbered_style
from optviz.language import Text

__all__ = ["batch_styles", "progress_figure"]

Array = NDArray[np.float64]

SMALLEST = 1e-12
"""Where a logarithmic axis ends; what is lower leaves through the bottom."""

_DASHES = {"constant": "solid", "inverse": "dash", "step": "dot"}


def batch_styles(theme: Theme, specs: Sequence[BatchSpec]) -> list[LineStyle]:
    """One style a run.

    Different optimizers have their own colours, as everywhere. Where one optimizer is compared
    with itself, colour tells the batch size or, if that is the same, the choice; the dash
    always tells how the rate goes.
    """
    names = [spec.optimizer for spec in specs]
    styles = [line_style(theme, name) for name in names]
    if len(set(names)) < len(names):
        styles = [numbered_style(theme, i, _DASHES[spec.schedule]) for i, spec in enumerate(specs)]
    return styles


def progress_figure(
    surface: Surface,
    runs: Sequence[NoisyRun],
    ticks: Sequence[NDArray[np.int64]],
    *,
    marks: tuple[Sequence[float], Sequence[str]],
    axis: str,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Full loss above its minimum and distance to the nearest minimum, one x axis.

    Args:
        surface: The full loss.
        runs: The runs.
        ticks: For each run, how many updates it has made at each tick of the stage's clock.
        marks: Where on the clock to write what.
        axis: What the clock counts: a key under ``batch_size.axis``.
        text: The catalogue.
        theme: Colours.
    """
    floor = surface.minimum_value or 0.0
    losses = [run.path.losses[at] - floor for run, at in zip(runs, ticks, strict=True)]
    distances = [run.path.distances[at] for run, at in zip(runs, ticks, strict=True)]
    return stacked_figure(
        [
            Row(text("batch_size.history.loss"), True, losses),
            Row(text("batch_size.history.distance"), True, distances),
        ],
        batch_styles(theme, [run.spec for run in runs]),
        theme=theme,
        smallest=SMALLEST,
        xaxis={
            "tickmode": "array", "tickvals": list(marks[0]), "ticktext": list(marks[1]),
            "title": {
                "text": text(f"batch_size.axis.{axis}"), "standoff": 2,
                "font": {"size": 11, "color": theme.ink},
            },
        },
        bottom=36,
    )  # fmt: skip
