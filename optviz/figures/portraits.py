"""One user's ratings against the model's predictions, and one movie's ratings against all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.recommender import gap
from optviz.figures.theme import LEGEND_BELOW, Theme, layout
from optviz.language import Text

__all__ = ["histogram_figure", "user_figure"]

_GOLDEN = 0.6180339887
"""Multiples of it, modulo 1, spread evenly however many there are."""


def user_figure(
    stars: NDArray[np.float64],
    predicted: NDArray[np.float64],
    held_out: NDArray[np.bool_],
    titles: Sequence[str],
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """A point for each of a user's ratings: how it was against what the model says.

    Args:
        stars: (n,) ratings.
        predicted: (n,) predictions.
        held_out: (n,) which of them training never saw.
        titles: Of the movies.
        text: The catalogue.
        theme: Colours.
    """
    width = gap(np.unique(stars))
    # Points of one rating are spread sideways, so that each is seen.
    across = stars + 0.5 * width * ((np.arange(len(stars)) * _GOLDEN) % 1 - 0.5)
    figure = go.Figure()
    for held, name in ((False, "learnt"), (True, "held_out")):
        part = np.flatnonzero(held_out == held)
        if not part.size:
            continue
        figure.add_scatter(
            x=across[part].astype(np.float32), y=predicted[part].astype(np.float32),
            mode="markers", name=text(f"recommender.one_user.{name}"),
            customdata=[[titles[i], f"{stars[i]:g}", f"{predicted[i]:.2f}"] for i in part.tolist()],
            hovertemplate=text(
                "recommender.one_user.hover", title="%{customdata[0]}", stars="%{customdata[1]}",
                predicted="%{customdata[2]}",
            ) + "<extra></extra>",
            marker={
                "color": theme.categories[1 if held else 0], "size": 9 if held else 7,
                "symbol": "diamond" if held else "circle", "opacity": 0.85,
                "line": {"width": 1, "color": theme.ground},
            },
        )  # fmt: skip
    ends = [float(stars.min()) - width / 2, float(stars.max()) + width / 2]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name=text("recommender.truth.perfect"),
        line={"color": theme.muted, "dash": "dash", "width": 1.5}, hoverinfo="skip",
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.truth.truth")}},
            yaxis={"title": {"text": text("recommender.truth.predicted")}},
            legend=LEGEND_BELOW,
            margin={"l": 56, "r": 12, "t": 8, "b": 76},
        )
    )
    return figure


def histogram_figure(
    levels: NDArray[np.float64],
    shares: NDArray[np.float64],
    everywhere: NDArray[np.float64],
    n: int,
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Bars: how one movie's ratings are spread; a line: how all ratings are.

    Args:
        levels: (l,) values that ratings take.
        shares: (l,) share of the movie's ratings at each.
        everywhere: (l,) share of all ratings at each.
        n: How many ratings the movie has.
        text: The catalogue.
        theme: Colours.
    """
    figure = go.Figure()
    figure.add_bar(
        x=levels, y=100 * shares, name=text("recommender.one_movie.this"),
        marker={"color": theme.categories[0]}, width=0.8 * gap(levels),
        customdata=np.rint(shares * n).astype(int),
        hovertemplate=text("recommender.one_movie.hover", stars="%{x}", count="%{customdata}",
                           share="%{y:.1f}") + "<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=levels, y=100 * everywhere, name=text("recommender.one_movie.all"),
        mode="lines+markers", line={"color": theme.categories[1], "width": 2, "dash": "dot"},
        marker={"size": 6}, hovertemplate="%{y:.1f} %<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.table.rating")},
                   "tickvals": levels.tolist(), "ticktext": [f"{level:.3g}" for level in levels]},
            yaxis={"title": {"text": text("recommender.one_movie.share")}, "rangemode": "tozero"},
            legend=LEGEND_BELOW,
            margin={"l": 56, "r": 12, "t": 8, "b": 76},
        )
    )  # fmt: skip
    return figure
