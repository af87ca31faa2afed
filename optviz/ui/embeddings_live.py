"""The map that moves while t-SNE makes it: start, hold, push, steer, and look back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.live import EVERY, LiveSettings, checked_perplexities, live_available
from optviz.embedding.precomputed import layout_key
from optviz.embedding.projections import fitting
from optviz.figures.live_map import divergence_figure, moving_figure, packed_frames
from optviz.ui import controls
from optviz.ui.components.live_map import live_feed, live_map
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_facts import render_trust, sizes
from optviz.ui.embeddings_filter import highlighted
from optviz.ui.embeddings_frames import run_buttons
from optviz.ui.embeddings_live_runs import LiveShown, LiveStage, live_stage
from optviz.ui.embeddings_state import LIBRARIES, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store
from optviz.ui.waiting import renewed

__all__ = ["choose_library", "descent_settings", "live_settings", "render_live"]

_SEPARATORS = re.compile(r"[,;\s、，；]+")


def choose_library(page: Page, store: Store[EmbeddingsState]) -> None:
    """Whose t-SNE, and when it is the better one."""
    text = page.text
    if not live_available():
        st.caption(text("embeddings.library.missing"))
        return
    controls.segment(
        store, "library", text("embeddings.library.label"), list(LIBRARIES),
        lambda name: text(f"embeddings.library.{name}"), width="content",
        help=text("embeddings.library.help"),
    )  # fmt: skip


def live_settings(page: Page, store: Store[EmbeddingsState]) -> None:
    """The settings of openTSNE: first those that a run follows while it works."""
    text = page.text

    def read(written: str) -> None:
        parts = [part for part in _SEPARATORS.split(written) if part]
        store.set(perplexities=tuple(controls.read_number(part) for part in parts))

    controls.typed_text(
        "embeddings.perplexities.typed", text("embeddings.live.perplexities"),
        ", ".join(f"{value:g}" for value in store.value.perplexities), read, text,
        help=text("embeddings.live.perplexities_help"),
    )  # fmt: skip
    controls.slider(
        store, "early_exaggeration", text("embeddings.live.early_exaggeration"), 1.0, 32.0, 0.5,
        format="%.1f", help=text("embeddings.live.early_exaggeration_help"),
    )  # fmt: skip
    controls.slider(
        store, "exaggeration", text("embeddings.live.exaggeration"), 1.0, 8.0, 0.25,
        format="%.2f", help=text("embeddings.live.exaggeration_help"),
    )  # fmt: skip
    descent_settings(page, store)
    controls.typed_number(
        store, "seed", text("embeddings.settings.seed"), text, whole=True,
        help=text("embeddings.live.seed_help"),
    )  # fmt: skip


def descent_settings(page: Page, store: Store[EmbeddingsState]) -> None:
    """How long t-SNE goes downhill and from where, whoever makes it."""
    text = page.text
    controls.slider(
        store, "max_iter", text("embeddings.settings.max_iter"), 300, 5000, 50,
        help=text("embeddings.settings.max_iter_help"),
    )  # fmt: skip
    controls.segment(
        store, "init", text("embeddings.settings.init"), ["pca", "random"],
        lambda name: text(f"embeddings.settings.init_{name}"),
        help=text("embeddings.settings.init_help"),
    )  # fmt: skip


def render_live(
    page: Page, store: Store[EmbeddingsState], movies: Movies, near: tuple[int, ...]
) -> None:
    """Draw the run of this session; the first look starts one."""
    stage, settings = live_stage(), store.value.live_settings()
    if store.value.alone:
        # A few films alone cannot keep as many neighbours each as a thousand can.
        cut = checked_perplexities(fitting(value, len(movies)) for value in settings.perplexities)
        settings = replace(settings, perplexities=cut)
    start = _start_of(movies, settings)
    try:
        checked_perplexities(settings.perplexities, len(movies))
    except Problem as problem:
        page.problem(problem)
        if stage.current is None:
            return
    else:
        if stage.current is None:
            stage.begin(movies, start, settings)
        elif stage.current.start == start:
            stage.current.steer(settings)
    shown = stage.current
    if shown is None:
        return
    shown.read()
    busy = not shown.finished
    renewed(_follow, busy)(page, stage, shown, movies, settings, busy)
    _picture(page, store, shown, near)
    _facts(page, shown)


def _start_of(movies: Movies, settings: LiveSettings) -> Any:
    """What a run cannot change any more once it has begun."""
    names = ("init", "seed", "normalize")
    return layout_key(
        movies.vectors, "opentsne", 2, {name: getattr(settings, name) for name in names}
    )


def _follow(
    page: Page,
    stage: LiveStage,
    shown: LiveShown,
    movies: Movies,
    settings: LiveSettings,
    busy: bool,
) -> None:
    """What is done with the run, how far it is, and its new frames."""
    shown.read()
    if stage.current is not shown or (busy and shown.finished):
        st.rerun()  # all of the page: the map and the facts below are of another run, or whole now
    text, job = page.text, shown.job

    def again() -> None:
        checked_perplexities(settings.perplexities, len(movies))
        stage.begin(movies, _start_of(movies, settings), settings)

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        offer = run_buttons(text, "embeddings.live", shown, again)
        still = shown.finished or shown.measuring
        offer(
            "kick", "shuffle", shown.kick, disabled=still or job.state == "paused",
            help=text("embeddings.live.kick_help"),
        )  # fmt: skip
        st.markdown(_status(page, shown, settings, movies), width="stretch")
    if shown.problem is not None:
        page.problem(shown.problem)
    _feed(page, shown)


def _status(page: Page, shown: LiveShown, settings: LiveSettings, movies: Movies) -> str:
    text = page.text
    if shown.finished and (
        shown.start != _start_of(movies, settings) or shown.settings != settings
    ):
        return text("embeddings.live.stale")
    if shown.start != _start_of(movies, settings):
        return text("embeddings.live.other")
    if not shown.frames:
        return "" if shown.finished else text("embeddings.progress.start_tsne")
    if shown.measuring and not shown.finished:
        return text("embeddings.live.measuring")
    last = shown.frames[-1]
    words = text(
        "embeddings.live.status",
        state=text(f"jobs.state.{shown.job.state}"),
        done=f"{last.iteration:,}",
        total=f"{max(shown.settings.max_iter, last.iteration):,}",
    )
    return words


def _feed(page: Page, shown: LiveShown) -> None:
    """The frames that are new since the last look."""
    text, frames = page.text, shown.frames
    n = len(shown.movies)
    first, fresh = shown.unsent(n)
    moments = shown.moments(text)
    live_feed(
        packed_frames([frame.coordinates for frame in fresh]),
        key="embeddings.live.feed",
        run=shown.run,
        n=n,
        first=first,
        total=len(frames),
        facts=[
            (
                frame.kl_divergence,
                round(frame.seconds, 2),
                side,
                _phase(page, moment.early, moment.exaggeration) if moment.iteration else "",
            )
            for frame, side, moment in zip(frames, shown.sides, moments, strict=True)
        ],
        history=divergence_figure(moments, text=text, theme=page.theme),
        on_missing=shown.missing,
    )


def _phase(page: Page, early: bool, factor: float) -> str:
    if factor == 1:
        return ""
    return page.text(f"embeddings.live.{'early' if early else 'exaggerated'}", factor=factor)


def _picture(
    page: Page, store: Store[EmbeddingsState], shown: LiveShown, near: tuple[int, ...]
) -> None:
    state, movies = store.value, shown.movies
    row = movies.place(state.movie)
    linked = [place for item in near if row is not None
              and (place := movies.place(item)) is not None]  # fmt: skip
    figure, rows = moving_figure(
        movies.items, text=page.text, theme=page.theme, colour=state.colour,
        highlighted=highlighted(state, movies), sized=state.sized, selected=row,
        neighbours=linked, revision=shown.job.id,
    )  # fmt: skip

    def pick(place: int) -> None:
        item = int(movies.item_ids[place])
        store.set(movie=item, clicked=item)

    live_map(
        figure, rows, key="embeddings.live.map", run=shown.run, each=EVERY, selected=row,
        text=page.text, theme=page.theme, on_pick=pick,
    )  # fmt: skip


def _facts(page: Page, shown: LiveShown) -> None:
    """How far to trust the map, once it stands still."""
    text, layout = page.text, shown.layout
    if layout is None or layout.quality is None:
        st.caption(text("embeddings.live.hint"))
        return
    trust, projection = layout.quality, layout.projection
    render_trust(page, trust)
    parts = [sizes(text, shown.movies)]
    if projection.kl_divergence is not None:
        parts.append(
            text(
                "embeddings.live.made",
                perplexity=projection.settings["perplexity"],
                iterations=f"{projection.iterations:,}",
                kl=projection.kl_divergence,
                seconds=projection.seconds,
            )
        )
    st.caption(" · ".join(parts) + " · " + text("embeddings.live.hint"))
