"""The frame that every page stands in: configuration, menu, language, headline, safety net.

Streamlit runs ``pages/*.py`` on their own on a cold deep link, without ``app.py``; so each
script opens with :func:`page`, which draws everything that all pages share.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.theme import Theme, theme
from optviz.jobs import cluster
from optviz.language import LANGUAGES, Text
from optviz.ui import state
from optviz.ui.components.preload import preload
from optviz.ui.warm import warm_up

__all__ = ["PAGES", "Page", "page"]

PAGES: Mapping[str, tuple[str, str]] = {
    "home": ("app.py", ":material/home:"),
    "trajectories": ("pages/trajectories.py", ":material/route:"),
    "batch_size": ("pages/batch_size.py", ":material/grain:"),
    "jacobian_hessian": ("pages/jacobian_hessian.py", ":material/grid_4x4:"),
    "learning_rate": ("pages/learning_rate.py", ":material/speed:"),
    "schedules": ("pages/schedules.py", ":material/show_chart:"),
    "regularisation": ("pages/regularisation.py", ":material/compress:"),
    "recommender": ("pages/recommender.py", ":material/movie:"),
    "embeddings": ("pages/embeddings.py", ":material/scatter_plot:"),
}
"""Page → its script and its icon, in the order of the menu."""

NAME = "optviz"
"""The product's name, the same in every language."""

_log = logging.getLogger("optviz")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page script needs from its frame.

    Attributes:
        name: A key of :data:`PAGES`.
        text: The catalogue in the session's language.
        theme: Colours for the ground the browser shows.
    """

    name: str
    text: Text
    theme: Theme

    def headline(self) -> None:
        """Draw the page's question and its lead (``<page>.question``, ``<page>.lead``)."""
        with st.container(key="frame-headline"):
            st.title(self.text(f"{self.name}.question"), anchor=False)
            st.markdown(self.text(f"{self.name}.lead"))

    def problem(self, problem: Problem) -> None:
        """Say what was wrong with something the user gave, right here."""
        show_problem(problem, self.text)


def show_problem(problem: Problem, text: Text) -> None:
    """Draw a problem's sentence in the user's language."""
    inner = problem.values.get("inner")
    if isinstance(inner, Problem):
        problem = Problem(problem.key, **problem.values | {"why": inner.sentence(text)})
    st.warning(problem.sentence(text), icon=":material/edit_note:")


@contextmanager
def page(name: str) -> Iterator[Page]:
    """Open a page: ``with frame.page("trajectories") as page: …``.

    Inside, a :class:`Problem` becomes its sentence; any other exception is logged on the server
    and becomes a kind, general sentence: no traceback reaches the reader.
    """
    text = state.language()
    state.begin_page(name)
    st.set_page_config(
        page_title=f"{text(f'{name}.name')} · {NAME}",
        page_icon=str(files("optviz.ui").joinpath("icon.svg")),
        layout="wide",
        initial_sidebar_state="auto",
    )
    _style()
    _menu(text)
    for mishap in state.mishaps():
        show_problem(mishap, text) if mishap else _failed(text)
    try:
        yield Page(name, text, theme(st.context.theme.type))
        warm_up(name)
    except Problem as problem:
        show_problem(problem, text)
    except Exception:
        _log.exception("page %s failed", name)
        _failed(text)


def _failed(text: Text) -> None:
    st.error(text("frame.failed"), icon=":material/healing:")


def _style() -> None:
    css = files("optviz.ui").joinpath("frame.css").read_text("utf-8")
    st.html(f"<style>{css}</style>")


def _menu(text: Text) -> None:
    with st.sidebar:
        with st.container(key="frame-brand"):
            st.markdown(f"### {NAME}")
            st.caption(text("frame.tagline"))
        for name, (script, icon) in PAGES.items():
            st.page_link(script, label=text(f"{name}.name"), icon=icon, width="stretch")
        with st.container(key="frame-foot"):
            st.segmented_control(
                text("frame.language"),
                options=list(LANGUAGES),
                format_func=LANGUAGES.__getitem__,
                **state.bind_language(),
            )
            st.caption(text("frame.data"))
            address = cluster()
            if address is not None:
                st.caption(text("frame.cluster", address=address))
            preload()
