"""A model's error and its lists, by how often training saw a movie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.figures.theme import LEGEND_BELOW, Theme, layout
from optviz.language import Text
from optviz.recommender.quality import Bucket

__all__ = ["bucket_name", "buckets_figure"]

_SPLIT = 0.56
"""Where the upper part ends, in shares of the height; the lower one begins a gap below."""

_GAP = 0.12


def bucket_name(bucket: Bucket, after: Bucket | None, text: Text) -> str:
    """What a bucket is called; ``after`` is the next one of movies seen more often."""
    if bucket.least < 0:
        return text("recommender.quality.bucket.new_user")
    if bucket.least == 0:
        return text("recommender.quality.bucket.never")
    if after is None:
        return text("recommender.quality.bucket.more", least=bucket.least)
    return text("recommender.quality.bucket.range", least=bucket.least, most=after.least - 1)


def buckets_figure(buckets: Sequence[Bucket], k: int, *, text: Text, theme: Theme) -> go.Figure:
    """Above: the error in each bucket. Below: which share of what is liked its lists find.

    Args:
        buckets: At least one, by how often the movie was seen.
        k: Length of the lists.
        text: The catalogue.
        theme: Colours.
    """
    names = [
        f"{bucket_name(bucket, after, text)}<br>{bucket.rows:,}"
        for bucket, after in zip(buckets, [*buckets[1:], None], strict=True)
    ]
    colours = {
        "model": theme.categories[0], "bias": theme.categories[1], "popular": theme.categories[2]
    }  # fmt: skip
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "x": names, "y": [bucket.rmse[name] for bucket in buckets],
            "name": text(f"recommender.quality.list.{name}"), "legendgroup": name,
            "marker": {"color": colours[name]}, "yaxis": "y2",
            "hovertemplate": "%{y:.3f}",
        }
        for name in ("model", "bias")
    ]  # fmt: skip
    traces += [
        {
            "type": "bar", "x": names,
            "y": [100 * bucket.found[name][k] if bucket.found else 0 for bucket in buckets],
            "name": text(f"recommender.quality.list.{name}"), "legendgroup": name,
            "showlegend": name == "popular", "marker": {"color": colours[name]},
            "customdata": [f"{bucket.liked:,}" for bucket in buckets],
            "hovertemplate": text("recommender.quality.found_hover", share="%{y:.1f}",
                                  liked="%{customdata}"),
        }
        for name in ("model", "bias", "popular")
    ]  # fmt: skip
    titles = (
        (1.0, text("recommender.quality.error_title")),
        (_SPLIT - _GAP, text("recommender.quality.found_title", k=k)),
    )
    return go.Figure(
        data=traces,
        layout=layout(
            theme,
            xaxis={"title": {"text": text("recommender.quality.seen")}, "type": "category",
                   "anchor": "y", "showgrid": False},
            yaxis={"domain": [0, _SPLIT - _GAP], "rangemode": "tozero"},
            yaxis2={**layout(theme)["yaxis"], "domain": [_SPLIT, 1], "anchor": "x"},
            annotations=[
                {"text": words, "xref": "paper", "yref": "paper", "x": 0, "y": top,
                 "xanchor": "left", "yanchor": "bottom", "showarrow": False,
                 "font": {"color": theme.ink, "size": 13}}
                for top, words in titles
            ],
            hovermode="x unified",
            bargap=0.3,
            legend=LEGEND_BELOW,
            margin={"l": 48, "r": 8, "t": 26, "b": 96},
        ),
    )  # fmt: skip
