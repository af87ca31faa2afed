"""What a trained model says: recommendations, biases, and its predictions against truth."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.figures.recommender import bias_figure, truth_figure
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import PAGES, Page
from optviz.ui.recommender_mine import render_mine
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.regularisation_state import NETWORKS, RegularisationState
from optviz.ui.state import Store, guarded, remember

__all__ = ["recommendations", "render_results"]

_BEST = 10
_SHOWN = 10
_FEWEST = 20
"""Movies with fewer ratings have hardly a bias of their own."""

_MOST_ROWS = 200_000
"""More validation rows than this are sampled: the picture is the same, and it is there at once."""


def render_results(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw four tabs below the stage."""
    text = page.text
    st.subheader(text(f"recommender.results.{run.origin}"), anchor="results")
    if not run.fitted.finite:
        st.markdown(text("recommender.results.none"))
        return
    draws: dict[str, Callable[[], None]] = {
        "mine": lambda: render_mine(page, store, run),
        "recommend": lambda: _recommend(page, run),
        "bias": lambda: _bias(page, run),
        "truth": lambda: _truth(page, run),
    }
    tabs = st.tabs([text(f"recommender.tab.{name}") for name in draws])
    for tab, draw in zip(tabs, draws.values(), strict=True):
        with tab:
            try:
                draw()
            except Problem as problem:
                page.problem(problem)
    # Trained anew there by this page's recipe, which may have been changed since.
    recipe = Store(RecommenderState, own_address=False).value.config()
    if run.config.model in NETWORKS and run.config == recipe:
        _landscape(page, run)


def _landscape(page: Page, run: Run) -> None:
    """A button to the landscape of this very training."""
    opened = st.button(
        page.text("regularisation.landscape.open"), key="recommender.landscape",
        icon=":material/landscape:",
    )  # fmt: skip
    if opened:
        other = Store(RegularisationState, own_address=False)
        own = run.config.optimizer
        if own == "sgd" and run.config.momentum:
            own = "momentum"
        other.set(part="landscape", model=run.config.model, optimizers=(own,))
        st.switch_page(PAGES["regularisation"][0])


# ── for one user ──


def _recommend(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    user = _user(page, run)
    place = ratings.user_index(user)
    rows = np.flatnonzero(ratings.user_idx == place)
    values = ratings.frame["rating"].to_numpy()[rows]
    best = np.argsort(-values, kind="stable")[:_SHOWN]
    seen, new = st.columns(2, gap="medium")
    with seen:
        mean = f"{values.mean():.2f}"
        st.markdown(text("recommender.seen", count=f"{len(rows):,}", mean=mean))
        _table(page, run, ratings.item_idx[rows[best]], values[best])
    with new:
        st.markdown(text("recommender.new"))
        items, predicted = recommendations(run, user)
        if len(items):
            _table(page, run, items, predicted)
        else:
            st.caption(text("recommender.table.none"))


def _user(page: Page, run: Run) -> Any:
    ratings = run.data.ratings
    chosen: dict[str, int] = remember("recommender user", dict)
    place = min(chosen.get(ratings.key, 0), ratings.n_users - 1)
    ids = list(ratings.user_ids)

    def take(user: Any) -> None:
        chosen[ratings.key] = ratings.user_index(user)

    def another() -> None:
        chosen[ratings.key] = secrets.randbelow(ratings.n_users)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        # A list of hundreds of thousands would take the browser long: then the id is typed.
        if len(ids) <= 10_000:
            controls.choose_part(
                "recommender.user", page.text("recommender.user"), ids, ids[place], take, str,
                width=180,
            )  # fmt: skip
        st.button(
            page.text("recommender.another"),
            key="recommender.another",
            icon=":material/casino:",
            on_click=guarded(another),
        )
    return ids[place]


def recommendations(run: Run, user: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The movies that a user has not rated and the model rates highest, with its ratings."""
    ratings = run.data.ratings
    place = ratings.user_index(user)
    items = np.setdiff1d(np.arange(ratings.n_items), ratings.item_idx[ratings.user_idx == place])
    scores = run.fitted.predict(np.full(len(items), place), items)
    best = np.argsort(-scores, kind="stable")[:_SHOWN]
    return items[best], scores[best]


def _table(page: Page, run: Run, items: NDArray[np.int64], stars: NDArray[np.float64]) -> None:
    text, ratings = page.text, run.data.ratings
    low, high = ratings.rating_range
    genres = ratings.items["genres"].to_numpy()[items]
    movie, genre, rating = (
        text(f"recommender.table.{name}") for name in ("movie", "genre", "rating")
    )
    st.dataframe(
        {
            movie: ratings.titles(items),
            genre: [" · ".join(str(value).split("|")) for value in genres],
            rating: stars,
        },
        hide_index=True,
        width="stretch",
        column_config={
            movie: st.column_config.TextColumn(width="medium"),
            genre: st.column_config.TextColumn(width="small"),
            rating: st.column_config.ProgressColumn(
                format="%.2f", min_value=low, max_value=high, width="small"
            ),
        },
    )


# ── for all movies ──


def _bias(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    bias = np.asarray(run.fitted.item_bias, dtype=np.float64)
    counts = np.bincount(ratings.item_idx, minlength=ratings.n_items)
    fewest = _FEWEST
    known = np.flatnonzero(counts >= fewest)
    if len(known) < 2:
        known, fewest = np.arange(ratings.n_items), 1
    order = known[np.argsort(bias[known], kind="stable")]
    shown = order if len(order) <= 2 * _BEST else np.r_[order[:_BEST], order[-_BEST:]]
    total = np.bincount(ratings.item_idx, ratings.frame["rating"].to_numpy(), ratings.n_items)
    notes = [
        text("recommender.bias.note", mean=f"{total[i] / counts[i]:.2f}", count=f"{counts[i]:,}")
        for i in shown
    ]
    unit = "logits" if run.config.model == "dot_bias" else "stars"
    st.markdown(text("recommender.bias.read", fewest=fewest))
    if run.config.model == "net":
        st.caption(text("recommender.bias.net"))
    figure = bias_figure(
        ratings.titles(shown), bias[shown], notes,
        axis=text(f"recommender.bias.{unit}"), theme=page.theme,
    )  # fmt: skip
    chart(figure, key="recommender.bias", height=max(200, 60 + 25 * len(shown)))


def _truth(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    if "truth" not in run.kept:
        rows = np.asarray(run.fitted.valid_rows)
        if len(rows) > _MOST_ROWS:
            rows = np.random.default_rng(0).choice(rows, _MOST_ROWS, replace=False)
        predicted = run.fitted.predict(ratings.user_idx[rows], ratings.item_idx[rows])
        run.kept["truth"] = ratings.frame["rating"].to_numpy()[rows], predicted
    truth, predicted = run.kept["truth"]
    st.markdown(text("recommender.truth.read", rows=f"{len(truth):,}"))
    figure = truth_figure(truth, predicted, text=text, theme=page.theme)
    chart(figure, key="recommender.truth", height=420)
