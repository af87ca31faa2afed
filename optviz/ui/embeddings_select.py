"""The films that a box or a lasso chose: which, how they differ, who is near, and on their own."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.contrast import Contrast, contrast
from optviz.embedding.neighbours import nearest_to_all
from optviz.embedding.projections import PROJECTIONS
from optviz.ui import controls
from optviz.ui.embeddings_columns import render_columns
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_export import films_csv
from optviz.ui.embeddings_filter import NO_FILTER, genre_name
from optviz.ui.embeddings_layouts import Shown
from optviz.ui.embeddings_state import NO_MOVIE, OWN_AXES, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, guarded

__all__ = ["film_list", "render_alone", "render_selection"]

_LISTED = 100
_LIST_HEIGHT = 260
_GENRES = 4
# A list, not a stack of buttons: left-aligned, one line each.
_LIST_STYLE = """
[class*="st-key-embeddings-list"] button {
  justify-content: flex-start; min-height: 1.9rem; padding: 0;
}
[class*="st-key-embeddings-list"] button > div { justify-content: flex-start; min-width: 0; }
[class*="st-key-embeddings-list"] button p {
  font-size: 0.875rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
"""


def film_list(
    store: Store[EmbeddingsState], movies: Movies, rows: list[int], marks: list[str], name: str
) -> None:
    """Films, one a line; a press looks at the film, on the map and in its neighbours.

    Args:
        store: The page's state.
        movies: The films of the map.
        rows: Which of them, in order.
        marks: What stands before each.
        name: Tells the list from others.
    """
    st.html(f"<style>{_LIST_STYLE}</style>")
    with st.container(gap=None, key=f"embeddings-list-{name}"):
        for place, (row, mark) in enumerate(zip(rows, marks, strict=True)):
            st.button(
                f"{mark}{movies.items.named(row)}", key=f"embeddings.{name}.{place}",
                width="stretch", type="tertiary", on_click=guarded(store.set),
                kwargs={"movie": int(movies.item_ids[row])},
            )  # fmt: skip


def render_alone(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Say that only a selection is on the map, and lead back to all films."""
    text = page.text
    st.caption(text("embeddings.chosen.alone", n=f"{len(movies):,}"))
    st.button(
        text("embeddings.chosen.back"), key="embeddings.chosen.back", icon=":material/undo:",
        on_click=guarded(store.set), kwargs={"alone": (), "chosen": store.value.alone},
    )  # fmt: skip


def render_selection(
    page: Page, store: Store[EmbeddingsState], movies: Movies, shown: Shown | None
) -> None:
    """Draw what there is to say of the chosen films; nothing if none is on the map."""
    text = page.text
    chosen = np.isin(movies.item_ids, store.value.chosen)
    rows = np.flatnonzero(chosen)
    if not rows.size:
        return
    st.markdown(text("embeddings.chosen.title", n=f"{rows.size:,}", total=f"{len(movies):,}"))
    _actions(page, store, movies, rows, shown)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        if movies.items.films:
            _differences(page, movies, chosen)
        render_columns(page, movies, chosen)
    with right:
        _lists(page, store, movies, rows)


def _actions(
    page: Page,
    store: Store[EmbeddingsState],
    movies: Movies,
    rows: NDArray[np.int64],
    shown: Shown | None,
) -> None:
    text, state = page.text, store.value
    fewest = 3 if state.method == OWN_AXES else PROJECTIONS[state.method].minimum_points
    current = shown is not None and shown.request.movies.item_ids is movies.item_ids
    places = shown.layout.projection.coordinates if shown is not None and current else None
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            text("embeddings.chosen.isolate"), key="embeddings.chosen.isolate",
            icon=":material/center_focus_strong:", disabled=rows.size < fewest,
            help=text("embeddings.chosen.isolate_help", fewest=fewest),
            on_click=guarded(store.set),
            kwargs={
                "alone": movies.item_ids[rows].tolist(), "chosen": (),
                "movie": NO_MOVIE, **NO_FILTER,
            },
        )  # fmt: skip
        st.download_button(
            text("embeddings.chosen.csv"), lambda: films_csv(movies, rows.tolist(), places),
            file_name="films.csv", mime="text/csv", key="embeddings.chosen.csv",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.button(
            text("embeddings.chosen.clear"), key="embeddings.chosen.clear", icon=":material/close:",
            on_click=guarded(store.set), kwargs={"chosen": ()},
        )  # fmt: skip


def _differences(page: Page, movies: Movies, chosen: NDArray[np.bool_]) -> None:
    text, items = page.text, movies.items
    found = contrast(
        chosen, means=items.means, counts=items.counts, years=items.years, labels=items.genres
    )

    def number(value: float, form: str) -> str:
        return "–" if np.isnan(value) else format(value, form)

    pairs = (("rating", found.rating, ".2f"), ("year", found.year, ".0f"),
             ("count", found.count, ",.0f"))  # fmt: skip
    rows = [
        [text(f"embeddings.chosen.{name}"), number(pair.inside, form), number(pair.outside, form)]
        for name, pair, form in pairs
    ]
    head = [" ", text("embeddings.chosen.here"), text("embeddings.chosen.rest")]
    st.markdown(controls.number_table(head, rows))
    st.markdown(_genres(page, found))


def _genres(page: Page, found: Contrast) -> str:
    text = page.text
    if not found.labels:
        return text("embeddings.chosen.no_genres")
    lines = [
        text(
            "embeddings.chosen.genre",
            name=genre_name(text, share.name),
            count=share.count,
            n=found.n,
            inside=100 * share.inside,
            outside=100 * share.outside,
        )
        for share in found.labels[:_GENRES]
    ]
    return text("embeddings.chosen.genres") + "\n\n" + "\n".join(f"- {line}" for line in lines)


def _lists(
    page: Page, store: Store[EmbeddingsState], movies: Movies, rows: NDArray[np.int64]
) -> None:
    text, state = page.text, store.value
    films, near = st.tabs([text("embeddings.chosen.films"), text("embeddings.chosen.near")])
    with films, st.container(height=_LIST_HEIGHT, border=False):
        film_list(store, movies, rows[:_LISTED].tolist(), [""] * min(rows.size, _LISTED), "film")
        if rows.size > _LISTED:
            st.caption(text("embeddings.chosen.more", n=f"{rows.size - _LISTED:,}"))
    with near, st.container(height=_LIST_HEIGHT, border=False):
        st.caption(text(f"embeddings.chosen.near_{state.metric}"))
        try:
            found = nearest_to_all(movies.vectors, rows.tolist(), state.near, state.metric)
        except Problem as problem:  # a model that diverged
            page.problem(problem)
            return
        marks = [f"**{value:.2f}** · ".replace("-", "−") for value in found.values]
        film_list(store, movies, found.indices.tolist(), marks, "outside")
