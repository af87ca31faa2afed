"""Who is near the film that is looked at, and how neighbours and points are shown."""

from __future__ import annotations

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.neighbours import METRICS, nearest
from optviz.ui import controls
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_select import film_list
from optviz.ui.embeddings_state import NO_MOVIE, OWN_AXES, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, guarded

__all__ = ["render_looks", "render_neighbours"]

_LISTED = 8
"""Neighbours that the column beside the map shows without scrolling."""
_LIST_HEIGHT = 280


def render_neighbours(page: Page, store: Store[EmbeddingsState], movies: Movies) -> tuple[int, ...]:
    """Draw the list of neighbours; their raw ids, nearest first."""
    text, state = page.text, store.value
    row = movies.place(state.movie)
    if row is None:
        n = int(np.isin(movies.item_ids, state.chosen).sum())
        # The selection's own part is below the map, perhaps off the screen.
        words = (
            text("embeddings.chosen.below", n=f"{n:,}") if n else text("embeddings.neighbours.hint")
        )
        st.caption(words)
        return ()
    try:
        near = nearest(movies.vectors, row, state.near, state.metric)
    except Problem as problem:  # a model that diverged
        page.problem(problem)
        return ()
    st.markdown(text(f"embeddings.neighbours.title_{state.metric}", k=len(movies.vectors[0])))
    marks = [
        f"{rank + 1} · **{value:.2f}** · ".replace("-", "−")
        for rank, value in enumerate(near.values)
    ]
    with st.container(height=_LIST_HEIGHT if len(marks) > _LISTED else "content", border=False):
        film_list(store, movies, near.indices.tolist(), marks, "near")
    st.button(
        text("embeddings.neighbours.clear"), key="embeddings.clear", icon=":material/close:",
        on_click=guarded(store.set), kwargs={"movie": NO_MOVIE},
    )  # fmt: skip
    return tuple(movies.item_ids[near.indices].tolist())


def render_looks(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw the choice of what near means, and of what the points tell."""
    text, state = page.text, store.value
    scales = ["", *(name for name, one in movies.items.columns.items() if one.numbers is not None)]
    if state.size_by not in scales:
        store.set(size_by="")
    with st.expander(text("embeddings.looks.title"), icon=":material/palette:"):
        controls.segment(
            store, "metric", text("embeddings.looks.metric"), list(METRICS),
            lambda name: text(f"embeddings.looks.{name}"),
            help=text("embeddings.looks.metric_help"),
        )  # fmt: skip
        controls.slider(store, "near", text("embeddings.looks.near"), 1, 50)
        if movies.items.films:
            controls.switch(
                store,
                "sized",
                text("embeddings.looks.sized"),
                disabled=state.live or bool(state.size_by),
                help=text("embeddings.looks.sized_help"),
            )
        if len(scales) > 1:
            controls.choose(
                store, "size_by", text("embeddings.own.size_by"), scales,
                lambda name: name or text("embeddings.own.size_same"), disabled=state.live,
            )  # fmt: skip
        controls.switch(
            store, "crowding", text("embeddings.looks.crowding"),
            disabled=state.live or (state.dimensions == "3" and state.method != OWN_AXES),
            help=text("embeddings.looks.crowding_help"),
        )  # fmt: skip
