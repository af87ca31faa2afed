"""Made-up ratings in the shape of a large MovieLens set."""

from __future__ import annotations

import io
import json
import zipfile
from math import erf, sqrt

import numpy as np
import pytest

from optviz import load_ratings
from scripts.make_ratings import FEWEST, MIDDLE, NOISE, RARE, Planted, main, write_ratings


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "ratings.zip"
    return path, write_ratings(0.1, path)


def test_the_zip_is_read_as_movielens(made):
    path, facts = made
    ratings = load_ratings(path)
    assert (ratings.n_ratings, ratings.n_users) == (facts["ratings"], facts["users"])
    assert abs(ratings.n_ratings - 100_000) < 1_000
    assert ratings.rating_range == (0.5, 5.0)
    assert ratings.user_idx.dtype == np.int32
    assert all(title.startswith("The Film ") for title in ratings.titles([0, 1, 2]))
    with zipfile.ZipFile(path) as archive:
        folder = archive.namelist()[0].split("/")[0]
        lines = io.TextIOWrapper(archive.open(f"{folder}/ratings.csv"))
        assert next(lines) == "userId,movieId,rating,timestamp\n"
        assert next(lines).split(",")[2] in [f"{half / 2}" for half in range(1, 11)]
        assert json.loads(archive.read(f"{folder}/planted.json")) == facts


def test_few_movies_and_users_have_most_ratings(made):
    ratings = load_ratings(made[0])
    of_users, of_movies = np.bincount(ratings.user_idx), np.bincount(ratings.item_idx)
    assert of_users.min() >= FEWEST
    assert np.median(of_users) <= MIDDLE
    assert np.mean(of_movies <= RARE) > 0.3
    assert 0.4 < of_movies.max() / ratings.n_users < 0.6


def test_nothing_beats_the_planted_floor_and_the_truth_reaches_it():
    world = Planted(0.1, seed=3)
    user, movie, stars, _ = (np.concatenate(parts) for parts in zip(*world.blocks(), strict=True))
    expected = 3.5 + world.user_bias[user] + world.movie_bias[movie]
    expected += (world.users[user] * world.movies[movie]).sum(1)
    # The mean of a rating is its least value, and half a star for each higher one it may pass.
    edges = np.arange(0.75, 5, 0.5)
    grid = np.linspace(expected.min(), expected.max(), 2_000)
    passed = [[0.5 + 0.5 * erf((e - edge) / NOISE / sqrt(2)) for edge in edges] for e in grid]
    mean = np.interp(expected, grid, 0.5 + 0.5 * np.sum(passed, axis=1))
    assert np.sqrt(np.mean((stars - mean) ** 2)) == pytest.approx(world.best_rmse, rel=0.01)
    assert np.sqrt(np.mean((stars - expected) ** 2)) > world.best_rmse


def test_the_same_seed_makes_the_same_ratings(tmp_path, capsys):
    first, second = (next(Planted(0.05, seed).blocks()) for seed in (1, 1))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    main(["0.05", str(tmp_path / "small.zip")])
    assert '"seed": 0' in capsys.readouterr().out
