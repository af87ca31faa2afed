"""One movie: how it is rated, what the model has learnt of it, and which movies are like it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.embedding.neighbours import nearest
from optviz.figures.portraits import histogram_figure
from optviz.recommender.portraits import MoviePortrait, movie_portrait
from optviz.recommender.specs import MODELS
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_chosen import choose_movie
from optviz.ui.recommender_movies import FEWEST, movie_table, movies_of
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store

__all__ = ["render_movie", "similar"]

_SHOWN = 10
_HEIGHT = 330


def render_movie(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the tab."""
    text = page.text
    movie = choose_movie(page, store, run)
    portrait = movie_portrait(run.data.ratings, movie, run.held_out)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(
            text("recommender.one_movie.ratings", count=f"{portrait.n:,}",
                 mean=f"{portrait.mean:.2f}")
        )  # fmt: skip
        figure = histogram_figure(
            portrait.levels, portrait.shares, portrait.everywhere, portrait.n,
            text=text, theme=page.theme,
        )  # fmt: skip
        chart(figure, key="recommender.one_movie", height=_HEIGHT)
        st.markdown(_bias(page, run, movie, portrait))
    with right:
        st.markdown(text("recommender.one_movie.similar"))
        if not portrait.n_learnt:
            st.caption(text("recommender.one_movie.no_direction"))
            return
        items, cosines = similar(run, movie)
        if not len(items):
            st.caption(text("recommender.one_movie.alone", fewest=FEWEST))
            return
        cosine = text("recommender.table.cosine")
        column = st.column_config.ProgressColumn(
            format="%.2f", min_value=0.0, max_value=1.0, width="small"
        )
        movie_table(page, run, items, {cosine: cosines}, {cosine: column})
        st.caption(text("recommender.one_movie.cosine", fewest=FEWEST))


def similar(run: Run, movie: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The well-rated movies whose vectors point most nearly the same way, with the cosines."""
    known = movies_of(run).known
    among = np.union1d(known, [movie])
    place = int(np.searchsorted(among, movie))
    found = nearest(run.fitted.item_factors[among], place, _SHOWN)
    return among[found.indices], found.values


def _bias(page: Page, run: Run, movie: int, portrait: MoviePortrait) -> str:
    """What the model adds for this movie whoever rates it, and where that puts the movie."""
    text = page.text
    if not portrait.n_learnt:
        return text("recommender.one_movie.unseen", count=portrait.n)
    bias = np.asarray(run.fitted.item_bias, dtype=np.float64)
    known = movies_of(run).known
    said = text(
        f"recommender.one_movie.bias_{MODELS[run.config.model].bias_means}",
        model=text(f"choice.model.{run.config.model}"),
        bias=f"{bias[movie]:+.2f}".replace("-", "−"),
        learnt=f"{portrait.n_learnt:,}",
    )
    if len(known) < 2:
        return said
    above = 100 * np.mean(bias[known] < bias[movie])
    return f"{said} " + text("recommender.one_movie.above", share=f"{above:.0f}", fewest=FEWEST)
