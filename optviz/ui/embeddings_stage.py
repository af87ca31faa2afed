"""What the page's maps have in common: films picked or lassoed, and a map in the making."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.ui.components import Click, Selection, chart
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_layouts import Request, Watcher
from optviz.ui.embeddings_state import EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, guarded

__all__ = ["draw_map", "map_progress"]


def draw_map(
    store: Store[EmbeddingsState],
    movies: Movies,
    figure: Any,
    *,
    key: str,
    height: int,
    among: Callable[[], NDArray[np.bool_]] | None = None,
    linked: str = "",
) -> None:
    """Draw a map on which films are picked and lassoed.

    Args:
        store: The page's state, which keeps what was picked.
        movies: The films on the map.
        figure: The map; the first value of a point's ``customdata`` is the film's row.
        key: Of the chart.
        height: In pixels.
        among: Tells (n,) which films a lasso can choose; all of them, if not given.
        linked: See :func:`~optviz.ui.components.chart.chart`.
    """

    def pick(click: Click) -> None:
        point = click.point
        if point is not None and point.customdata is not None:
            film = int(movies.item_ids[int(point.customdata[0])])
            store.set(movie=film, clicked=film)

    def choose(selection: Selection) -> None:
        rows = {int(point.customdata[0]) for point in selection.points if point.customdata}
        able = None if among is None else among()
        store.set(chosen=[int(movies.item_ids[row]) for row in rows if able is None or able[row]])

    events = chart(
        figure, key=key, height=height, on_click=pick, on_select=choose, toolbar=True,
        linked=linked,
    )  # fmt: skip
    if events.selection is not None or (
        events.click is not None and events.click.point is not None
    ):
        st.rerun()  # what stands beside and below the picture follows


def map_progress(page: Page, watch: Watcher, request: Request, keys: str) -> None:
    """Draw how far the job is that makes a map; once it has failed or was cancelled, a way back.

    Args:
        page: The frame.
        watch: It has the job.
        request: The map.
        keys: Of the buttons, with ``{}`` where their name stands.
    """
    text, job = page.text, watch.job
    if job is None:
        return
    if job.finished:
        if isinstance(job.error, Problem):
            page.problem(job.error)
        else:
            st.info(text("embeddings.cancelled"))
        st.button(
            text("embeddings.again"), key=keys.format("again"), icon=":material/replay:",
            on_click=guarded(watch.retry), args=(request,),
        )  # fmt: skip
        return
    progress, glimpse = job.progress, watch.glimpse()
    if progress is None:
        words = text(f"embeddings.progress.start_{request.method}")
    else:
        words = text(
            "embeddings.progress.running", done=int(progress.done), total=int(progress.total)
        )
        if progress.eta is not None:
            words += " · " + text("embeddings.progress.eta", seconds=progress.eta)
        if glimpse is not None and glimpse.data["kl_divergence"] is not None:
            words += " · " + text("embeddings.progress.kl", kl=glimpse.data["kl_divergence"])
    bar, button = st.columns([4, 1], vertical_alignment="center")
    bar.progress(progress.fraction if progress else 0.0, words)
    button.button(
        text("embeddings.cancel"), key=keys.format("cancel"), icon=":material/stop_circle:",
        on_click=guarded(watch.cancel), width="stretch",
    )  # fmt: skip
