"""How neighbourhoods form while a model is trained: curves below the map that moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme
from optviz.language import Text

__all__ = ["growth_figure"]

_FEWEST_TICKS = 8


def growth_figure(
    epochs: Sequence[float],
    purity: Sequence[float],
    kept: Sequence[float],
    chance: float,
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Purity above, neighbours as at the end below; one unit of the axis is a frame.

    Args:
        epochs: When each frame was taken.
        purity: Share of a film's nearest that are of its genre, at each.
        kept: Share of the last frame's neighbours that are there, at each; empty while nobody
            knows.
        chance: What purity is where nothing is learned, drawn as a dotted line.
        text: The catalogue.
        theme: Colours.
    """
    known = kept if len(kept) == len(epochs) else [np.nan] * len(epochs)
    finite = [share for share in [*purity, chance] if np.isfinite(share)] or [0.0, 1.0]
    span = (0.85 * min(finite), 1.1 * max(finite))
    whole = [k for k, epoch in enumerate(epochs) if epoch == int(epoch)]
    each = -(-len(whole) // _FEWEST_TICKS) or 1
    ticks = whole[::each]
    figure = stacked_figure(
        [
            Row(text("embeddings.growth.purity"), False, [np.array(purity)], span),
            Row(text("embeddings.growth.kept"), False, [np.array(known)], (0.0, 1.08)),
        ],
        [LineStyle(theme.accent, "solid", "circle")],
        theme=theme,
        xaxis={
            "tickmode": "array", "tickvals": ticks,
            "ticktext": [f"{epochs[k]:g}" for k in ticks],
        },
        bottom=20,
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 44, "r": 20},
        yaxis={"nticks": 3, "tickformat": ".0%"}, yaxis2={"nticks": 3, "tickformat": ".0%"},
    )  # fmt: skip
    if np.isfinite(chance):
        figure.add_shape(
            type="line", xref="paper", x0=0, x1=1, yref="y", y0=chance, y1=chance,
            line={"color": theme.muted, "width": 1, "dash": "dot"},
        )  # fmt: skip
    return figure
