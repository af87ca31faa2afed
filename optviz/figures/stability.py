"""The stability meter: how near each run is to its optimizer's limit, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme
from optviz.language import Text

__all__ = ["meter_figure"]

Array = NDArray[np.float64]

_LEAST, _MOST = 1e-3, 1e3
"""Beyond these the meter says no more than that it is far below, or far above."""


def meter_figure(
    ratios: Sequence[Array | None],
    length: int,
    styles: Sequence[LineStyle],
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """One row, logarithmic, with a line at 1 and what lies above it tinted.

    Args:
        ratios: A curve for each run; None where a method has no limit.
        length: Iterates of a run: the axis of steps is that of the history.
        styles: One a run.
        text: The catalogue.
        theme: Colours.
    """
    # The last iterate takes no step: its place stays empty.
    drawn = [np.full(length, np.nan) for _ in ratios]
    for line, ratio in zip(drawn, ratios, strict=True):
        if ratio is not None:
            line[: len(ratio)] = ratio
    together = np.concatenate([*drawn, np.zeros(0)])
    usual = np.clip(together[np.isfinite(together) & (together > 0)], _LEAST, _MOST)
    span = (float(np.log10(min([*usual, 0.4]))) - 0.1, float(np.log10(max([*usual, 2.5]))) + 0.1)
    across = {"xref": "paper", "x0": 0, "x1": 1, "y0": 1}
    over = {"type": "rect", "y1": 10 ** span[1], "fillcolor": theme.shade, "line": {"width": 0}}
    limit = {"type": "line", "y1": 1, "line": {"color": theme.negative, "width": 1.4}}
    return stacked_figure(
        [Row(text("trajectories.meter.title"), True, drawn, span)], styles, theme=theme,
        shapes=[across | over | {"layer": "below"}, across | limit],
    )  # fmt: skip
