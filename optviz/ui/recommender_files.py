"""What is taken along and brought back: models as files, tables as CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePath
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.language import Text
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run, Runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, remember

__all__ = ["offer_tables", "render_files"]


def render_files(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """Draw the button that opens on both; call it before the controls are drawn."""
    text, run = page.text, every.run
    with st.popover(text("recommender.file.title"), icon=":material/save:"):
        if run is not None and run.fitted is not None:
            st.download_button(
                text("recommender.file.save"),
                data=lambda: _content(run),
                file_name=f"{run.config.model}-seed{run.config.seed}.safetensors",
                mime="application/octet-stream",
                key="recommender.save",
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )
            st.caption(text("recommender.file.format"))
        _open(page, store, every)


def offer_tables(
    text: Text, key: str, name: str, tables: Mapping[str, Callable[[], str]], **more: Any
) -> None:
    """Draw a button for each form in which a table can be taken along.

    Args:
        text: The catalogue.
        key: Of the buttons.
        name: Of the files.
        tables: ``"csv"`` and ``"json"`` → what writes it, once it is asked for.
        **more: Further arguments of ``st.download_button``.
    """
    for kind, write in tables.items():
        st.download_button(
            text(f"recommender.race.{kind}"),
            data=partial(_written, write),
            file_name=f"{name}.{kind}",
            mime="text/csv" if kind == "csv" else "application/json",
            key=f"{key}.{kind}",
            icon=":material/download:",
            on_click="ignore",
            **more,
        )


def _written(write: Callable[[], str]) -> bytes:
    return write().encode()


def _content(run: Run) -> bytes:
    from optviz.recommender.storage import dump_model

    return dump_model(run.fitted)


def _open(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    seen: dict[str, str] = remember("recommender model file seen", dict)
    problems: list[Problem] = remember("recommender model file problem", list)
    given = st.file_uploader(
        page.text("recommender.file.open"),
        key="recommender.open",
        help=page.text("recommender.file.help"),
    )
    if given is not None and given.file_id != seen.get("id"):
        seen["id"] = given.file_id
        problems.clear()
        try:
            config = every.open_model(given.getvalue(), PurePath(given.name).stem)
        except Problem as wrong:
            problems.append(wrong)
        else:
            store.set(**fields_of(config))
            st.rerun()  # what stands above is drawn already
    for problem in problems:
        page.problem(problem)
