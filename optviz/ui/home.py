"""The home page: a card for each page, in the order of a lesson, and the lesson itself."""

from __future__ import annotations

import html
from base64 import b64encode
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import ClassVar

import streamlit as st

from optviz.figures.theme import Theme
from optviz.ui.frame import PAGES, Page
from optviz.ui.state import PageState

__all__ = ["PICTURES", "HomeState", "render"]

PICTURES = files("optviz.ui").joinpath("pictures")
"""Where the cards' pictures are: ``<page>.svg``, drawn by ``scripts/make_pictures.py``."""

_ROWS = (("trajectories", "learning_rate"), ("recommender", "embeddings"))
_LESSON = 5
# The link in a card reaches over all of it, so that the whole card can be clicked.
_STYLE = """
.st-key-home { max-width: 68rem; }
[class*="st-key-home-card-"] { position: relative; overflow: hidden; gap: 0.35rem; padding: 0 0 0.9rem; transition: border-color 0.15s; }
[class*="st-key-home-card-"]:hover, [class*="st-key-home-card-"]:focus-within { border-color: ACCENT; }
[class*="st-key-home-card-"] img { display: block; width: 100%; aspect-ratio: 480 / 150; background: GROUND; }
[class*="st-key-home-card-"] > *:not(:first-child) { padding: 0 1rem; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] a { padding: 0; min-height: 0; margin: 0; background: none; }
[class*="st-key-home-card-"] .stElementContainer { position: static; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] a::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] p { font-weight: 620; font-size: 1.1rem; line-height: 1.3; white-space: normal; }
"""  # noqa: E501


@dataclass(frozen=True)
class HomeState(PageState):
    """Nothing is set here; but the address carries the language, as on every page."""

    page: ClassVar[str] = "home"


def render(page: Page) -> None:
    """Draw the cards, the lesson, and what the data are."""
    text = page.text
    style = _STYLE.replace("ACCENT", page.theme.accent).replace("GROUND", page.theme.panel)
    st.html(f"<style>{style}</style>")
    with st.container(key="home"):
        for row in _ROWS:
            for name, column in zip(row, st.columns(2, gap="small"), strict=True):
                with column.container(border=True, height="stretch", key=f"home-card-{name}"):
                    _card(page, name)
        lesson, data = st.columns([3, 2], gap="large")
        with lesson:
            st.subheader(text("home.lesson.title"), anchor=False)
            st.markdown("\n".join(f"1. {text(f'home.lesson.{i}')}" for i in range(1, _LESSON + 1)))
        with data:
            st.subheader(text("home.data.title"), anchor=False)
            st.markdown(text("home.data.body"))


def _card(page: Page, name: str) -> None:
    text = page.text
    alt = html.escape(text(f"home.card.{name}.picture"), quote=True)
    st.html(f'<img alt="{alt}" src="{_picture(name, page.theme)}">')
    script, icon = PAGES[name]
    st.caption(f"{icon} {text(f'{name}.name')}")
    st.page_link(script, label=text(f"{name}.question"))
    st.markdown(text(f"home.card.{name}.sentence"))


def _picture(name: str, theme: Theme) -> str:
    """A picture in a theme's colours, as a data URI."""
    colours = {f"c{i}": colour for i, colour in enumerate(theme.categories)}
    for part in ("ink", "muted", "grid", "accent", "negative"):
        colours[part] = getattr(theme, part)
    # The halo round lines is the colour of what they lie on: the card's picture.
    colours["ground"] = theme.panel
    svg = Template(PICTURES.joinpath(f"{name}.svg").read_text("utf-8")).substitute(colours)
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
