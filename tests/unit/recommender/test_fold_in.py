"""Folding a newcomer in, taking predictions apart, and training anew with the newcomer."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender.baselines import mse
from optviz.recommender.config import MODELS, make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.fitted import FittedModel
from optviz.recommender.fold_in import FoldIn, Newcomer
from optviz.recommender.newcomer import add_user, retrain_task
from optviz.recommender.split import split_rows
from optviz.recommender.storage import bundled_model

QUICK: dict[str, dict[str, Any]] = {
    "als": {"n_factors": 5, "epochs": 3},
    "joint": {"n_factors": 5, "epochs": 200, "regularization": 1.0, "lr": 0.01},
    "dot": {"n_factors": 5, "epochs": 12, "batch_size": 50, "lr": 0.03},
    "dot_bias": {"n_factors": 5, "epochs": 6, "batch_size": 50},
    "net": {"n_factors": 5, "epochs": 6, "batch_size": 50, "dropout": 0.0},
}
ITEMS = [3, 7, 11, 0, 20]
STARS = [5.0, 4.5, 1.0, 3.0, 0.5]


def table(n_users: int = 60, n_items: int = 30, each: int = 15) -> str:
    """Tastes on one axis."""
    random = np.random.default_rng(0)
    taste, style = random.normal(size=n_users), random.normal(size=n_items)
    lines = ["user_id,item_id,rating"]
    for user in range(n_users):
        for item in random.choice(n_items, each, replace=False):
            stars = np.clip(round(2 * (3 + taste[user] * style[item])) / 2, 0.5, 5)
            lines.append(f"{user + 1},{item + 1},{stars}")
    return "\n".join(lines)


@lru_cache(maxsize=1)
def small() -> Ratings:
    return load_ratings(table().encode())


@lru_cache(maxsize=16)
def fitted(name: str, **controls: str) -> FittedModel:
    return fit_model(make_config(name, **QUICK[name], **controls), small())


def newcomer(name: str, items: Any = ITEMS, stars: Any = STARS) -> Newcomer:
    return FoldIn(fitted(name)).solve(items, stars)


def known(model: FittedModel, ratings: Ratings, user: int) -> tuple[Any, Any]:
    """The ratings of a user that training saw."""
    rows = split_rows(ratings, model.config)[0]
    rows = rows[ratings.user_idx[rows] == user]
    return ratings.item_idx[rows], ratings.frame["rating"].to_numpy()[rows]


@pytest.mark.parametrize("name", MODELS)
def test_the_prediction_is_the_models_own(name: str) -> None:
    """A user of the model's, put in the newcomer's place, is predicted what the model predicts."""
    model, everything = fitted(name), np.arange(small().n_items)
    fold = FoldIn(model)
    for user in (0, 7, 59):
        place = model.user_factors[user].astype(np.float64)
        if "user_bias" in model.weights:
            place = np.append(place, model.weights["user_bias"][user])
        own = model.predict(np.full(len(everything), user), everything)
        assert fold.rate(place, everything) == pytest.approx(own, abs=1e-6)


@pytest.mark.parametrize("sigmoid", ["on", "off"])
@pytest.mark.parametrize("batch_norm", ["on", "off"])
def test_a_newcomer_to_any_kind_of_net(batch_norm: str, sigmoid: str) -> None:
    model, everything = (
        fitted("net", batch_norm=batch_norm, sigmoid=sigmoid), np.arange(small().n_items),
    )  # fmt: skip
    fold = FoldIn(model)
    own = model.predict(np.full(len(everything), 7), everything)
    place = model.user_factors[7].astype(np.float64)
    assert fold.rate(place, everything) == pytest.approx(own, abs=1e-6)
    found = fold.solve(ITEMS, STARS)
    why = found.explain(everything)
    assert found.converged
    parts = why.mean + why.movie + why.you + why.taste
    assert parts == pytest.approx(found.predict(everything), abs=1e-9)
    assert why.pulls.sum(1) == pytest.approx(why.you + why.taste, abs=1e-9)


@pytest.mark.parametrize("name", ["dot", "dot_bias", "net"])
def test_nothing_known_is_the_average_user(name: str) -> None:
    model = fitted(name)
    nobody = newcomer(name, [], [])
    assert nobody.vector[:5] == pytest.approx(model.user_factors.mean(0), abs=1e-6)
    assert nobody.converged


@pytest.mark.parametrize("name", ["als", "joint"])
def test_nothing_known_is_scored_by_the_movies_biases(name: str) -> None:
    """Or by their means, which is what Ng's mean normalization is for."""
    model, everything = fitted(name), np.arange(small().n_items)
    predicted = newcomer(name, [], []).predict(everything)
    assert predicted == pytest.approx(model.mean + model.item_bias)


