"""The map while the model trains: how noise becomes neighbourhoods, and every film's way there."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.embedding.live import live_available
from optviz.embedding.projections import fitting
from optviz.embedding.travel import TRAVELS
from optviz.figures.films import short_title
from optviz.figures.growth import growth_figure
from optviz.figures.live_map import moving_figure
from optviz.recommender.config import MODELS, recipe_for
from optviz.ui import controls
from optviz.ui.components.live_map import live_feed, live_map
from optviz.ui.embeddings_colours import choose_colour
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_facts import sizes
from optviz.ui.embeddings_frames import run_buttons
from optviz.ui.embeddings_growth_runs import (
    GrowthFrame,
    GrowthRequest,
    GrowthShown,
    GrowthStage,
    growth_stage,
)
from optviz.ui.embeddings_pick import choose_count, fit_count
from optviz.ui.embeddings_state import COLOURS, MOST_TRAILS, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store, bind_value
from optviz.ui.waiting import renewed

__all__ = ["render_growth"]

_HEIGHT, _CURVE = 372, 176
_COLOURS = [name for name in COLOURS if name != "quality"]

PageStore = Store[EmbeddingsState]


def render_growth(page: Page, store: PageStore) -> None:
    """Draw the training's map beside its controls; the first look starts a training."""
    stage, side = st.columns([10, 3.1], gap="small")
    growth = growth_stage()
    with side:
        fit_count(store, growth.data().ratings.n_items)
        movies = growth.movies(store.value.n_movies)
        _controls(page, store, growth, movies)
    request = _request(store, growth, movies)
    if growth.current is None:
        growth.begin(request)
    shown = growth.current
    assert shown is not None
    shown.read()
    with stage:
        busy = not shown.finished
        renewed(_follow, busy)(page, growth, shown, request, busy)
        _picture(page, store, shown)
        _facts(page, shown)


def _request(store: PageStore, growth: GrowthStage, movies: Movies) -> GrowthRequest:
    state = store.value
    recipe = recipe_for(state.grow_model, Store(RecommenderState, own_address=False).value.config())
    # Few films cannot keep as many neighbours each as a thousand can.
    perplexity = fitting(state.perplexity, len(movies))
    return GrowthRequest(
        growth.data().source, recipe, state.n_movies, _method(state), perplexity, state.normalize
    )


def _method(state: EmbeddingsState) -> str:
    return state.grow_method if live_available() else "pca"


def _controls(page: Page, store: PageStore, growth: GrowthStage, movies: Movies) -> None:
    text = page.text
    controls.choose(
        store, "grow_model", text("embeddings.growth.model"), list(MODELS),
        lambda name: text(f"choice.model.{name}"),
        help=text("embeddings.growth.model_help"),
    )  # fmt: skip
    if live_available():
        controls.segment(
            store, "grow_method", text("embeddings.method.label"), list(TRAVELS),
            lambda name: text(f"embeddings.method.{name}"),
            help=text("embeddings.growth.method_help"),
        )  # fmt: skip
    else:
        st.caption(text("embeddings.growth.pca_only"))
    choose_colour(page, store, _COLOURS, "genre")
    _choose_trails(page, store, movies)
    with st.expander(text("embeddings.settings.title"), icon=":material/tune:"):
        choose_count(page, store, growth.data().ratings.n_items)
        controls.slider(
            store, "perplexity", text("embeddings.settings.perplexity"), 2.0, 100.0, 1.0,
            format="%.0f", disabled=_method(store.value) == "pca",
            help=text("embeddings.settings.perplexity_help"),
        )  # fmt: skip
        controls.switch(
            store, "normalize", text("embeddings.settings.normalize"),
            help=text("embeddings.settings.normalize_help"),
        )  # fmt: skip


def _choose_trails(page: Page, store: PageStore, movies: Movies) -> None:
    text = page.text
    names = {int(i): movies.items.named(row) for row, i in enumerate(movies.item_ids)}
    chosen = [film for film in store.value.trails if film in names]

    def take(picked: list[int]) -> None:
        store.set(trails=picked)

    st.multiselect(
        text("embeddings.growth.trails"),
        sorted(names, key=lambda i: names[i].lower()),
        format_func=lambda i: names.get(i, str(i)),
        max_selections=MOST_TRAILS,
        help=text("embeddings.growth.trails_help"),
        **bind_value("embeddings.trails.picked", chosen, take),
    )


def _follow(
    page: Page, growth: GrowthStage, shown: GrowthShown, request: GrowthRequest, busy: bool
) -> None:
    """What is done with the run, how far it is, and its new frames."""
    shown.read()
    if growth.current is not shown or (busy and shown.finished):
        st.rerun()  # all of the page: colours and facts are known now
    text = page.text
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        run_buttons(text, "embeddings.growth", shown, lambda: growth.begin(request))
        st.markdown(_status(page, shown, request), width="stretch")
    if shown.problem is not None:
        page.problem(shown.problem)
    elif shown.state == "cancelled":
        st.info(text("embeddings.growth.cancelled"))
    _feed(page, shown)


