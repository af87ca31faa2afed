"""A point that comes late: a user, or a film that was left out, placed on the finished map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.company import companions
from optviz.embedding.live import live_available
from optviz.embedding.neighbours import nearest
from optviz.embedding.precomputed import layout_key
from optviz.embedding.projections import PROJECTIONS
from optviz.embedding.vectors import unit_rows
from optviz.figures.films import short_title
from optviz.figures.placing import placed_figure
from optviz.jobs import default_backend
from optviz.recommender.fold_in import FoldIn
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.embeddings_data import SESSION_MODEL, Movies, session_movies
from optviz.ui.embeddings_layouts import Request, Shown, Watcher, watcher
from optviz.ui.embeddings_pick import render_search
from optviz.ui.embeddings_select import film_list
from optviz.ui.embeddings_stage import map_progress
from optviz.ui.embeddings_state import COMERS, NO_MOVIE, EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.markdown import literal
from optviz.ui.recommender_state import SCENES, RecommenderState
from optviz.ui.state import Store, remember
from optviz.ui.waiting import awaited, renewed

__all__ = ["render_placed"]

_HEIGHT = 460
_REFRESH = 0.5
_NEAR = 10
_KEPT = 64
_TASKS = "optviz.embedding.placing"
_STAR_WARS = 260

PageStore = Store[EmbeddingsState]


@dataclass(frozen=True, slots=True, eq=False)
class Comer:
    """Who is placed.

    Attributes:
        name: What the star is called.
        vector: (k,) among the films' factors: a film's own, or what sets a user apart from the
            average one.
        lift: (n,) stars that this adds to the prediction for each film of the map; None for a
            film.
        row: Of a film that is left out; None for a user.
        about: What is known of a user, in a sentence.
    """

    name: str
    vector: NDArray[np.float64]
    lift: NDArray[np.float64] | None
    row: int | None
    about: str = ""


def render_placed(page: Page, store: PageStore) -> None:
    """Draw the map with the newcomer on it."""
    text = page.text
    if not live_available():
        st.info(text("embeddings.placed.missing"))
        return
    movies = session_movies().most_rated(store.value.n_movies)
    stage, side = st.columns([10, 3.1], gap="small")
    comer: Comer | None = None
    with side:
        try:
            comer = _choose(page, store, movies)
        except Problem as problem:
            page.problem(problem)
        near = [] if comer is None else _nearest(movies, comer)
        if comer is not None:
            cosines = _cosines(movies, comer)[near]
            st.markdown(text("embeddings.placed.near"))
            marks = [f"{k + 1} · **{c:.2f}** · ".replace("-", "−") for k, c in enumerate(cosines)]
            film_list(store, movies, near, marks, "placed")
    with stage:
        shown = _map(page, store, movies)
        if shown is not None:
            _place(page, store, movies, shown, comer, near)


def _choose(page: Page, store: PageStore, movies: Movies) -> Comer | None:
    text = page.text
    who = controls.segment(
        store, "who", text("embeddings.placed.who"), list(COMERS),
        lambda name: text(f"embeddings.placed.who_{name}"),
    )  # fmt: skip
    if who == "film":
        if movies.place(store.value.movie) is None:
            store.set(movie=_STAR_WARS if movies.place(_STAR_WARS) is not None
                      else int(movies.item_ids[0]))  # fmt: skip
        render_search(page, store, movies)
        if store.value.movie == NO_MOVIE:
            return None
        row = movies.place(store.value.movie)
        assert row is not None
        vector = movies.vectors[row].astype(np.float64)
        return Comer(short_title(movies.items.titles[row]), vector, None, row)
    ratings, model = _model()
    if model.config.model == "net":
        raise Problem("problem.placed.net")
    places = {item: place for place, item in enumerate(ratings.item_ids.tolist())}
    items = np.array([places[item] for item in movies.item_ids.tolist()], dtype=np.int64)
    return _mine(page, ratings, model, items) if who == "mine" else _user(
        page, store, ratings, model, items
    )  # fmt: skip


def _model() -> tuple[Any, Any]:
    """The ratings and the model whose films :func:`session_movies` shows."""
    trained: Any = remember(SESSION_MODEL, lambda: None)
    if trained is not None:
        return trained  # type: ignore[no-any-return]
    from optviz.recommender.data import load_ratings
    from optviz.recommender.storage import bundled_model

    return load_ratings(), remember("bundled model of the map", bundled_model)


def _mine(page: Page, ratings: Any, model: Any, items: NDArray[np.int64]) -> Comer:
    text = page.text
    mine = Store(RecommenderState, own_address=False).value.mine
    low, high = ratings.rating_range
    places = {str(item): place for place, item in enumerate(ratings.item_ids.tolist())}

    def usable(rated: Any) -> list[tuple[int, float]]:
        return [(places[i], s) for i, s in rated if i in places and low <= s <= high]

    rated = usable(mine)
    example = not rated
    if example:  # five ratings of one taste, until the reader has given some
        rated = usable(SCENES["mine"]["mine"])
    newcomer = FoldIn(model).solve([item for item, _ in rated], [stars for _, stars in rated])
    about = text(
        f"embeddings.placed.about_{'example' if example else 'mine'}",
        n=len(rated),
        films=", ".join(
            f"{literal(title)} ★ {stars:g}"
            for title, (_, stars) in zip(
                ratings.titles([item for item, _ in rated[:5]]), rated[:5], strict=True
            )
        ),
    )
    return _apart(text("embeddings.placed.you"), newcomer.fold, newcomer.vector, items, about)


def _apart(name: str, fold: FoldIn, user: NDArray[Any], items: Any, about: str) -> Comer:
    """A user θ (vector, then bias) less the average one.

    What all users' vectors have in common tells of films, not of a user: it works as a part of
    the films' biases. With it, the nearest films would be those that few like.
    """
    k = fold.model.config.n_factors
    common = fold.model.user_factors.mean(0, dtype=np.float64)
    lift = fold.rate(user, items) - fold.rate(np.append(common, user[k:]), items)
    return Comer(name, user[:k] - common, lift, None, about)


def _user(page: Page, store: PageStore, ratings: Any, model: Any, items: Any) -> Comer:
    text = page.text
    first = str(ratings.user_ids[0])

    def read(written: str) -> None:
        ratings.user_index(_raw(ratings, written))
        store.set(placed_user=written.strip())

    controls.typed_text(
        "embeddings.placed.user", text("embeddings.placed.user"),
        store.value.placed_user or first, read, text,
        help=text("embeddings.placed.user_help", n=f"{ratings.n_users:,}"),
    )  # fmt: skip
    written = store.value.placed_user or first
    user = ratings.user_index(_raw(ratings, written))
    own = ratings.user_idx == user
    stars = ratings.frame["rating"].to_numpy(np.float64)[own]
    about = text(
        "embeddings.placed.about_user",
        user=literal(written),
        n=f"{len(stars):,}",
        mean=float(stars.mean()),
    )
    theta = np.append(model.user_factors[user], model.user_bias[user]).astype(np.float64)
    name = text("embeddings.placed.user_name", user=written)
    return _apart(name, FoldIn(model), theta, items, about)


def _raw(ratings: Any, written: str) -> Any:
    """A user's raw id as the data hold it."""
    if ratings.user_ids.dtype.kind not in "iu":
        return written.strip()
    return int(controls.read_number(written, whole=True))


