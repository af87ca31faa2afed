"""What a selection has that the rest has not, column by column of the user's own table."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.embedding.contrast import telling_classes
from optviz.ui import controls
from optviz.ui.embeddings_data import Movies
from optviz.ui.frame import Page

__all__ = ["render_columns"]

_SCALES, _CLASSES = 8, 6


def render_columns(page: Page, movies: Movies, chosen: NDArray[np.bool_]) -> None:
    """Draw the medians of the scales, and the classes that are more frequent than by chance."""
    text, columns = page.text, movies.items.columns
    rows: list[list[str]] = []
    for name, column in columns.items():
        if column.graded and column.numbers is not None and len(rows) < _SCALES:
            rows.append(
                [_plain(name), *(_median(column.numbers[some]) for some in (chosen, ~chosen))]
            )
    if rows:
        head = [text("embeddings.own.median"), text("embeddings.chosen.here"),
                text("embeddings.chosen.rest")]  # fmt: skip
        st.markdown(controls.number_table(head, rows))
    n = int(chosen.sum())
    found = [
        (share.z, name, share)
        for name, column in columns.items()
        if not column.graded
        for share in telling_classes(chosen, column.classes())
    ]
    if not found:
        return
    lines = [
        text("embeddings.own.share", column=_plain(name), name=_plain(share.name),
             count=f"{share.count:,}", n=f"{n:,}", inside=100 * share.inside,
             outside=100 * share.outside)
        for _, name, share in sorted(found, key=lambda one: -one[0])[:_CLASSES]
    ]  # fmt: skip
    st.markdown(text("embeddings.chosen.genres") + "\n\n" + "\n".join(f"- {x}" for x in lines))


def _median(values: NDArray[np.float64]) -> str:
    known = values[np.isfinite(values)]
    return f"{float(np.median(known)):.4g}".replace("-", "−") if known.size else "–"


def _plain(words: str) -> str:
    """Words of a file, without what Markdown or a table would take for its own."""
    for mark in "\\`*_[]|$<>#~":
        words = words.replace(mark, f"\\{mark}")
    return words[:80]
