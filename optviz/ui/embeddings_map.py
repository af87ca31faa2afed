"""Part two: the map of the movies, its controls, its neighbours, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.precomputed import layout_key
from optviz.embedding.projections import PROJECTIONS, available, fitting
from optviz.figures.embeddings import Axes, map_figure
from optviz.figures.map_page import map_page
from optviz.ui import controls
from optviz.ui.embeddings_axes import own_map, pole_names, render_analogy, render_poles
from optviz.ui.embeddings_colours import render_colour
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_export import render_export
from optviz.ui.embeddings_facts import render_facts
from optviz.ui.embeddings_filter import highlighted, matches, render_filter
from optviz.ui.embeddings_layouts import Request, Shown, Watcher, watcher
from optviz.ui.embeddings_live import (
    choose_library,
    descent_settings,
    live_settings,
    render_live,
)
from optviz.ui.embeddings_measures import known_measures, render_measures
from optviz.ui.embeddings_near import render_looks, render_neighbours
from optviz.ui.embeddings_own import everything
from optviz.ui.embeddings_own_panel import render_own
from optviz.ui.embeddings_pick import choose_count, fit_count, render_search
from optviz.ui.embeddings_select import render_alone, render_selection
from optviz.ui.embeddings_stage import draw_map, map_progress
from optviz.ui.embeddings_state import OWN_AXES, EmbeddingsState
from optviz.ui.embeddings_words import speaking_of_points
from optviz.ui.frame import Page
from optviz.ui.state import Store
from optviz.ui.waiting import renewed

__all__ = ["render_map"]

_HEIGHT = 500
_REFRESH = 0.5
# Four methods side by side, in a column as narrow as that of the controls.
_STYLE = ".st-key-embeddings-method button { padding-inline: 0.45rem; }"


def render_map(page: Page, store: Store[EmbeddingsState]) -> None:
    """Draw the map beside its controls."""
    films = everything(store)
    if films.file:
        page = speaking_of_points(page)
    stage, side = st.columns([10, 3.1], gap="small")
    with side:
        movies = _controls(page, store, films)
        with st.container():  # one place, whatever it holds: what follows stays the same element
            near = render_neighbours(page, store, movies)
        _settings(page, store, movies, films)
        render_own(page, store)
    with stage:
        shown = (
            _own(page, store, movies, near) if _is_own(store) else _stage(page, store, movies, near)
        )
        with st.container():
            render_selection(page, store, movies, shown)
        measures = st.container()
    render_analogy(page, store, movies)
    render_export(
        page,
        movies,
        None if shown is None else shown.layout.projection.coordinates,
        None if shown is None else lambda: map_page(_figure(page, store, shown, near), page.theme),
    )
    with st.expander(page.text("embeddings.read.title"), icon=":material/menu_book:"):
        st.markdown(page.text("embeddings.read.body"))
    if shown is not None:
        with measures:
            render_measures(page, store, shown)


def _is_own(store: Store[EmbeddingsState]) -> bool:
    return store.value.method == OWN_AXES


def _controls(page: Page, store: Store[EmbeddingsState], everything: Movies) -> Movies:
    alone = everything.only(store.value.alone) if store.value.alone else None
    if alone is not None and not len(alone):  # a link, or another model's films
        store.set(alone=())
        alone = None
    fit_count(store, len(everything))
    movies = everything.most_rated(store.value.n_movies) if alone is None else alone
    render_search(page, store, movies)
    if alone is not None:
        render_alone(page, store, movies)
    return movies


def _settings(
    page: Page, store: Store[EmbeddingsState], movies: Movies, everything: Movies
) -> None:
    text, state = page.text, store.value

    def method(name: str) -> str:
        return text(f"embeddings.method.{name}")

    st.html(f"<style>{_STYLE}</style>")
    controls.segment(
        store, "method", text("embeddings.method.label"), _methods(state.method), method,
        width="content",
    )  # fmt: skip
    if state.method == OWN_AXES:
        render_poles(page, store, movies)
    elif state.method == "tsne":
        choose_library(page, store)
    render_colour(page, store, movies)
    with st.container(gap="xsmall"):
        render_filter(page, store, movies)
        render_looks(page, store, movies)
        _layout_settings(page, store, len(everything))


def _methods(chosen: str) -> list[str]:
    """Those that run here, and what a link asks for: the page then says what is missing."""
    return [name for name in (*PROJECTIONS, OWN_AXES)
            if name in (*available(), OWN_AXES, chosen)]  # fmt: skip


def _layout_settings(page: Page, store: Store[EmbeddingsState], most: int) -> None:
    text, state = page.text, store.value
    with st.expander(text("embeddings.settings.title"), icon=":material/tune:"):
        if state.method != OWN_AXES:
            controls.segment(
                store, "dimensions", text("embeddings.dimensions"), ["2", "3"], lambda d: f"{d}D",
                disabled=state.live,
            )  # fmt: skip
        choose_count(page, store, most, disabled=bool(state.alone))
        if state.live:
            live_settings(page, store)
        elif state.method == "tsne":
            _tsne_settings(page, store)
        elif state.method == "umap":
            _umap_settings(page, store)
        controls.switch(
            store, "normalize", text("embeddings.settings.normalize"),
            help=text("embeddings.settings.normalize_help"),
        )  # fmt: skip


def _tsne_settings(page: Page, store: Store[EmbeddingsState]) -> None:
    text = page.text
    controls.slider(
        store, "perplexity", text("embeddings.settings.perplexity"), 2.0, 100.0, 1.0,
        format="%.0f", help=text("embeddings.settings.perplexity_help"),
    )  # fmt: skip
    descent_settings(page, store)
    controls.typed_number(
        store, "seed", text("embeddings.settings.seed"), text, whole=True,
        disabled=store.value.init != "random", help=text("embeddings.settings.seed_help"),
    )  # fmt: skip


def _umap_settings(page: Page, store: Store[EmbeddingsState]) -> None:
    text = page.text
    controls.slider(
        store, "n_neighbors", text("embeddings.settings.n_neighbors"), 2, 200,
        help=text("embeddings.settings.n_neighbors_help"),
    )  # fmt: skip
    controls.slider(
        store, "min_dist", text("embeddings.settings.min_dist"), 0.0, 0.99, 0.01,
        help=text("embeddings.settings.min_dist_help"),
    )  # fmt: skip
    controls.typed_number(
        store, "seed", text("embeddings.settings.seed"), text, whole=True,
        help=text("embeddings.settings.seed_umap"),
    )  # fmt: skip


def _stage(
    page: Page, store: Store[EmbeddingsState], movies: Movies, near: tuple[int, ...]
) -> Shown | None:
    """Draw the projection or its making; what is shown, once it is what the settings ask for."""
    state = store.value
    if state.live:
        watcher().drop()
        render_live(page, store, movies, near)
        return None
    parameters = state.parameters()
    if state.alone:  # a few films alone cannot keep as many neighbours each as a thousand can
        if "perplexity" in parameters:
            parameters["perplexity"] = fitting(parameters["perplexity"], len(movies))
        if "n_neighbors" in parameters:
            parameters["n_neighbors"] = min(parameters["n_neighbors"], len(movies) - 1)
    dimensions = int(state.dimensions)
    key = layout_key(movies.vectors, state.method, dimensions, parameters)
    request = Request(movies, state.method, dimensions, parameters, key)
    watch = watcher()
    try:
        shown = watch.ask(request)
    except Problem as problem:
        page.problem(problem)
        watch.drop()
        if watch.last is not None:
            _picture(page, store, watch.last, near, stale=True)
        return None
    working = shown is None and watch.working
    renewed(_look, working, _REFRESH)(page, store, watch, request, near, shown is None, working)
    return shown


def _look(
    page: Page,
    store: Store[EmbeddingsState],
    watch: Watcher,
    request: Request,
    near: tuple[int, ...],
    missing: bool,
    working: bool,
) -> None:
    shown = watch.ask(request)
    if missing and (shown is not None or (working and not watch.working)):
        st.rerun()
    if shown is not None:
        _picture(page, store, shown, near)
        render_facts(page, shown)
        return
    glimpse = watch.glimpse()
    if glimpse is not None:
        coordinates = glimpse.data["coordinates"]
        forming = _drawn(page, store, request.movies, coordinates, near, request.method, "forming")
        _draw(store, request.movies, forming)
    elif watch.last is not None:
        _picture(page, store, watch.last, near, stale=True)
    else:
        # As high as the map that will come, so that nothing below it jumps.
        with st.container(height=_HEIGHT, border=False, vertical_alignment="center"):
            map_progress(page, watch, request, "embeddings.{}")
        return
    map_progress(page, watch, request, "embeddings.{}")


def _own(
    page: Page, store: Store[EmbeddingsState], movies: Movies, near: tuple[int, ...]
) -> Shown | None:
    """Draw the films along axes of one's own."""
    watcher().drop()
    shown, cosine, stale = own_map(page, store, movies)
    if shown is None:
        return None
    _picture(page, store, shown, near, stale)
    st.caption(page.text("embeddings.axes.facts", cosine=f"{cosine:.2f}".replace("-", "−")))
    return None if stale else shown


