"""Maps of the same films by different methods, side by side: choose in one, find in the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.company import together
from optviz.embedding.neighbours import nearest
from optviz.embedding.precomputed import layout_key
from optviz.embedding.projections import PROJECTIONS, available
from optviz.embedding.vectors import as_vectors, comparable
from optviz.figures.embeddings import map_figure
from optviz.figures.embeddings_paint import MEASURED
from optviz.ui.embeddings_colours import choose_colour
from optviz.ui.embeddings_data import Movies, session_movies
from optviz.ui.embeddings_layouts import Request, Shown, Watcher, watcher
from optviz.ui.embeddings_pick import choose_count, fit_count, render_search
from optviz.ui.embeddings_select import render_selection
from optviz.ui.embeddings_stage import draw_map, map_progress
from optviz.ui.embeddings_state import COLOURS, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store
from optviz.ui.waiting import renewed

__all__ = ["render_methods"]

_HEIGHT = 400
_REFRESH = 0.5
_NEIGHBOURS = 10
_COLOURS = [name for name in COLOURS if name not in MEASURED]

PageStore = Store[EmbeddingsState]


def render_methods(page: Page, store: PageStore) -> None:
    """Draw the maps, what each is worth, and what is chosen."""
    films = session_movies()
    fit_count(store, len(films))
    movies = films.most_rated(store.value.n_movies)
    _controls(page, store, films, movies)
    maps = [(watcher(method), _request(store, movies, method)) for method in available()]
    found = [_asked(watch, request) for watch, request in maps]
    working = _working(maps)
    renewed(_look, working, _REFRESH)(page, store, movies, maps, _ready(found), working)
    _compare(page, store, movies, found)
    shown = next((one for one in reversed(found) if isinstance(one, Shown)), None)
    render_selection(page, store, movies, shown)


def _controls(page: Page, store: PageStore, films: Movies, movies: Movies) -> None:
    left, middle, right = st.columns([1, 1, 1], gap="medium")
    with left:
        render_search(page, store, movies)
    with middle:
        choose_colour(page, store, _COLOURS, "genre")
    with right:
        choose_count(page, store, len(films))


def _request(store: PageStore, movies: Movies, method: str) -> Request:
    parameters = {p.name: getattr(store.value, p.name) for p in PROJECTIONS[method].parameters}
    key = layout_key(movies.vectors, method, 2, parameters)
    return Request(movies, method, 2, parameters, key)


def _asked(watch: Watcher, request: Request) -> Shown | Problem | None:
    try:
        return watch.ask(request)
    except Problem as problem:
        watch.drop()
        return problem


def _working(maps: Sequence[tuple[Watcher, Request]]) -> bool:
    return any(watch.working for watch, _ in maps)


def _ready(found: Sequence[Shown | Problem | None]) -> int:
    return sum(isinstance(one, Shown) for one in found)


def _look(
    page: Page,
    store: PageStore,
    movies: Movies,
    maps: Sequence[tuple[Watcher, Request]],
    ready: int,
    working: bool,
) -> None:
    found = [_asked(watch, request) for watch, request in maps]
    if _ready(found) > ready or (working and not _working(maps)):
        st.rerun()  # what stands below the maps follows
    for column, one, (watch, request) in zip(
        st.columns(len(maps), gap="small"), found, maps, strict=True
    ):
        with column:
            st.markdown(f"**{page.text(f'embeddings.method.{request.method}')}**")
            if isinstance(one, Problem):
                page.problem(one)
            elif one is not None:
                _draw(page, store, movies, one)
            else:
                with st.container(height=_HEIGHT, border=False, vertical_alignment="center"):
                    map_progress(page, watch, request, f"embeddings.methods.{{}}.{request.method}")


def _draw(page: Page, store: PageStore, movies: Movies, shown: Shown) -> None:
    state = store.value
    row = movies.place(state.movie)
    chosen = np.isin(movies.item_ids, state.chosen)

    method = shown.request.method
    figure: Any = map_figure(
        shown.layout.projection.coordinates, movies.items, text=page.text, theme=page.theme,
        colour=state.colour,
        highlighted=chosen if chosen.any() else None, sized=state.sized, selected=row,
        neighbours=_near(state, movies, row), true_scale=method == "pca",
        revision=f"{method} {shown.request.key}", selection=f"{hash(state.chosen)}",
    )  # fmt: skip
    figure.update_layout(dragmode="lasso")
    draw_map(
        store, movies, figure, key=f"embeddings.methods.{method}", height=_HEIGHT, linked="methods"
    )
    trust = shown.layout.quality
    if trust is not None:
        st.caption(
            page.text(
                "embeddings.methods.trust",
                trust=trust.trustworthiness,
                kept=trust.kept * trust.k,
                k=trust.k,
            )
        )


def _near(state: EmbeddingsState, movies: Movies, row: int | None) -> list[int]:
    if row is None:
        return []
    try:
        found = nearest(movies.vectors, row, state.near, state.metric)
    except Problem:  # a model that diverged: the maps' own sentence says so
        return []
    return list(map(int, found.indices))


def _compare(
    page: Page, store: PageStore, movies: Movies, found: Sequence[Shown | Problem | None]
) -> None:
    """What to notice: in general, or of the chosen films."""
    text = page.text
    rows = np.flatnonzero(np.isin(movies.item_ids, store.value.chosen))
    maps = [one for one in found if isinstance(one, Shown)]
    if rows.size < 2 or not maps:
        st.markdown(text("embeddings.methods.notice"))
        return
    shares = [
        text(
            "embeddings.methods.share",
            name=text(f"embeddings.method.{one.request.method}"),
            share=100 * together(one.layout.projection.coordinates, rows, _NEIGHBOURS),
        )
        for one in maps
    ]
    vectors = comparable(as_vectors(movies.vectors), store.value.normalize)
    st.markdown(
        text(
            "embeddings.methods.chosen",
            n=f"{rows.size:,}",
            k=min(_NEIGHBOURS, rows.size - 1),
            shares=text("embeddings.methods.comma").join(shares),
            truth=100 * together(vectors, rows, _NEIGHBOURS),
        )
    )
