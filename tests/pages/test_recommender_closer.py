"""The Recommender page's closer looks: one user, one movie, one prediction worked out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.fitted import FittedModel
from optviz.recommender.specs import MODELS
from optviz.recommender.storage import bundled_model, dump_model
from optviz.recommender.worked import CODE

from .apps import check, open_app, open_tab, said

EN = Text("en")
GUMP = "356"


def open_page(tab: str = "worked", **query: str) -> AppTest:
    return open_app("recommender", tab=tab, **query)


def turn(app: AppTest, tab: str) -> AppTest:
    return open_tab(app, EN(f"recommender.tab.{tab}"))


def bundled() -> FittedModel:
    return bundled_model().attach(load_ratings())


def place(item_id: int) -> int:
    return int(np.searchsorted(load_ratings().item_ids, item_id))


def tables(app: AppTest) -> list:
    return [table.value for table in app.dataframe]


def test_it_opens_on_a_rating_that_was_held_out() -> None:
    app = open_page("one_user")
    user = app.selectbox(key="recommender.user").value
    gump = place(int(GUMP))
    assert turn(app, "one_movie").selectbox(key="recommender.movie").value == gump
    assert turn(app, "worked").selectbox(key="recommender.pair.user").value == user
    assert app.selectbox(key="recommender.pair.movie").value == gump
    predicted = bundled().predict(user, gump)[0]
    assert EN("recommender.worked.predicted", predicted=f"{predicted:.2f}") in said(app)
    assert "That rating was held out" in said(app)


def test_a_users_history_stands_beside_the_predictions() -> None:
    app = open_page("one_user", user="5")
    history, new = tables(app)
    stars, predicted, held_out = (
        EN(f"recommender.table.{name}") for name in ("rating", "predicted", "held_out")
    )
    assert EN("recommender.seen", count="100", mean="3.91") in said(app)
    assert len(history) == 100
    assert list(history[stars]) == sorted(history[stars], reverse=True)
    errors = [
        np.sqrt(np.mean((history[predicted] - history[stars])[history[held_out] == part] ** 2))
        for part in (False, True)
    ]
    n = int(history[held_out].sum())
    assert 0 < n < 100
    for name, error, count in zip(("learnt", "held_out"), errors, (100 - n, n), strict=True):
        words = EN(f"recommender.one_user.error_{name}", error=f"{error:.2f}", count=count)
        assert words in said(app)
    assert len(new) == 10
    assert not set(history.iloc[:, 0]) & set(new.iloc[:, 0])
    assert list(new[stars]) == sorted(new[stars], reverse=True)


def test_a_movie_has_its_ratings_its_bias_and_its_like() -> None:
    app = open_page("one_movie", movie="1196")  # The Empire Strikes Back
    ratings = load_ratings()
    stars = ratings.frame["rating"].to_numpy()[ratings.item_idx == place(1196)]
    count, mean = f"{len(stars)}", f"{stars.mean():.2f}"
    assert EN("recommender.one_movie.ratings", count=count, mean=mean) in said(app)
    assert f"**Bias +{bundled().item_bias[place(1196)]:.2f}**" in said(app)
    (similar,) = tables(app)
    assert len(similar) == 10
    assert any("Star Wars: Episode IV" in title for title in similar.iloc[:, 0])
    cosines = similar[EN("recommender.table.cosine")]
    assert list(cosines) == sorted(cosines, reverse=True)


def test_the_tabs_share_one_user_and_one_movie_and_the_link_knows_both() -> None:
    app = open_page("one_user")
    app.selectbox(key="recommender.user").set_value(4).run()
    check(app)
    assert turn(app, "worked").selectbox(key="recommender.pair.user").value == 4
    app.selectbox(key="recommender.pair.movie").set_value(place(296)).run()
    check(app)
    assert turn(app, "one_movie").selectbox(key="recommender.movie").value == place(296)
    assert ["".join(app.query_params[name]) for name in ("user", "movie")] == ["5", "296"]
    app.button(key="recommender.scene.mine").click().run()
    check(app)
    assert "tab" not in app.query_params  # it is about the reader's own ratings
    assert turn(app, "one_user").selectbox(key="recommender.user").value == 4
    for tab, button in {
        "one_user": "another", "one_movie": "another_movie", "worked": "another_pair"
    }.items():  # fmt: skip
        turn(app, tab).button(key=f"recommender.{button}").click().run()
        check(app)
    assert "That rating was held out" in said(app)


def test_a_movie_that_training_never_saw_is_said_to_be_one() -> None:
    model = bundled()
    ratings = load_ratings()
    learnt = np.setdiff1d(np.arange(ratings.n_ratings), model.valid_rows)
    unseen = int(np.setdiff1d(np.arange(ratings.n_items), ratings.item_idx[learnt])[0])
    app = open_page("one_movie", movie=str(ratings.item_ids[unseen]))
    count = np.count_nonzero(ratings.item_idx == unseen)
    assert EN("recommender.one_movie.unseen", count=count) in said(app)
    assert EN("recommender.one_movie.no_direction") in said(app)
    turn(app, "worked")
    assert EN("recommender.worked.unseen_movie_bias") in said(app)
    assert EN("recommender.worked.unseen_user_bias") not in said(app)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_models_steps_are_shown_with_the_real_numbers(name: str) -> None:
    model = fit_model(make_config(name, n_factors=4, epochs=1), load_ratings())
    app = open_page(user="5", movie=GUMP)
    app.file_uploader(key="recommender.open").upload("a.safetensors", dump_model(model)).run()
    check(app)
    for _, line in CODE[name]:
        assert f"`{line}`" in said(app)
    predicted = model.predict(4, place(int(GUMP)))[0]
    formulas = "".join(latex.value for latex in app.latex)
    assert f"{predicted:.4f}" in formulas
    assert f"{model.user_factors[4, 0]:.4f}" in formulas
    assert EN(
        f"recommender.worked.same_{MODELS[name].score}", user=4, item=place(int(GUMP))
    ) in said(app)
    turn(app, "one_movie")
    assert re.search(r"\*\*Bias|no biases|mean of its", said(app))


@pytest.mark.parametrize(
    ("tab", "boxes"),
    [("mine", ["mine.search"]), ("one_user", ["user"]), ("one_movie", ["movie"]),
     ("worked", ["pair.user", "pair.movie"])],
)  # fmt: skip
def test_boxes_that_a_browser_reports_as_empty_change_nothing(tab: str, boxes: list[str]) -> None:
    """As it does after a training, which takes the tabs away for a while."""
    app = open_page(tab)
    shown = said(app)
    states = app._tree.get_widget_states()
    emptied = [state for state in states.widgets if state.id.endswith(
        tuple(f"recommender.{box}" for box in boxes))]  # fmt: skip
    assert len(emptied) == len(boxes)
    for state in emptied:
        state.string_value = ""
    app._run(states)
    check(app)
    assert said(app) == shown
    assert not {"user", "movie", "mine"} & set(app.query_params)


def test_strangers_in_a_link_are_named() -> None:
    app = open_page("one_user", user="nobody", movie="0")
    assert EN("problem.recommender.no_user", user="nobody") in said(app)
    turn(app, "one_movie")
    assert EN("problem.recommender.no_movie", movie="0") in said(app)
    assert app.selectbox(key="recommender.movie").value == place(int(GUMP))
