"""A map of films as a page of its own."""

from __future__ import annotations

import plotly.graph_objects as go

from optviz.figures.embeddings import NAMES_AT_ONCE
from optviz.figures.theme import Theme

__all__ = ["map_page"]


def map_page(figure: go.Figure, theme: Theme) -> bytes:
    """What ``map_figure`` drew, with plotly.js in it: it needs no network."""
    alone = go.Figure(figure)
    for trace in alone.data:
        if trace.mode == "text":  # without our component nothing keeps names apart
            trace.update(x=trace.x[:NAMES_AT_ONCE], y=trace.y[:NAMES_AT_ONCE],
                         text=trace.text[:NAMES_AT_ONCE])  # fmt: skip
    # A window may be of any width: room for a legend of more rows.
    alone.update_layout(paper_bgcolor=theme.ground, plot_bgcolor=theme.ground, margin={"b": 100})
    written = alone.to_html(
        include_plotlyjs=True, config={"displaylogo": False, "scrollZoom": True}
    )
    return str(written).encode()