def _status(page: Page, shown: GrowthShown, request: GrowthRequest) -> str:
    text = page.text
    if shown.request != request:
        return text(f"embeddings.live.{'stale' if shown.finished else 'other'}")
    if not shown.frames:
        return "" if shown.finished else text("embeddings.growth.preparing")
    if shown.measuring and not shown.finished:
        return text("embeddings.live.measuring")
    return text(
        "embeddings.growth.status",
        state=text(f"jobs.state.{shown.job.state}"),
        epoch=shown.frames[-1].epoch,
        epochs=shown.request.config.epochs,
    )


def _feed(page: Page, shown: GrowthShown) -> None:
    """The frames that are new since the last look."""
    text, frames, epochs = page.text, shown.frames, shown.request.config.epochs
    n = len(shown.movies)
    first, fresh = shown.unsent(n)
    live_feed(
        shown.packed(first, fresh),
        key="embeddings.growth.feed",
        run=shown.run,
        n=n,
        first=first,
        total=len(frames),
        facts=[_said(page, frame) for frame in frames],
        names=[
            text("embeddings.growth.moment", epoch=f"{frame.epoch:.2f}", epochs=epochs)
            for frame in frames
        ],
        history=growth_figure(
            [frame.epoch for frame in frames],
            [frame.purity for frame in frames],
            shown.grown.kept if shown.grown is not None else (),
            shown.chance,
            text=text,
            theme=page.theme,
        ),
        on_missing=shown.missing,
    )


def _said(page: Page, frame: GrowthFrame) -> str:
    text = page.text
    parts = [text("embeddings.growth.pure", share=100 * frame.purity)]
    if frame.valid_loss is not None:
        parts.append(text("embeddings.growth.valid", mse=frame.valid_loss))
    parts.append(text("embeddings.growth.seconds", seconds=frame.seconds))
    return " · ".join(parts)


def _picture(page: Page, store: PageStore, shown: GrowthShown) -> None:
    state, movies = store.value, shown.movies
    measured: dict[str, NDArray[Any]] = {}
    colour = state.colour
    if shown.grown is not None:
        measured["cluster"] = np.asarray(shown.grown.clusters)
    elif colour == "bias":
        colour = "cluster"  # grey, too, until it is known
    trails = _trails(page, state, movies)
    figure, rows = moving_figure(
        movies.items, text=page.text, theme=page.theme, colour=colour, measured=measured,
        sized=state.sized, true_scale=True, unnamed=[trail["row"] for trail in trails],
        revision=shown.job.id,
    )  # fmt: skip

    def pick(place: int) -> None:
        film = int(movies.item_ids[place])
        others = [other for other in store.value.trails if other != film]
        if len(others) == len(store.value.trails):
            others = [*others[-(MOST_TRAILS - 1) :], film]
        store.set(trails=others)

    live_map(
        figure, rows, key="embeddings.growth.map", run=shown.run, each=1, selected=None,
        trails=trails, height=_HEIGHT, curve=_CURVE,
        text=page.text, theme=page.theme, on_pick=pick,
    )  # fmt: skip


def _trails(page: Page, state: EmbeddingsState, movies: Movies) -> list[dict[str, Any]]:
    rows = [row for film in state.trails if (row := movies.place(film)) is not None]
    colours = page.theme.categories
    return [
        {
            "row": row,
            "name": short_title(movies.items.titles[row]),
            "colour": colours[place % len(colours)],
        }
        for place, row in enumerate(rows)
    ]


def _facts(page: Page, shown: GrowthShown) -> None:
    """What to notice, and how far to trust the last map."""
    text, grown = page.text, shown.grown
    if grown is None or not shown.frames:
        st.caption(text("embeddings.growth.hint", chance=100 * shown.chance))
        return
    first, last = shown.frames[0], shown.frames[-1]
    half = next((k for k, share in enumerate(grown.kept) if share >= 0.5), len(grown.kept) - 1)
    st.markdown(
        text(
            "embeddings.growth.notice",
            first=100 * first.purity,
            last=100 * last.purity,
            chance=100 * shown.chance,
            half=shown.frames[half].epoch,
            epochs=last.epoch,
        )
    )
    parts = [sizes(text, shown.movies), text(f"embeddings.growth.made_{shown.request.method}")]
    if grown.quality is not None:
        parts.append(text("embeddings.growth.trust", trust=grown.quality.trustworthiness))
    parts.append(text("embeddings.growth.valid", mse=grown.valid_mse))
    st.caption(" · ".join(parts))
