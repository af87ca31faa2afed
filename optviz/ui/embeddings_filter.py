"""Films that stand out on the map: by title, genre and year, and those that a lasso chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.embedding.search import title_test
from optviz.figures.films import GENRES
from optviz.language import Text
from optviz.ui import controls
from optviz.ui.embeddings_data import Movies, session_movies
from optviz.ui.embeddings_state import FIRST_YEAR, LAST_YEAR, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, bind_value, guarded, remember

__all__ = ["NO_FILTER", "genre_name", "highlighted", "matches", "names_of", "render_filter"]

Mask = NDArray[np.bool_]

NO_FILTER = {"find": "", "genres": (), "first_year": FIRST_YEAR, "last_year": LAST_YEAR}
"""The fields of a state in which nothing is searched for."""


_LISTED_ALL, _LISTED = 10_000, 2_000


def matches(state: EmbeddingsState, movies: Movies) -> Mask:
    """(n,) which films the search, the genres and the years mean; all, if nothing is asked."""
    asked = (state.find, state.genres, state.first_year, state.last_year)
    kept: list[Any] = remember("matches", lambda: [None, None, None])
    if kept[0] is not movies.items or kept[1] != asked:  # a hundred thousand names take a moment
        kept[:] = movies.items, asked, _matches(state, movies)
    found: Mask = kept[2]
    return found


def names_of(state: EmbeddingsState, movies: Movies, always: Sequence[int] = ()) -> dict[int, str]:
    """Raw id → name, of the films that a list offers.

    That is all of them; of very many, the first that the search finds, and ``always``.
    """
    rows = range(len(movies))
    if len(movies) > _LISTED_ALL:
        shown = np.flatnonzero(matches(state, movies))[:_LISTED]
        places = np.flatnonzero(np.isin(movies.item_ids, always))
        rows = np.union1d(shown, places).tolist()
    return {int(movies.item_ids[row]): movies.items.named(row) for row in rows}


def _matches(state: EmbeddingsState, movies: Movies) -> Mask:
    items = movies.items
    found = np.ones(len(movies), dtype=bool)
    if state.find.strip():
        meant = title_test(state.find)
        found &= [meant(items.named(row)) for row in range(len(movies))]
    if not items.films:
        return found
    if state.genres:
        wanted = set(state.genres)
        found &= [bool(wanted & set(genres.split("|"))) for genres in items.genres]
    if (state.first_year, state.last_year) != (FIRST_YEAR, LAST_YEAR):
        # A film of unknown year is in no span of years.
        found &= (items.years >= state.first_year) & (items.years <= state.last_year)
    return found


def highlighted(state: EmbeddingsState, movies: Movies) -> Mask | None:
    """(n,) the films that keep their colour; None if nothing is searched for or chosen."""
    found = matches(state, movies) if state.filtered else None
    if state.chosen:
        chosen = np.isin(movies.item_ids, state.chosen)
        found = chosen if found is None else found & chosen
    return found


def genre_name(text: Text, genre: str) -> str:
    """A genre in the reader's language; as the data has it if MovieLens does not know it."""
    if genre not in GENRES:
        return genre
    return text(f"embeddings.film_genre.{genre.lower().replace('-', '_')}")


def render_filter(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw the fields, folded, and how many films match."""
    text = page.text
    with st.expander(text("embeddings.find.title"), icon=":material/filter_alt:"):
        controls.typed_text(
            "embeddings.find", text("embeddings.find.words"), store.value.find,
            lambda written: store.set(find=written), text,
            placeholder=text("embeddings.find.example"), help=text("embeddings.find.words_help"),
        )  # fmt: skip
        if movies.items.films:
            _genres(page, store, movies)
            _years(page, store)
    if not store.value.filtered:
        return
    found = matches(store.value, movies)
    n = int(found.sum())
    key = "embeddings.find.count" if n else "embeddings.find.none"
    st.caption(text(key, n=f"{n:,}", total=f"{len(movies):,}"))
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            text("embeddings.find.choose"), key="embeddings.find.choose", icon=":material/select:",
            on_click=guarded(store.set), disabled=not n,
            kwargs={"chosen": movies.item_ids[found].tolist(), **NO_FILTER},
        )  # fmt: skip
        st.button(
            text("embeddings.find.clear"), key="embeddings.find.clear", icon=":material/close:",
            on_click=guarded(store.set), kwargs=NO_FILTER,
        )  # fmt: skip


def _genres(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    known = {genre for joined in movies.items.genres for genre in joined.split("|") if genre}
    # What a link asks for stays to be seen, though no film here has it.
    options = sorted(known | set(store.value.genres))
    picked = list(store.value.genres)
    st.multiselect(
        page.text("embeddings.find.genres"), options, picked,
        format_func=lambda genre: genre_name(page.text, genre),
        placeholder=page.text("embeddings.find.any"),
        **bind_value("embeddings.genres", picked, lambda genres: store.set(genres=genres)),
    )  # fmt: skip


def _years(page: Page, store: Store[EmbeddingsState]) -> None:
    # Of all films, whatever is on the map: a slider whose ends move reports that as a wish.
    everything = session_movies().items.years
    years = everything[np.isfinite(everything)]
    if not years.size or years.min() == years.max():
        return
    first, last = int(years.min()), int(years.max())
    state = store.value
    low = min(max(state.first_year, first), last)
    shown = (low, max(min(state.last_year, last), low))

    def take(span: tuple[int, int]) -> None:
        # At either end of the slider all films are meant, also those of another model.
        store.set(
            first_year=FIRST_YEAR if span[0] == first else span[0],
            last_year=LAST_YEAR if span[1] == last else span[1],
        )

    st.slider(
        page.text("embeddings.find.years"), first, last, shown, format="%d",
        **bind_value("embeddings.years", shown, take),
    )  # fmt: skip