def _nearest(movies: Movies, comer: Comer) -> list[int]:
    if comer.row is not None:
        return list(map(int, nearest(movies.vectors, comer.row, _NEAR).indices))
    return [int(row) for row in np.argsort(-_cosines(movies, comer), kind="stable")[:_NEAR]]


def _cosines(movies: Movies, comer: Comer) -> NDArray[np.float64]:
    """(n,) between every film's vector and the newcomer's."""
    found: NDArray[np.float64] = (
        unit_rows(movies.vectors.astype(np.float64)) @ unit_rows(comer.vector[None])[0]
    )
    return found


def _map(page: Page, store: PageStore, movies: Movies) -> Shown | None:
    """The finished map, by the Embeddings page's settings of t-SNE; waits for it if it must."""
    parameters = {p.name: getattr(store.value, p.name) for p in PROJECTIONS["tsne"].parameters}
    parameters["normalize"] = True  # a user is near a film by direction, if at all
    key = layout_key(movies.vectors, "tsne", 2, parameters)
    request = Request(movies, "tsne", 2, parameters, key)
    watch = watcher("tsne")
    try:
        shown = watch.ask(request)
    except Problem as problem:
        page.problem(problem)
        return None
    if shown is None:
        working = watch.working
        renewed(_wait, working, _REFRESH)(page, watch, request, working)
    return shown


