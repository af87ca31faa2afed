"""What a trained model says: predictions against truth, biases, recommendations; its file."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.recommender import bias_figure, truth_figure
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run

__all__ = ["render_results"]

_BEST = 10
_SHOWN = 10
_FEWEST = 20
"""Movies with fewer ratings have hardly a bias of their own."""


def render_results(page: Page, run: Run) -> None:
    """Draw three tabs below the loss chart."""
    text = page.text
    names = ("recommend", "bias", "truth")
    tabs = st.tabs([text(f"recommender.tab.{name}") for name in names])
    for tab, draw in zip(tabs, (_recommend, _bias, _truth), strict=True):
        with tab:
            try:
                draw(page, run)
            except Problem as problem:
                page.problem(problem)


def _recommend(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    user = st.selectbox(text("recommender.user"), list(ratings.user_ids), key="recommender.user")
    if user is None:
        return
    seen, new = st.columns(2)
    rows = np.flatnonzero(ratings.user_idx == ratings.user_index(user))
    values = ratings.frame["rating"].to_numpy()[rows]
    best = rows[np.argsort(-values, kind="stable")[:_SHOWN]]
    with seen:
        st.markdown(text("recommender.seen", count=len(rows)))
        _table(page, ratings.titles(ratings.item_idx[best]),
               ratings.frame["rating"].to_numpy()[best])  # fmt: skip
    with new:
        st.markdown(text("recommender.new"))
        titles, predicted = recommendations(run, user)
        _table(page, titles, predicted)


def recommendations(run: Run, user: Any) -> tuple[list[str], Any]:
    """The movies that a user has not rated and the model rates highest, with its ratings."""
    ratings = run.data.ratings
    place = ratings.user_index(user)
    items = np.arange(ratings.n_items)
    scores = np.asarray(run.fitted.predict(np.full(ratings.n_items, place), items), dtype=float)
    scores[ratings.item_idx[ratings.user_idx == place]] = -np.inf
    best = np.argsort(-scores, kind="stable")[:_SHOWN]
    best = best[np.isfinite(scores[best])]
    return ratings.titles(best), scores[best]


def _table(page: Page, titles: list[str], values: Any) -> None:
    text = page.text
    st.dataframe(
        {text("recommender.movie"): titles, text("recommender.rating"): values},
        hide_index=True,
        width="stretch",
        column_config={text("recommender.rating"): st.column_config.NumberColumn(format="%.2f")},
    )


def _bias(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    bias = np.asarray(run.fitted.item_bias, dtype=np.float64)
    counts = np.bincount(ratings.item_idx, minlength=ratings.n_items)
    known = np.flatnonzero((counts >= _FEWEST) & np.isfinite(bias))
    if len(known) < 2:
        known = np.flatnonzero(np.isfinite(bias))
    order = known[np.argsort(bias[known], kind="stable")]
    shown = order if len(order) <= 2 * _BEST else np.r_[order[:_BEST], order[-_BEST:]]
    st.markdown(text("recommender.bias.read", fewest=_FEWEST))
    figure = bias_figure(ratings.titles(shown), bias[shown], text=text, theme=page.theme)
    chart(figure, key="recommender.bias", height=520)


def _truth(page: Page, run: Run) -> None:
    text, ratings = page.text, run.data.ratings
    rows = np.asarray(run.fitted.valid_rows)
    predicted = np.asarray(
        run.fitted.predict(ratings.user_idx[rows], ratings.item_idx[rows]), dtype=np.float64
    )
    truth = ratings.frame["rating"].to_numpy()[rows]
    st.markdown(text("recommender.truth.read", rows=f"{len(rows):,}"))
    figure = truth_figure(truth, predicted, text=text, theme=page.theme)
    chart(figure, key="recommender.truth", height=400)
