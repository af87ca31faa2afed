"""How many films are on a map, and the one that is looked at."""

from __future__ import annotations

import streamlit as st

from optviz.ui import controls
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_filter import names_of
from optviz.ui.embeddings_state import NO_MOVIE, STEP, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store

__all__ = ["choose_count", "fit_count", "render_search"]

_FEWEST = 50


def _most(n: int) -> int:
    """The slider's end: the next step above all that there are."""
    return max(STEP * -(-n // STEP), _FEWEST + STEP)


def fit_count(store: Store[EmbeddingsState], n: int) -> None:
    """See to it that no more films are asked for than the slider can, where there are ``n``."""
    if store.value.n_movies > _most(n):
        store.set(n_movies=_most(n))


def choose_count(
    page: Page, store: Store[EmbeddingsState], n: int, *, disabled: bool = False
) -> None:
    """Draw the slider that asks for films, of which there are ``n``."""
    text = page.text
    controls.slider(
        store, "n_movies", text("embeddings.settings.n_movies"), _FEWEST, _most(n), STEP,
        disabled=disabled, help=text("embeddings.settings.n_movies_help"),
    )  # fmt: skip


def render_search(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw the box that a film is picked in; one that is not among ``movies`` is let go."""
    text = page.text
    if store.value.movie != NO_MOVIE and movies.place(store.value.movie) is None:
        store.set(movie=NO_MOVIE)
    names = names_of(store.value, movies, (store.value.movie,))
    names[NO_MOVIE] = text("embeddings.search.none")
    st.selectbox(
        text("embeddings.search.label"),
        [NO_MOVIE, *sorted(names.keys() - {NO_MOVIE}, key=lambda i: names[i].lower())],
        format_func=names.__getitem__,
        help=text("embeddings.search.help"),
        **store.bind("movie"),
    )