def _wait(page: Page, watch: Watcher, request: Request, working: bool) -> None:
    shown = watch.ask(request)
    if shown is not None or (working and not watch.working):
        st.rerun()
    map_progress(page, watch, request, "embeddings.placed.{}")


def _place(
    page: Page,
    store: PageStore,
    movies: Movies,
    shown: Shown,
    comer: Comer | None,
    near: list[int],
) -> None:
    text = page.text
    coordinates = shown.layout.projection.coordinates
    picture, said = st.container(), st.container()
    found: Any = None
    if comer is not None:
        asked = {"vectors": movies.vectors, "coordinates": coordinates, "normalize": True}
        more = {"row": comer.row} if comer.row is not None else {"newcomer": comer.vector}
        task = "leave_out_task" if comer.row is not None else "place_task"
        key = (shown.request.key, comer.row, comer.vector.tobytes())
        kept: dict[Any, Any] = remember("embeddings placed", dict)
        try:
            with said:
                if key not in kept:
                    kept[key] = awaited(
                        "embeddings place", key,
                        lambda: default_backend().submit(f"{_TASKS}:{task}", **asked, **more),
                        text("embeddings.placed.wait"),
                    )  # fmt: skip
            found = kept[key]
            while len(kept) > _KEPT:
                kept.pop(next(iter(kept)))
        except Problem as problem:
            page.problem(problem)
    place = found if comer is None or comer.row is None or found is None else found.place
    figure = placed_figure(
        coordinates, movies.items, place, near, name=comer.name if comer else "", text=text,
        theme=page.theme, colour="genre", truth=comer.row if comer else None,
        revision=str(shown.request.key),
    )  # fmt: skip
    with picture:
        chart(figure, key="embeddings.placed.chart", height=_HEIGHT, toolbar=True)
    with said:
        if comer is not None and found is not None:
            _say(page, movies, comer, found, place, coordinates, near)


def _say(
    page: Page,
    movies: Movies,
    comer: Comer,
    found: Any,
    place: NDArray[np.float64],
    coordinates: NDArray[np.float32],
    near: list[int],
) -> None:
    text = page.text
    if comer.row is not None:
        st.markdown(
            text(
                "embeddings.placed.film",
                share=100 * found.distance / found.typical,
                near=found.near * _NEAR,
                full=found.near_full * _NEAR,
                k=_NEAR,
            )
        )
        st.caption(text("embeddings.placed.film_note"))
        return
    assert comer.lift is not None
    with_it = np.vstack([coordinates, place])
    around = companions(with_it, _NEAR, of=[len(coordinates)])[0]
    st.markdown(comer.about)
    st.markdown(
        text(
            "embeddings.placed.around",
            k=_NEAR,
            kept=int(np.isin(around, near).sum()),
            here=_signed(comer.lift[around].mean()),
            everywhere=_signed(comer.lift.mean()),
        )
    )
    st.caption(text("embeddings.placed.meaning"))


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
