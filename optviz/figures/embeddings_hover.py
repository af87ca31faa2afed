"""What a point of a map says when the mouse is over it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.figures.films import Items
from optviz.language import Text

__all__ = ["hover_cells", "hover_template"]

_TALKATIVE = 10_000
"""With more points, those that are no films tell their names only: the browser gets it all."""
_TOLD, _LONGEST = 5, 60


def hover_cells(
    items: Items, rows: NDArray[np.int64], shares: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Row number first: what a click reports; then what the label shows."""
    # As an array: Plotly would look at every cell of a list.
    if not items.films:
        return _points(items, rows)
    told = np.empty((len(rows), 6 if shares is None else 7), dtype=object)
    for place, i in enumerate(rows):
        told[place, :6] = (
            int(i),
            items.named(i),
            items.genres[i].replace("|", ", ") or "–",
            round(float(items.means[i]), 2),
            int(items.counts[i]),
            f"{items.biases[i]:+.2f}".replace("-", "−"),
        )
    if shares is not None:
        told[:, 6] = [round(100 * float(share)) for share in shares[rows]]
    return told


def _points(items: Items, rows: NDArray[np.int64]) -> NDArray[Any]:
    told = np.empty((len(rows), 3), dtype=object)
    columns = list(items.columns.values())[:_TOLD] if len(items) <= _TALKATIVE else []
    for place, i in enumerate(rows.tolist()):
        told[place] = (
            i,
            items.titles[i],
            "<br>".join(f"{one.name}: {one.shown(i)[:_LONGEST] or '–'}" for one in columns),
        )
    return told


def hover_template(items: Items, text: Text, shares: bool = False) -> str:
    """How :func:`hover_cells` are read."""
    if not items.films:
        return "<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>"
    kept = text("embeddings.figure.hover_kept").replace("[share]", "%{customdata[6]}")
    return (
        "<b>%{customdata[1]}</b><br>%{customdata[2]}<br>"
        + text("embeddings.figure.hover")
        .replace("[mean]", "%{customdata[3]:.2f}")
        .replace("[count]", "%{customdata[4]}")
        .replace("[bias]", "%{customdata[5]}")
        + (f"<br>{kept}" if shares else "")
        + "<extra></extra>"
    )
