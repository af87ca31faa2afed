"""“For you”: rate a few movies, and the model places you among its users and says why."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.fold_in import FoldIn, Newcomer, Why
from optviz.ui.frame import Page
from optviz.ui.markdown import literal
from optviz.ui.rated import Rated, with_rating, without
from optviz.ui.recommender_mine_list import render_list
from optviz.ui.recommender_mine_retrain import render_retraining
from optviz.ui.recommender_movies import SEARCHED, Movies, movies_of
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store, bind_value, guarded

__all__ = ["Placed", "known_movies", "render_mine"]

_BEST = 10
_OFFERED = 4

_STYLE = """
.st-key-recommender-offered, .st-key-recommender-rated { gap: 0.25rem; }
.st-key-recommender-offered .stHorizontalBlock { flex-wrap: nowrap; gap: 0.5rem; }
.st-key-recommender-offered .stHorizontalBlock > :first-child { flex: 1; min-width: 0; }
.st-key-recommender-offered [data-testid="stMarkdownContainer"] { margin: 0; }
.st-key-recommender-offered .stHorizontalBlock p { margin: 0;
  font-size: 0.875rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A newcomer placed, with the list.

    Attributes:
        rated: The ratings that were used: (item index, stars).
        newcomer: Where they put the user.
        items: (n,) the list, best first.
        why: Its predictions taken apart.
        ranks: (n_items,) place of each movie in the average user's list, from 1.
        milliseconds: What placing and ranking took.
    """

    rated: tuple[tuple[int, float], ...]
    newcomer: Newcomer
    items: NDArray[np.integer[Any]]
    why: Why
    ranks: NDArray[np.int64]
    milliseconds: float


def render_mine(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the tab: what one has rated beside what the model makes of it."""
    text, movies = page.text, movies_of(run)
    st.html(f"<style>{_STYLE}</style>")
    left, right = st.columns([4, 7], gap="medium")
    with left:
        _search(page, store, run, movies)
        _offered(page, store, run, movies)
        rated = known_movies(store.value.mine, run, movies)
        _unknown(page, store, run, movies)
        _rated(page, store, run, rated)
    with right:
        placed = _placed(run, rated)
        st.markdown(text("recommender.mine.list" if rated else "recommender.mine.nobody"))
        stars = [(movies.names[item], value) for item, value in rated]
        titles = [movies.names[item] for item in placed.items]
        ranks = placed.ranks[placed.items].tolist()
        if len(titles):
            render_list(placed.why, titles, ranks, stars, text=text, theme=page.theme)
        else:
            st.caption(text("recommender.table.none"))
        st.caption(_facts(page, run, placed))
        with st.expander(text("recommender.mine.how"), icon=":material/function:"):
            st.markdown(text(f"recommender.mine.how_{run.config.model}"))
            st.markdown(text("recommender.mine.how_pulls"))
    if rated:
        render_retraining(page, run, rated, placed.newcomer, movies.names)


def _facts(page: Page, run: Run, placed: Placed) -> str:
    text, n = page.text, len(placed.rated)
    if not n:
        return text("recommender.mine.facts_nobody", milliseconds=f"{placed.milliseconds:.1f}")
    return text(
        "recommender.mine.facts_one" if placed.newcomer.steps == 1 else "recommender.mine.facts",
        milliseconds=f"{placed.milliseconds:.1f}",
        ratings=n,
        steps=placed.newcomer.steps,
        items=f"{run.fitted.n_items:,}",
    )


# ── what there is to rate ──


def step_of(low: float, high: float) -> float:
    """Half stars, or a twentieth of a scale that is not one of stars."""
    return 0.5 if high - low <= 10 else (high - low) / 20


def known_movies(mine: Rated, run: Run, movies: Movies) -> list[tuple[int, float]]:
    """(item index, stars) of the reader's ratings that these data know and whose stars fit."""
    low, high = run.data.ratings.rating_range
    return [
        (movies.places[item], stars)
        for item, stars in mine
        if item in movies.places and low <= stars <= high
    ]


def _rate(store: Store[RecommenderState], item: str, stars: float) -> None:
    store.set(mine=with_rating(store.value.mine, item, stars))


def _search(page: Page, store: Store[RecommenderState], run: Run, movies: Movies) -> None:
    ratings = run.data.ratings
    low, high = ratings.rating_range
    step = step_of(low, high)
    first = low + step * round(0.8 * (high - low) / step)

    listed = movies.popular[:SEARCHED].tolist()

    def take(item: int | None) -> None:
        chosen = str(ratings.item_ids[item]) if item in listed else None
        if chosen is not None and all(chosen != known for known, _ in store.value.mine):
            _rate(store, chosen, first)

    st.selectbox(
        page.text("recommender.mine.search"),
        listed,
        index=None,
        format_func=movies.names.__getitem__,
        placeholder=page.text("recommender.mine.search_hint"),
        help=page.text("recommender.mine.search_help", stars=f"{first:g}"),
        **bind_value("recommender.mine.search", None, take),
    )


def _offered(page: Page, store: Store[RecommenderState], run: Run, movies: Movies) -> None:
    """Well-known movies of different kinds, rated by one click."""
    ratings = run.data.ratings
    low, high = ratings.rating_range
    step = step_of(low, high)
    rated = {item for item, _ in store.value.mine}
    left = [item for item in movies.offered if str(ratings.item_ids[item]) not in rated]
    with st.container(key="recommender-offered"):
        if left:
            st.caption(page.text("recommender.mine.offered"))
        for item in left[:_OFFERED]:
            name = str(ratings.item_ids[item])

            def take(place: int | None, name: str = name) -> None:
                if place is not None:
                    wanted = round((place + 1) / 5 * high / step) * step
                    _rate(store, name, float(np.clip(wanted, low, high)))

            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.markdown(literal(movies.names[item]), width="stretch")
                st.feedback(
                    "stars", width="content", **bind_value(f"recommender.offer.{name}", None, take)
                )


def _unknown(page: Page, store: Store[RecommenderState], run: Run, movies: Movies) -> None:
    """Say which ratings of a link these data have no use for, and offer to drop them."""
    text = page.text
    low, high = run.data.ratings.rating_range
    mine = store.value.mine
    strangers = [item for item, _ in mine if item not in movies.places]
    beyond = [i for i, stars in mine if i in movies.places and not low <= stars <= high]
    for names, problem in (
        (strangers, "problem.mine.unknown"),
        (beyond, "problem.mine.scale"),
    ):
        if names:
            told = ", ".join(name[:40] for name in names[:5]) + (" …" if len(names) > 5 else "")
            page.problem(Problem(problem, items=told, low=f"{low:g}", high=f"{high:g}"))
    bad = {*strangers, *beyond}
    if bad:
        st.button(
            text("recommender.mine.drop"), key="recommender.mine.drop", icon=":material/close:",
            on_click=guarded(store.set),
            kwargs={"mine": tuple(pair for pair in mine if pair[0] not in bad)},
        )  # fmt: skip


def _rated(
    page: Page, store: Store[RecommenderState], run: Run, rated: list[tuple[int, float]]
) -> None:
    """A row for each rating, the latest on top: its stars, and a button that takes it back."""
    text, ratings = page.text, run.data.ratings
    movies = movies_of(run)
    low, high = ratings.rating_range
    if not rated:
        st.markdown(text("recommender.mine.begin"))
        return
    st.markdown(text("recommender.mine.rated", count=len(rated)))
    # Many ratings scroll in a box of their own: the page does not grow without end.
    with st.container(key="recommender-rated", height=460 if len(rated) > 6 else "content"):
        for item, stars in reversed(rated):
            name = str(ratings.item_ids[item])

            def take(value: float, name: str = name) -> None:
                _rate(store, name, float(value))

            with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
                st.slider(
                    literal(movies.names[item]), float(low), float(high), stars,
                    step=step_of(low, high), format="%.1f ★", width="stretch",
                    **bind_value(f"recommender.mine.{name}", stars, take),
                )  # fmt: skip
                st.button(
                    "", key=f"recommender.mine.remove.{name}", icon=":material/close:",
                    type="tertiary", help=text("recommender.mine.remove"),
                    on_click=guarded(store.set),
                    kwargs={"mine": without(store.value.mine, name)},
                )  # fmt: skip
    st.button(
        text("recommender.mine.clear"), key="recommender.mine.clear", icon=":material/delete:",
        on_click=guarded(store.set), kwargs={"mine": ()},
    )  # fmt: skip


# ── what the model makes of it ──


def _placed(run: Run, rated: list[tuple[int, float]]) -> Placed:
    """The newcomer of these ratings; found once, so that its time is told as it was."""
    wanted = tuple(rated)
    kept: Placed | None = run.kept.get("placed")
    if kept is None or kept.rated != wanted:
        fold = run.kept.get("fold_in")
        if fold is None:
            fold = run.kept["fold_in"] = FoldIn(run.fitted)
            nobody = fold.solve([], []).predict(np.arange(run.fitted.n_items))
            ranks = np.empty(len(nobody), np.int64)
            ranks[np.argsort(-nobody, kind="stable")] = np.arange(1, len(nobody) + 1)
            run.kept["ranks"] = ranks
        start = time.perf_counter()
        newcomer = fold.solve([item for item, _ in wanted], [stars for _, stars in wanted])
        items, _ = newcomer.recommend(_BEST)
        took = 1e3 * (time.perf_counter() - start)
        why = newcomer.explain(items)
        kept = Placed(wanted, newcomer, items, why, run.kept["ranks"], took)
        run.kept["placed"] = kept
    return kept
