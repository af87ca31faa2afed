"""The home page: one card a page, in the order of a lesson."""

from __future__ import annotations

import streamlit as st

from optviz.ui.frame import PAGES, Page

__all__ = ["render"]


def render(page: Page) -> None:
    """Draw the cards."""
    for name, (script, icon) in PAGES.items():
        if name == "home":
            continue
        with st.container(border=True):
            st.page_link(script, label=page.text(f"{name}.name"), icon=icon)
            st.markdown(page.text(f"{name}.question"))