@pytest.mark.parametrize("name", ["dot", "dot_bias", "net"])
def test_no_other_user_explains_the_ratings_better(name: str) -> None:
    """Scipy's general minimiser, from many starts, finds nothing below what was found."""
    from scipy.optimize import minimize

    found = newcomer(name)
    fold = found.fold

    def objective(user: Any) -> float:
        error = fold.rate(user, found.items) - found.stars
        away = user - fold.average
        return float(error @ error + away @ fold.penalty @ away)

    best = min(
        minimize(objective, start, method="BFGS").fun
        for start in (found.vector, fold.average, *np.random.default_rng(0).normal(
            fold.average, 0.3, (5, len(fold.average))
        ))
    )  # fmt: skip
    assert found.converged
    assert objective(found.vector) <= best * (1 + (0.02 if name == "net" else 1e-6))
    assert objective(found.vector) < objective(fold.average)


@pytest.mark.parametrize("name", MODELS)
def test_a_prediction_is_the_sum_of_its_parts_and_the_pulls_are_the_users_part(name: str) -> None:
    everything = np.arange(small().n_items)
    found = newcomer(name)
    why = found.explain(everything)
    assert why.predicted == pytest.approx(found.predict(everything), abs=1e-12)
    parts = why.mean + why.movie + why.you + why.taste
    assert parts == pytest.approx(why.predicted, abs=1e-9)
    assert why.pulls.sum(1) == pytest.approx(why.you + why.taste, abs=1e-9)
    assert why.mean == pytest.approx(fitted(name).mean)
    average = newcomer(name, [], []).explain(everything)
    assert np.abs(average.you).max() < 1e-9
    assert np.abs(average.taste).max() < 1e-9


def test_the_parts_are_alss_own_numbers() -> None:
    model, everything = fitted("als"), np.arange(small().n_items)
    found = newcomer("als")
    why = found.explain(everything)
    assert why.movie == pytest.approx(model.item_bias, abs=1e-9)
    assert why.you == pytest.approx(np.full(len(everything), found.vector[-1]))
    assert why.taste == pytest.approx(model.item_factors @ found.vector[:-1])


@pytest.mark.parametrize("name", MODELS)
def test_a_rating_pulls_its_own_movie_its_own_way(name: str) -> None:
    """Of the best and the worst rated, each pulls itself up or down most of all."""
    found = newcomer(name)
    pulls = found.explain(found.items).pulls
    assert pulls[0, 0] > 0 > pulls[4, 4]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("items", "stars"),
    [
        ([4], [5.0]),
        ([4], [0.5]),
        (list(range(10)), [5.0] * 10),
        (list(range(10)), [0.5] * 10),
        (list(range(30)), [0.5, 5.0] * 15),
    ],
    ids=["one high", "one low", "all five", "all lowest", "all of them"],
)
def test_any_ratings_give_numbers(name: str, items: list[int], stars: list[float]) -> None:
    found = newcomer(name, items, stars)
    assert found.converged
    places, predicted = found.recommend(10)
    assert len(places) == min(10, 30 - len(items))
    assert not set(places.tolist()) & set(items)
    assert np.isfinite(predicted).all()
    assert (np.diff(predicted) <= 0).all()
    why = found.explain(np.arange(30))
    assert np.isfinite(why.pulls).all()
    assert np.isfinite(why.taste).all()


@pytest.mark.parametrize("name", MODELS)
def test_folded_in_users_are_predicted_about_as_well_as_trained_ones(name: str) -> None:
    model, ratings = fitted(name), small()
    valid = split_rows(ratings, model.config)[1]
    truth = ratings.frame["rating"].to_numpy()
    fold = FoldIn(model)
    predicted = np.zeros(len(valid))
    for user in range(ratings.n_users):
        rows = ratings.user_idx[valid] == user
        predicted[rows] = fold.solve(*known(model, ratings, user)).predict(
            ratings.item_idx[valid[rows]]
        )
    assert mse(predicted, truth[valid]) < 1.1 * model.valid_mse


