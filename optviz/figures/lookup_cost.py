"""What a look-up costs as its table grows: time and memory, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.embedding.lookup_cost import WAYS, Cost
from optviz.figures.theme import Theme, layout, numbered_style
from optviz.language import Text

__all__ = ["cost_figure"]

_ROWS = (100, 1_000, 10_000, 100_000)


def cost_figure(costs: Sequence[Cost], *, text: Text, theme: Theme) -> go.Figure:
    """Two charts side by side, a line a way; equal steps to the right are equal factors."""
    traces: list[dict[str, Any]] = []
    for place, way in enumerate(WAYS):
        own = [cost for cost in costs if cost.way == way]
        style = numbered_style(theme, place)
        for suffix, values, unit in (
            ("", [1e3 * cost.seconds for cost in own], "ms"),
            ("2", [cost.made_bytes / 1e6 for cost in own], "MB"),
        ):
            traces.append({
                "type": "scatter", "x": [cost.n for cost in own], "y": values,
                "xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "mode": "lines+markers",
                "name": text(f"embeddings.cost.{way}"), "legendgroup": way,
                "showlegend": not suffix,
                "line": {"color": style.colour, "dash": style.dash, "width": 2},
                "marker": {"symbol": style.marker, "size": 8},
                "hovertemplate": f"%{{y:.3g}} {unit}",
            })  # fmt: skip
    rows: dict[str, Any] = {
        "type": "log", "range": [1.9, 5.1], "tickvals": _ROWS,
        "ticktext": [f"{n:,}" for n in _ROWS], "fixedrange": True,
        "title": {"text": text("embeddings.cost.rows"), "font": {"size": 13}, "standoff": 8},
    }  # fmt: skip
    size: dict[str, Any] = {
        "type": "log", "dtick": 1, "exponentformat": "none", "fixedrange": True,
    }  # fmt: skip
    return go.Figure(
        data=traces,
        layout=layout(
            theme,
            margin={"l": 48, "r": 12, "t": 28, "b": 92},
            xaxis=rows | {"domain": [0, 0.46]},
            xaxis2=_like(theme, rows | {"domain": [0.57, 1], "anchor": "y2"}),
            yaxis=size | {"range": [-1.6, 3.1]},
            yaxis2=_like(theme, size | {"range": [-2.3, 2.6], "anchor": "x2"}),
            annotations=[
                {
                    "text": text(f"embeddings.cost.{name}"), "xref": f"{axis} domain", "x": 0,
                    "yref": "paper", "y": 1.01, "xanchor": "left", "yanchor": "bottom",
                    "showarrow": False, "font": {"size": 13, "color": theme.ink},
                }
                for name, axis in (("time", "x"), ("memory", "x2"))
            ],
            legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
            hovermode="x",
            dragmode=False,
        ),
    )  # fmt: skip


def _like(theme: Theme, axis: dict[str, Any]) -> dict[str, Any]:
    """A second axis in the style of the first."""
    first = dict(layout(theme)["xaxis"])
    first["title"] = first["title"] | axis.get("title", {})
    return first | {name: value for name, value in axis.items() if name != "title"}
