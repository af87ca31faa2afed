"""Axes of one's own between films, and what one film is to another: arithmetic with rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.axes import own_axes
from optviz.embedding.neighbours import analogy
from optviz.embedding.precomputed import layout_key
from optviz.embedding.projections import Projection
from optviz.embedding.tasks import Layout
from optviz.figures.embeddings import Axes
from optviz.figures.films import short_title
from optviz.ui import controls
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_filter import names_of
from optviz.ui.embeddings_layouts import Request, Shown
from optviz.ui.embeddings_select import film_list
from optviz.ui.embeddings_state import NO_MOVIE, OWN_AXES, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, bind_value, remember

__all__ = ["own_map", "pole_names", "render_analogy", "render_poles"]

_SIDES = ("left", "right", "bottom", "top")
_MOST_FILMS = 5
_ANSWERS = 5


def render_poles(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw the choice of films at either end of both axes."""
    text = page.text
    chosen = [film for side in _SIDES for film in getattr(store.value, side)]
    names = names_of(store.value, movies, chosen)
    options = sorted(names, key=lambda film: names[film].lower())

    def taker(side: str) -> Callable[[list[int]], None]:
        return lambda films: store.set(**{side: films})

    for side in _SIDES:
        picked = [film for film in getattr(store.value, side) if film in names]
        st.multiselect(
            text(f"embeddings.axes.{side}"), options, picked, format_func=names.__getitem__,
            max_selections=_MOST_FILMS, placeholder=text("embeddings.axes.pick"),
            **bind_value(f"embeddings.{side}", picked, taker(side)),
        )  # fmt: skip


def own_map(
    page: Page, store: Store[EmbeddingsState], movies: Movies
) -> tuple[Shown | None, float, bool]:
    """The films along the chosen axes, the cosine between these, and whether they are the last
    that could be drawn, not those that are chosen; what is wrong with those is said here."""
    kept: dict[str, tuple[Shown, float]] = remember("own axes", dict)
    state = store.value
    poles = [_rows(movies, getattr(state, side)) for side in _SIDES]
    try:
        found = own_axes(
            movies.vectors, [(poles[0], poles[1]), (poles[2], poles[3])], normalize=state.normalize
        )
    except Problem as problem:
        page.problem(problem)
        last, cosine = kept.get("map", (None, float("nan")))
        return last, cosine, True
    settings = {"normalize": state.normalize} | {
        side: ".".join(map(str, rows)) for side, rows in zip(_SIDES, poles, strict=True)
    }
    key = layout_key(movies.vectors, OWN_AXES, 2, settings)
    projection = Projection(OWN_AXES, settings, found.coordinates, seconds=0.0)
    shown = Shown(
        Request(movies, OWN_AXES, 2, dict(settings), key), Layout(projection, None), bundled=False
    )
    cosine = float("nan") if found.cosine is None else found.cosine
    kept["map"] = shown, cosine
    return shown, cosine, False


def pole_names(shown: Shown) -> Axes | None:
    """What lies at the ends of the axes of a map, if these are somebody's own."""
    if shown.request.method != OWN_AXES:
        return None
    titles = shown.request.movies.items.titles
    left, right, bottom, top = (
        " + ".join(
            short_title(titles[int(row)]) for row in shown.request.parameters[side].split(".")
        )
        for side in _SIDES
    )
    return (left, right), (bottom, top)


def _rows(movies: Movies, films: tuple[int, ...]) -> list[int]:
    return np.flatnonzero(np.isin(movies.item_ids, films)).tolist() if films else []


def render_analogy(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw a − b + c, folded: three films to pick, and the nearest answers."""
    text, state = page.text, store.value
    names = names_of(state, movies, (state.plus, state.minus, state.like))
    names[NO_MOVIE] = text("embeddings.search.none")
    options = [NO_MOVIE, *sorted(names.keys() - {NO_MOVIE}, key=lambda film: names[film].lower())]
    with st.expander(text("embeddings.analogy.title"), icon=":material/function:"):
        st.markdown(text("embeddings.analogy.lead"))
        terms = {}
        for column, term in zip(st.columns(3), ("plus", "minus", "like"), strict=True):
            film = getattr(store.value, term)
            terms[term] = film if film in names else NO_MOVIE
            with column:
                controls.choose_part(
                    f"embeddings.{term}", text(f"embeddings.analogy.{term}"), options, terms[term],
                    lambda film, term=term: store.set(**{term: film}),  # type: ignore[misc]
                    names.__getitem__,
                )  # fmt: skip
        if NO_MOVIE in terms.values():
            st.caption(text("embeddings.analogy.pick"))
            return
        a, b, c = (_rows(movies, (film,))[0] for film in terms.values())
        try:
            found = analogy(movies.vectors, a, b, c, _ANSWERS)
        except Problem as problem:  # a model that diverged
            page.problem(problem)
            return
        marks = [f"**{value:.2f}** · ".replace("-", "−") for value in found.values]
        film_list(store, movies, found.indices.tolist(), marks, "analogy")
        st.caption(text("embeddings.analogy.note"))
