"""The part of the page where the user's own files are given and corrected."""

from __future__ import annotations

import streamlit as st

from optviz.ui import controls
from optviz.ui.embeddings_own import Own, own, show_source
from optviz.ui.embeddings_state import EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, bind_value, guarded, remember
from optviz.ui.waiting import renewed, show_progress

__all__ = ["render_own", "take_files"]

_OURS = ""


def take_files(store: Store[EmbeddingsState]) -> None:
    """Take over what has been read since the last look; call it before anything is drawn."""
    kept = own()
    kept.take("about")
    if kept.take("points"):
        show_source(store, "own")


def render_own(page: Page, store: Store[EmbeddingsState]) -> None:
    """Draw the two boxes for files, folded, and what was made of them."""
    text, kept = page.text, own()
    with st.expander(
        text("embeddings.own.title"), icon=":material/upload_file:",
        expanded=bool(kept.problems or kept.reading),
    ):  # fmt: skip
        st.markdown(text("embeddings.own.lead"))
        _box(page, kept, "points")
        if "points" in kept.problems and kept.problems["points"].key == "problem.own.not_finite":
            st.button(
                text("embeddings.own.leave_out"), key="embeddings.own.leave_out",
                icon=":material/filter_alt_off:", on_click=guarded(_leave_out),
                args=(store, kept),
            )  # fmt: skip
        if kept.movies is not None:
            _opened(page, store, kept)
        st.divider()
        st.markdown(text("embeddings.own.about"))
        _box(page, kept, "about")
        if kept.about:
            st.caption(
                text("embeddings.own.matched", n=f"{kept.matched:,}",
                     columns=", ".join(f"“{one.name}”" for one in kept.about)[:200])
            )  # fmt: skip
            st.button(
                text("embeddings.own.forget"), key="embeddings.own.forget",
                icon=":material/close:", on_click=guarded(kept.forget_about),
            )  # fmt: skip


def _leave_out(store: Store[EmbeddingsState], kept: Own) -> None:
    kept.open_without_broken()
    show_source(store, "own")


def _box(page: Page, kept: Own, kind: str) -> None:
    text = page.text
    given = st.file_uploader(
        text(f"embeddings.own.upload_{kind}"), key=f"embeddings.own.{kind}.{kept.given[kind]}",
        accept_multiple_files=True, help=text(f"embeddings.own.upload_{kind}_help"),
    )  # fmt: skip
    seen: dict[str, tuple[str, ...]] = remember("own files seen", dict)
    ids = tuple(file.file_id for file in given)
    if ids and ids != seen.get(kind):
        seen[kind] = ids
        kept.give(kind, [(file.name, file.getbuffer()) for file in given])
    if kind in kept.reading:
        renewed(_reading, True)(page, kept, kind)
    if kind in kept.problems:
        page.problem(kept.problems[kind])


def _reading(page: Page, kept: Own, kind: str) -> None:
    one = kept.reading.get(kind)
    if one is None or one.job.finished:
        st.rerun()
    assert one is not None
    show_progress(one.job, page.text("embeddings.own.reading"))
    st.button(
        page.text("embeddings.cancel"), key=f"embeddings.own.cancel.{kind}",
        icon=":material/stop_circle:", on_click=guarded(one.job.cancel),
    )  # fmt: skip


def _opened(page: Page, store: Store[EmbeddingsState], kept: Own) -> None:
    text, table, movies = page.text, kept.table, kept.movies
    assert table is not None and movies is not None
    words = text(
        "embeddings.own.opened", name=movies.file, n=f"{len(movies):,}", d=movies.vectors.shape[1]
    )
    if kept.left_out:
        words += " " + text("embeddings.own.left_out", n=f"{kept.left_out:,}")
    st.caption(words)
    shown = store.value.source == "own"
    other = "movies" if shown else "own"
    st.button(
        text(f"embeddings.own.show_{other}"), key="embeddings.own.switch",
        icon=":material/swap_horiz:", on_click=guarded(show_source), args=(store, other),
    )  # fmt: skip
    if not shown:
        return
    described = list(kept.described)
    numeric = list(table.numeric)
    if numeric:
        st.multiselect(
            text("embeddings.own.described"), numeric, described,
            help=text("embeddings.own.described_help"),
            placeholder=text("embeddings.own.none"),
            **bind_value(
                "embeddings.own.described", described,
                lambda names: kept.change(described=tuple(names)),
            ),
        )  # fmt: skip
    names = [_OURS, *(one.name for one in table.columns)]
    if len(names) > 1:
        controls.choose_part(
            "embeddings.own.naming", text("embeddings.own.naming"), names,
            kept.naming if kept.naming in names else _OURS,
            lambda name: kept.change(naming=name or None),
            lambda name: name or text("embeddings.own.naming_guess"),
        )  # fmt: skip
