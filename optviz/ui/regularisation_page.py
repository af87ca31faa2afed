"""The Regularisation page: three parts, each a stage with its controls beside it."""

from __future__ import annotations

import streamlit as st

from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.regularisation_decay import render_decay
from optviz.ui.regularisation_landscape import render_landscape
from optviz.ui.regularisation_norm import render_norm
from optviz.ui.regularisation_state import PARTS, RegularisationState
from optviz.ui.state import Store

__all__ = ["render"]

_STYLE = """
.st-key-regularisation-facts .stMarkdown p { max-width: none; }
.st-key-regularisation-facts { gap: 0.2rem; }
"""


def render(page: Page, store: Store[RegularisationState], scene: str | None) -> None:
    """Draw the page below its chips.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
    """
    st.html(f"<style>{_STYLE}</style>")

    def render_parts() -> None:
        controls.switch_parts(store, page.text, PARTS)

    draw = {"decay": render_decay, "norm": render_norm, "landscape": render_landscape}
    draw[store.value.part](page, store, scene, render_parts)
