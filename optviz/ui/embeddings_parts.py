"""The parts of the Embeddings page: the chips of the one that is open, and the way to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from optviz.ui import controls
from optviz.ui.embeddings_state import PARTS, SCENES, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, bind_value

__all__ = ["render_parts"]


def render_parts(page: Page, store: Store[EmbeddingsState]) -> None:
    """Draw the chips and, below them, the segments of all parts."""
    text, state = page.text, store.value
    # What was said of films means nothing over points that are none.
    films = state.source != "own"
    controls.scenes(store, text, "embeddings.scene", _scenes(state.part), stays=films)

    def go(part: str | None) -> None:
        if part is None:  # the open part's own segment
            return
        # A part opens on its first scene; what somebody has set up is not undone for that.
        if any(state == EmbeddingsState(**fields) for fields in SCENES.values()):
            store.reset()
            store.set(**next(iter(_scenes(part).values())))
        store.set(part=part)

    st.segmented_control(
        text("embeddings.part"), PARTS, default=state.part,
        format_func=lambda part: text(f"embeddings.part_{part}"), label_visibility="collapsed",
        # Other words, another widget: the browser knows the segments by theirs.
        **bind_value(f"embeddings.part.{text.code}", state.part, go),
    )  # fmt: skip


def _scenes(part: str) -> Mapping[str, Mapping[str, Any]]:
    return {name: set_up for name, set_up in SCENES.items() if set_up.get("part", "map") == part}