def test_the_bundled_models_users_are_predicted_better_when_folded_in() -> None:
    """It trained for three epochs, after which the users' part is still not the best there is."""
    ratings, model = load_ratings(), bundled_model()
    valid = split_rows(ratings, model.config)[1]
    truth, fold, users = ratings.frame["rating"].to_numpy(), FoldIn(model), range(0, 671, 10)
    trained, folded = [], []
    for user in users:
        rows = valid[ratings.user_idx[valid] == user]
        items = ratings.item_idx[rows]
        found = fold.solve(*known(model, ratings, user))
        assert found.converged
        folded.extend(found.predict(items) - truth[rows])
        trained.extend(model.predict(np.full(len(rows), user), items) - truth[rows])
    assert np.square(folded).mean() < np.square(trained).mean()


def test_what_cannot_be_is_refused() -> None:
    fold = FoldIn(fitted("als"))
    for items, stars in (
        ([1, 1], [3, 3]), ([30], [3]), ([-1], [3]), ([1], [9]), ([1], [np.nan]), ([1, 2], [3]),
    ):  # fmt: skip
        with pytest.raises(Problem):
            fold.solve(items, stars)
    weights = {**fitted("als").weights, "user_bias": np.full(60, np.nan)}
    with pytest.raises(Problem):
        FoldIn(dataclasses.replace(fitted("als"), weights=weights))


def test_more_factors_than_users_are_no_obstacle() -> None:
    ratings = load_ratings(table(8, 12, 6).encode())
    for name in MODELS:
        model = fit_model(make_config(name, n_factors=40, epochs=2), ratings)
        found = FoldIn(model).solve([0, 5], [4.0, 1.0])
        assert found.converged
        assert np.isfinite(found.vector).all()


# ── training anew ──


def test_the_added_user_is_the_last_and_changes_nobody_else() -> None:
    ratings = small()
    more = add_user(ratings, ITEMS, STARS)
    n = ratings.n_ratings
    assert (more.n_users, more.n_items, more.n_ratings) == (61, 30, n + 5)
    assert np.array_equal(more.user_idx[:n], ratings.user_idx)
    assert more.user_idx[n:].tolist() == [60] * 5
    assert more.item_idx[n:].tolist() == ITEMS
    assert more.frame["rating"].to_numpy()[n:].tolist() == STARS
    assert more.frame["item_id"].tolist()[n:] == ratings.item_ids[ITEMS].tolist()
    assert more.user_index(more.user_ids[-1]) == 60
    letters = load_ratings(table().replace("\n", "\nu").encode())
    assert add_user(letters, ITEMS, STARS).n_users == 61


def test_retraining_learns_from_all_of_the_newcomers_ratings(tmp_path: Path) -> None:
    """The same as loading the ratings with the newcomer among them, and one more half-sweep."""
    source = tmp_path / "ratings.csv"
    source.write_text(table())
    config = make_config("als", n_factors=5, epochs=3)
    found = retrain_task(SilentContext(), str(source), config.to_dict(), ITEMS, STARS)
    ratings = add_user(small(), ITEMS, STARS)
    train, valid = split_rows(small(), config)
    rows = (np.append(train, np.arange(small().n_ratings, ratings.n_ratings)), valid)
    model = fit_model(config, ratings, rows=rows)
    assert found.predicted == pytest.approx(model.predict(np.full(30, 60), np.arange(30)))
    assert found.valid_mse == model.valid_mse
    folded = FoldIn(model).solve(ITEMS, STARS).predict(np.arange(30))
    assert np.abs(folded - found.predicted).max() < 0.3
    assert np.corrcoef(folded, found.predicted)[0, 1] > 0.97


def test_a_diverged_retraining_says_so_in_numbers(tmp_path: Path) -> None:
    source = tmp_path / "ratings.csv"
    source.write_text(table())
    config = make_config("dot_bias", n_factors=5, epochs=30, optimizer="sgd", lr=1e9)
    found = retrain_task(SilentContext(), str(source), config.to_dict(), ITEMS, STARS)
    assert np.isnan(found.predicted).all()
