"""What a trained model says: for the reader, of one user or movie, and of all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.recommender import bias_figure, truth_figure
from optviz.recommender.specs import MODELS
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import PAGES, Page
from optviz.ui.recommender_mine import render_mine
from optviz.ui.recommender_movie import render_movie
from optviz.ui.recommender_movies import FEWEST, movies_of
from optviz.ui.recommender_quality import render_quality
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import TABS, RecommenderState
from optviz.ui.recommender_user import render_user
from optviz.ui.recommender_worked import render_worked
from optviz.ui.regularisation_state import NETWORKS, RegularisationState
from optviz.ui.state import Store

__all__ = ["render_results"]

_BEST = 10

_MOST_ROWS = 200_000
"""More validation rows than this are sampled: the picture is the same, and it is there at once."""


def render_results(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the tabs below the stage."""
    text = page.text
    st.subheader(text(f"recommender.results.{run.origin}"), anchor="results")
    if not run.fitted.finite:
        st.markdown(text("recommender.results.none"))
        return
    draws: dict[str, Callable[[], None]] = {
        "mine": lambda: render_mine(page, store, run),
        "one_user": lambda: render_user(page, store, run),
        "one_movie": lambda: render_movie(page, store, run),
        "worked": lambda: render_worked(page, store, run),
        "bias": lambda: _bias(page, run),
        "quality": lambda: _quality(page, store, run),
    }

    def draw(tab: str) -> None:
        try:
            draws[tab]()
        except Problem as problem:
            page.problem(problem)

    controls.tabs(store, "tab", TABS, lambda tab: text(f"recommender.tab.{tab}"), draw)
    # Trained anew there by this page's recipe, which may have been changed since.
    recipe = Store(RecommenderState, own_address=False).value.config()
    if run.config.model in NETWORKS and run.config == recipe and not run.by_hand:
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


def _bias(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    bias = np.asarray(run.fitted.item_bias, dtype=np.float64)
    movies, fewest = movies_of(run), FEWEST
    counts, known = movies.counts, movies.known
    if len(known) < 2:
        known, fewest = np.arange(ratings.n_items), 1
    order = known[np.argsort(bias[known], kind="stable")]
    shown = order if len(order) <= 2 * _BEST else np.r_[order[:_BEST], order[-_BEST:]]
    total = np.bincount(ratings.item_idx, ratings.frame["rating"].to_numpy(), ratings.n_items)
    notes = [
        text("recommender.bias.note", mean=f"{total[i] / counts[i]:.2f}", count=f"{counts[i]:,}")
        for i in shown
    ]
    kind = MODELS[run.config.model].bias_means
    unit = "logits" if kind == "logits" else "stars"
    st.markdown(text("recommender.bias.read", fewest=fewest))
    if kind in ("none", "mean"):
        name = text(f"choice.model.{run.config.model}")
        st.caption(text(f"recommender.bias.{kind}", model=name))
    figure = bias_figure(
        ratings.titles(shown), bias[shown], notes,
        axis=text(f"recommender.bias.{unit}"), theme=page.theme,
    )  # fmt: skip
    chart(figure, key="recommender.bias", height=max(200, 60 + 25 * len(shown)))


def _quality(page: Page, store: Store[RecommenderState], run: Run) -> None:
    _truth(page, run)
    render_quality(page, store, run)


def _truth(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    if "truth" not in run.kept:
        rows = np.flatnonzero(run.held_out)
        if len(rows) > _MOST_ROWS:
            rows = np.random.default_rng(0).choice(rows, _MOST_ROWS, replace=False)
        predicted = run.fitted.predict(ratings.user_idx[rows], ratings.item_idx[rows])
        run.kept["truth"] = ratings.frame["rating"].to_numpy()[rows], predicted
    truth, predicted = run.kept["truth"]
    st.markdown(text("recommender.truth.read", rows=f"{len(truth):,}"))
    figure = truth_figure(truth, predicted, text=text, theme=page.theme)
    chart(figure, key="recommender.truth", height=420)
