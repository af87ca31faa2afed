"""The home page: the course as a map, a station a page, and a lesson that leads through it."""

from __future__ import annotations

import html
from base64 import b64encode
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import ClassVar

import streamlit as st

from optviz.figures.theme import Theme
from optviz.ui.fields import PageState
from optviz.ui.frame import PAGES, Page

__all__ = ["PICTURES", "HomeState", "render"]

PICTURES = files("optviz.ui").joinpath("pictures")
"""Where the cards' pictures are: ``<page>.svg``, drawn by ``scripts/make_pictures.py``."""

_PARTS = {
    "downhill": ("trajectories", "batch_size", "jacobian_hessian", "learning_rate"),
    "learning": ("schedules", "regularisation", "recommender", "embeddings"),
}
"""The course's parts → their pages, in the order of the menu."""

_COLUMNS = 4
_LESSON = 5
# The link in a card reaches over all of it, so that the whole card can be clicked.
_STYLE = """
.st-key-home { max-width: 76rem; }
.st-key-home h3 { font-size: 0.95rem; padding: 0.3rem 0 0; }
[class*="st-key-home-card-"] { position: relative; overflow: hidden; gap: 0.4rem; padding: 0 0 0.7rem; transition: border-color 0.15s; }
[class*="st-key-home-card-"]:hover, [class*="st-key-home-card-"]:focus-within { border-color: ACCENT; }
[class*="st-key-home-card-"] img { display: block; width: 100%; aspect-ratio: 480 / 150; background: GROUND; }
[class*="st-key-home-card-"] > *:not(:first-child) { padding: 0 0.8rem; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] a { padding: 0; min-height: 0; margin: 0; background: none; }
[class*="st-key-home-card-"] .stElementContainer { position: static; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] a::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-home-card-"] [data-testid="stPageLink"] p { font-weight: 620; font-size: 0.98rem; line-height: 1.25; white-space: normal; }
[class*="st-key-home-card-"] [data-testid="stCaptionContainer"] p { font-size: 0.8rem; }
[class*="st-key-home-card-"] [data-testid="stMarkdown"] p { font-size: 0.84rem; line-height: 1.35; }
@media (min-width: 641px) and (max-width: 1000px) {
  .st-key-home .stHorizontalBlock { flex-wrap: wrap; }
  .st-key-home .stHorizontalBlock > .stColumn { min-width: calc(50% - 0.5rem); }
}
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
        station = 0
        for part, names in _PARTS.items():
            st.subheader(text(f"home.part.{part}"), anchor=False)
            for name, column in zip(names, st.columns(_COLUMNS, gap="small"), strict=False):
                station += 1
                with column.container(border=True, height="stretch", key=f"home-card-{name}"):
                    _card(page, name, station)
        lesson, data = st.columns([3, 2], gap="large")
        with lesson:
            st.subheader(text("home.lesson.title"), anchor=False)
            st.markdown("\n".join(f"1. {text(f'home.lesson.{i}')}" for i in range(1, _LESSON + 1)))
        with data:
            st.subheader(text("home.data.title"), anchor=False)
            st.markdown(text("home.data.body"))


def _card(page: Page, name: str, station: int) -> None:
    text = page.text
    alt = html.escape(text(f"home.card.{name}.picture"), quote=True)
    st.html(f'<img alt="{alt}" src="{_picture(name, page.theme)}">')
    script, icon = PAGES[name]
    st.caption(f"{station} · {icon} {text(f'{name}.name')}")
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
