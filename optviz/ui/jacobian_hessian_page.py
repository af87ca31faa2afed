"""The Jacobian and Hessian page: three parts, each a stage with its controls beside it."""

from __future__ import annotations

import streamlit as st

from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_curvature import render_curvature
from optviz.ui.jacobian_hessian_map import render_map
from optviz.ui.jacobian_hessian_networks import render_networks
from optviz.ui.jacobian_hessian_state import PARTS, JacobianHessianState
from optviz.ui.state import Store

__all__ = ["render"]


_STYLE = """
.st-key-jacobian-hessian-facts { gap: 0; margin-top: -0.5rem; }
.st-key-jacobian-hessian-facts .stMarkdown p { max-width: none; }
.st-key-jacobian-hessian-derivatives { margin-top: -0.5rem; }
.st-key-jacobian-hessian-derivatives .katex-display { margin: 0; }
.st-key-jacobian-hessian-derivatives .katex { font-size: 1.02rem; }
.st-key-jacobian-hessian-derivatives .stVerticalBlock { gap: 0.3rem; }
.st-key-jacobian-hessian-derivatives [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-frame-scroll-symbols .katex-display { padding-bottom: 0.4rem; }
"""


def render(page: Page, store: Store[JacobianHessianState], scene: str | None) -> None:
    """Draw the page below its chips.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
    """
    st.html(f"<style>{_STYLE}</style>")

    def render_parts() -> None:
        controls.switch_parts(store, page.text, PARTS)

    draw = {"map": render_map, "curvature": render_curvature, "networks": render_networks}
    draw[store.value.part](page, store, scene, render_parts)
