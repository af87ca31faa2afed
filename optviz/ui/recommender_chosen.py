"""The user and the movie that are looked at closely: one choice, shared by all tabs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.recommender_movies import SEARCHED, movies_of
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store, guarded

__all__ = ["choose_movie", "choose_pair", "choose_user"]

_LISTED = 10_000
"""A list of more users would take the browser long: then the id is typed."""

_TELLING = 50
"""A user with so many ratings makes a picture."""


def choose_user(page: Page, store: Store[RecommenderState], run: Run) -> int:
    """Draw the choice of a user, with a button for any other; its dense index."""
    ids = run.data.ratings.user_ids

    def another() -> None:
        store.set(user=str(ids[secrets.randbelow(len(ids))]))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        user = _user_box(page, store, run, "recommender.user")
        _dice(page, "recommender.another", another)
    _unknown(page, "user", store.value.user, _users(run))
    return user


def choose_movie(page: Page, store: Store[RecommenderState], run: Run) -> int:
    """Draw the choice of a movie, with a button for any other; its dense index."""
    ratings, movies = run.data.ratings, movies_of(run)

    def another() -> None:
        listed = movies.popular[:SEARCHED]
        store.set(movie=str(ratings.item_ids[listed[secrets.randbelow(len(listed))]]))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        movie = _movie_box(page, store, run, "recommender.movie")
        _dice(page, "recommender.another_movie", another)
    _unknown(page, "movie", store.value.movie, movies.places)
    return movie


def choose_pair(page: Page, store: Store[RecommenderState], run: Run) -> tuple[int, int]:
    """Draw the choice of both, with a button for any rating that was held out."""
    ratings = run.data.ratings

    def another() -> None:
        rows = np.flatnonzero(run.held_out)
        row = rows[secrets.randbelow(len(rows))]
        store.set(
            user=str(ratings.user_ids[ratings.user_idx[row]]),
            movie=str(ratings.item_ids[ratings.item_idx[row]]),
        )

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        user = _user_box(page, store, run, "recommender.pair.user")
        movie = _movie_box(page, store, run, "recommender.pair.movie")
        _dice(page, "recommender.another_pair", another)
    _unknown(page, "user", store.value.user, _users(run))
    _unknown(page, "movie", store.value.movie, movies_of(run).places)
    return user, movie


def _user_box(page: Page, store: Store[RecommenderState], run: Run, key: str) -> int:
    ids, places, text = run.data.ratings.user_ids, _users(run), page.text
    user = places.get(store.value.user, _first(run))
    if len(ids) <= _LISTED:

        def take(place: int) -> None:
            store.set(user=str(ids[place]))

        controls.choose_part(
            key, text("recommender.user"), list(range(len(ids))), user, take,
            lambda place: str(ids[place]), width=150,
        )  # fmt: skip
        return user

    def read(written: str) -> None:
        if written.strip() not in places:
            raise Problem("problem.recommender.no_user", user=written.strip()[:40])
        store.set(user=written.strip())

    controls.typed_text(
        f"{key}.typed", text("recommender.user"), str(ids[user]), read, text, width=150
    )
    return user


def _movie_box(page: Page, store: Store[RecommenderState], run: Run, key: str) -> int:
    ids, movies = run.data.ratings.item_ids, movies_of(run)
    movie = movies.places.get(store.value.movie, int(movies.popular[0]))
    listed = movies.popular[:SEARCHED].tolist()
    if movie not in listed:
        listed.append(movie)

    def take(place: int) -> None:
        store.set(movie=str(ids[place]))

    controls.choose_part(
        key, page.text("recommender.movie"), listed, movie, take, movies.names.__getitem__,
        width=340,
    )  # fmt: skip
    return movie


def _first(run: Run) -> int:
    """Whom to show at first: somebody whose rating of the most rated movie was held out."""
    if "first user" not in run.kept:
        ratings = run.data.ratings
        rows = run.held_out & (ratings.item_idx == movies_of(run).popular[0])
        counts = np.bincount(ratings.user_idx, minlength=ratings.n_users)
        users = np.unique(ratings.user_idx[rows])
        run.kept["first user"] = int(next(iter(users[counts[users] >= _TELLING]), 0))
    first: int = run.kept["first user"]
    return first


def _users(run: Run) -> Mapping[str, int]:
    """Raw id as text → user index."""
    if "users" not in run.kept:
        ids = run.data.ratings.user_ids
        run.kept["users"] = {str(user_id): place for place, user_id in enumerate(ids)}
    users: Mapping[str, int] = run.kept["users"]
    return users


def _dice(page: Page, key: str, another: Callable[[], None]) -> None:
    st.button(page.text(key), key=key, icon=":material/casino:", on_click=guarded(another))


def _unknown(page: Page, name: str, wanted: str, places: Mapping[str, int]) -> None:
    """A link may name what these data do not know; another one is shown, and that is said."""
    if wanted and wanted not in places:
        page.problem(Problem(f"problem.recommender.no_{name}", **{name: wanted[:40]}))
