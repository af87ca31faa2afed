"""Hatching: what no colour need say."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import Theme

__all__ = ["add_hatching", "hatching"]

Array = NDArray[np.float64]

LINES = 24
"""How many strokes cross a side of the picture, about."""


def hatching(mask: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Slanted strokes over the cells of a grid that a mask names.

    Args:
        mask: (m, n) row by column.

    Returns:
        x and y of a line with gaps, in columns and rows: cell (i, j) reaches from j − ½ to
        j + ½ and from i − ½ to i + ½.
    """
    m, n = mask.shape
    every = max(1, round(max(m, n) / LINES))
    rows, columns = np.nonzero(mask)
    stroke = columns - rows
    kept = stroke % every == 0
    rows, columns, stroke = rows[kept], columns[kept], stroke[kept]
    order = np.lexsort((rows, stroke))
    rows, columns, stroke = rows[order], columns[order], stroke[order]
    if not rows.size:
        return np.zeros(0), np.zeros(0)
    # Cells that follow one another along a stroke are one piece of it.
    begins = np.append(True, (np.diff(stroke) != 0) | (np.diff(rows) != 1))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], rows.size) - 1
    gap = np.full(first.size, np.nan)
    x = np.stack([columns[first] - 0.5, columns[last] + 0.5, gap], axis=1)
    y = np.stack([rows[first] - 0.5, rows[last] + 0.5, gap], axis=1)
    return x.ravel(), y.ravel()


def add_hatching(
    figure: go.Figure,
    mask: NDArray[np.bool_],
    theme: Theme,
    xs: Array | None = None,
    ys: Array | None = None,
    **more: Any,
) -> None:
    """Hatch cells of a figure.

    Args:
        figure: To draw on.
        mask: (m, n) which cells.
        theme: Colours.
        xs: (n,) evenly spaced places of the columns; their numbers if left out.
        ys: (m,) evenly spaced places of the rows.
        **more: Further settings of the trace.
    """
    x, y = hatching(mask)
    if not x.size:
        return
    figure.add_scatter(
        x=_placed(x, xs), y=_placed(y, ys), mode="lines", hoverinfo="skip", showlegend=False,
        meta="hatching", line={"color": theme.mixed(theme.muted, 0.8), "width": 1},
        connectgaps=False, **more,
    )  # fmt: skip


def _placed(numbers: Array, places: Array | None) -> NDArray[np.float32]:
    if places is None:
        return numbers.astype(np.float32)
    size = (places[-1] - places[0]) / max(len(places) - 1, 1)
    return np.asarray(places[0] + numbers * size, dtype=np.float32)