def _picture(
    page: Page,
    store: Store[EmbeddingsState],
    shown: Shown,
    near: tuple[int, ...],
    stale: bool = False,
) -> None:
    _draw(store, shown.request.movies, _figure(page, store, shown, near, stale))


def _figure(
    page: Page,
    store: Store[EmbeddingsState],
    shown: Shown,
    near: tuple[int, ...],
    stale: bool = False,
) -> Any:
    return _drawn(
        page,
        store,
        shown.request.movies,
        shown.layout.projection.coordinates,
        near,
        shown.request.method,
        revision=str(shown.request.key),
        stale=stale,
        measured=known_measures(shown),
        axes=pole_names(shown),
    )


def _drawn(
    page: Page,
    store: Store[EmbeddingsState],
    movies: Movies,
    coordinates: NDArray[Any],
    near: tuple[int, ...],
    method: str,
    revision: str,
    stale: bool = False,
    measured: Mapping[str, NDArray[Any]] = MappingProxyType({}),
    axes: Axes | None = None,
) -> Any:
    """The figure of films where they lie, as the settings want it."""
    state = store.value
    # A stale picture may hold other movies than the one being made.
    row = movies.place(state.movie)
    linked = [place for item in near if row is not None
              and (place := movies.place(item)) is not None]  # fmt: skip
    return map_figure(
        coordinates,
        movies.items,
        text=page.text,
        theme=page.theme,
        colour=state.colour,
        highlighted=highlighted(state, movies),
        measured=measured,
        sized=state.sized,
        size_by=state.size_by,
        crowding=state.crowding,
        axes=axes,
        selected=row,
        neighbours=linked,
        centred=row is not None and state.movie != state.clicked,
        stale=stale,
        true_scale=method == "pca",
        revision=revision,
        selection=f"{hash(state.chosen)}",
    )


def _draw(store: Store[EmbeddingsState], movies: Movies, figure: Any) -> None:
    # With a search, a lasso means what stands out, not the grey around it.
    draw_map(
        store, movies, figure, key="embeddings.chart", height=_HEIGHT,
        among=lambda: matches(store.value, movies),
    )  # fmt: skip
