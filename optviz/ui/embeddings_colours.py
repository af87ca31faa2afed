"""What the points of the map are coloured by."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from optviz.figures.embeddings_paint import COLUMN, MEASURED
from optviz.ui import controls
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_state import COLOURS, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store

__all__ = ["choose_colour", "render_colour"]


def choose_colour(
    page: Page, store: Store[EmbeddingsState], known: Sequence[str], otherwise: str
) -> None:
    """Draw the choice among ``known``; ``otherwise`` takes the place of what is not among them."""
    text = page.text
    if store.value.colour not in known:  # a link, another part's, or another table's column
        store.set(colour=otherwise)
    controls.choose(
        store, "colour", text("embeddings.colour.label"), known,
        lambda name: name.removeprefix(COLUMN) if name.startswith(COLUMN)
        else text(f"embeddings.colour.{name}"),
    )  # fmt: skip


def render_colour(page: Page, store: Store[EmbeddingsState], movies: Movies) -> None:
    """Draw the choice, and what to notice in the one that is made."""
    text, items = page.text, movies.items
    columns = [f"{COLUMN}{name}" for name in items.columns]
    known = [*COLOURS, *columns] if items.films else [*columns, *MEASURED]
    choose_colour(page, store, known, known[0])
    state = store.value
    if state.live and state.colour in MEASURED:
        note = "not_live"
    elif state.column:
        column = items.columns[state.column]
        note = "scale_note" if column.graded else "classes_note"
    else:
        note = f"{state.colour}_note"
    st.caption(text(f"embeddings.colour.{note}"))
