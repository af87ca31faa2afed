"""What moves inside the training that is looked at; nothing is drawn until asked for."""

from __future__ import annotations

import streamlit as st

from optviz.figures.inside import moves_figure, predictions_figure
from optviz.recommender.inside import ROWS, edges
from optviz.recommender.specs import MODELS
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run
from optviz.ui.state import bind_value, remember

__all__ = ["inside_asked", "render_inside"]

_HEIGHT = 360


def inside_asked(page: Page) -> bool:
    """Draw the switch.

    Returns:
        Whether it is on.
    """
    asked: dict[str, bool] = remember("recommender inside", dict)
    on = asked.get("on", False)
    st.toggle(
        page.text("recommender.inside.title"), on,
        **bind_value("recommender.inside", on, lambda value: asked.update(on=value)),
    )  # fmt: skip
    return on


def render_inside(page: Page, run: Run) -> None:
    """Draw the norms and the predictions as the worker measured them last."""
    text, looks = page.text, run.looks
    if not looks:
        st.caption(text("recommender.inside.none"))
        return
    last = looks[-1]
    names = [text(f"part.{name.replace('.', '_')}") for name in last.names]
    spec = MODELS[run.config.model]
    way = "sgd" if run.config.optimizer == "sgd" else "adam"
    way = "solved" if spec.training == "solved" else way
    heap = "mean" if spec.from_mean else "narrow"
    left, right = st.columns([3, 2], gap="small")
    with left:
        st.markdown(text(f"recommender.inside.moves_{way}"))
        figure = moves_figure(looks, names, text=text, theme=page.theme)
        chart(figure, key="recommender.moves", height=_HEIGHT)
    with right:
        st.markdown(text(f"recommender.inside.heap_{heap}"))
        ends = edges(run.data.ratings.rating_range)
        figure = predictions_figure(last, ends, text=text, theme=page.theme)
        chart(figure, key="recommender.predictions", height=_HEIGHT)
    rows = f"{int(last.truth.sum()):,}"
    st.caption(text("recommender.inside.protocol", rows=rows, most=f"{ROWS:,}"))
