"""One user: the whole history against the model's predictions, and what it recommends."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.figures.portraits import user_figure
from optviz.recommender.portraits import UserPortrait, user_portrait
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_chosen import choose_user
from optviz.ui.recommender_movies import movie_table, stars_column
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store

__all__ = ["recommendations", "render_user"]

_SHOWN = 10
_HEIGHT = 330


def render_user(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the tab."""
    text, ratings = page.text, run.data.ratings
    user = choose_user(page, store, run)
    portrait = user_portrait(run.fitted, ratings, user, run.held_out)
    seen, new = st.columns(2, gap="medium")
    with seen:
        count, mean = f"{len(portrait.items):,}", f"{portrait.stars.mean():.2f}"
        st.markdown(text("recommender.seen", count=count, mean=mean))
        _history(page, run, portrait)
    with new:
        st.markdown(text("recommender.new"))
        items, predicted = recommendations(run, user)
        if len(items):
            stars = text("recommender.table.rating")
            movie_table(page, run, items, {stars: predicted}, {stars: stars_column(run)})
        else:
            st.caption(text("recommender.table.none"))
    st.markdown(text("recommender.one_user.read"))
    figure = user_figure(
        portrait.stars, portrait.predicted, portrait.held_out, ratings.titles(portrait.items),
        text=text, theme=page.theme,
    )  # fmt: skip
    chart(figure, key="recommender.one_user", height=_HEIGHT)
    st.caption(_errors(page, portrait))


def _history(page: Page, run: Run, portrait: UserPortrait) -> None:
    text = page.text
    stars, predicted, held_out = (
        text(f"recommender.table.{name}") for name in ("rating", "predicted", "held_out")
    )
    movie_table(
        page, run, portrait.items,
        {stars: portrait.stars, predicted: portrait.predicted, held_out: portrait.held_out},
        {stars: stars_column(run), predicted: st.column_config.NumberColumn(format="%.2f"),
         held_out: st.column_config.CheckboxColumn()},
        genres=False,
    )  # fmt: skip


def _errors(page: Page, portrait: UserPortrait) -> str:
    """How far off the model is, on what it learnt from and on what it did not."""
    told = [
        page.text(
            f"recommender.one_user.error_{name}",
            error=f"{error:.2f}",
            count=f"{np.count_nonzero(portrait.held_out == held):,}",
        )
        for held, name in ((False, "learnt"), (True, "held_out"))
        if (error := portrait.error(held)) is not None
    ]
    return " ".join(told)


def recommendations(run: Run, user: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The movies that a user has not rated and the model rates highest, with its ratings."""
    ratings = run.data.ratings
    items = np.setdiff1d(np.arange(ratings.n_items), ratings.item_idx[ratings.user_idx == user])
    scores = run.fitted.predict(np.full(len(items), user), items)
    best = np.argsort(-scores, kind="stable")[:_SHOWN]
    return items[best], scores[best]
