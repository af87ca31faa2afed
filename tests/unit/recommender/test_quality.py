"""Rankings by hand and by scikit-learn; what a judged model's numbers are made of."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from optviz.core.task import SilentContext
from optviz.recommender.config import MODELS, make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.quality import BOUNDS, LENGTHS, LISTS, Quality, judge, quality_task
from optviz.recommender.ranking import Relevant, first_items, rank_quality
from optviz.recommender.split import split_rows

from .test_fold_in import fitted, small, table


def pairs(*found: tuple[int, int]) -> Relevant:
    rows, items = (np.array(side, np.int64) for side in zip(*found, strict=True))
    return Relevant(rows, items)


NOTHING = Relevant(np.zeros(0, np.int64), np.zeros(0, np.int64))


def test_lists_leave_out_what_is_known_and_end_where_nothing_is_left() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.7], [4.0, 3.0, 2.0, 1.0]])
    known = pairs((0, 1), (1, 0), (1, 2))
    np.testing.assert_array_equal(first_items(scores, known, 3), [[3, 2, 0], [1, 3, -1]])
    assert first_items(np.ones((1, 2)), NOTHING, 4).tolist() == [[0, 1, -1, -1]]


def test_a_ranking_by_hand() -> None:
    # The first user likes 0 and 3 and finds them at places 1 and 3; the second likes 2, at none.
    lists = np.array([[0, 1, 3], [1, 3, 0]])
    found = rank_quality(lists, pairs((0, 0), (0, 3), (1, 2)), 3, np.array([8, 4, 2, 0]), 8)
    assert found.precision == pytest.approx((2 / 3 + 0) / 2)
    assert found.recall == pytest.approx((1 + 0) / 2)
    assert found.ndcg == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)) / 2)
    assert found.mean_average_precision == pytest.approx((1 / 1 + 2 / 3) / 2 / 2)
    assert found.coverage == pytest.approx(3 / 4)
    # −log₂ of 8/8, 4/8 and, never seen, 1/8: two lists of 0, 1 and 3.
    assert found.novelty == pytest.approx((0 + 1 + 3) / 3)


def test_ndcg_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    scores, likes = random.normal(size=(20, 30)), random.random((20, 30)) < 0.2
    likes[:, 0] = True
    relevant = Relevant(*(side.astype(np.int64) for side in np.nonzero(likes)))
    lists = first_items(scores.copy(), NOTHING, 30)
    for k in (1, 5, 10, 30):
        found = rank_quality(lists, relevant, k, np.ones(30, np.int64), 20)
        assert found.ndcg == pytest.approx(ndcg_score(likes, scores, k=k))


def test_average_precision_in_a_plain_loop() -> None:
    random = np.random.default_rng(1)
    scores, likes = random.normal(size=(15, 12)), random.random((15, 12)) < 0.4
    likes[:, 0] = True
    relevant = Relevant(*(side.astype(np.int64) for side in np.nonzero(likes)))
    k, total = 5, 0.0
    for row in range(15):
        hits, precise = 0, 0.0
        for place, item in enumerate(np.argsort(-scores[row])[:k], start=1):
            if likes[row, item]:
                hits += 1
                precise += hits / place
        total += precise / min(likes[row].sum(), k)
    found = rank_quality(first_items(scores, NOTHING, k), relevant, k, np.ones(12, np.int64), 15)
    assert found.mean_average_precision == pytest.approx(total / 15)


@pytest.mark.parametrize("name", list(MODELS))
def test_scores_order_movies_as_predictions_do(name: str) -> None:
    model = fitted(name)
    scores = model.scores([3, 40])
    everything = np.arange(30)
    for row, user in enumerate((3, 40)):
        predicted = model.predict(np.full(30, user), everything)
        np.testing.assert_array_equal(np.argsort(scores[row]), np.argsort(predicted))


def judged(name: str) -> Quality:
    return judge(fitted(name), small(), SilentContext())


@pytest.mark.parametrize("name", list(MODELS))
def test_errors_and_buckets_add_up(name: str) -> None:
    model, quality = fitted(name), judged(name)
    assert quality.rmse["model"] == pytest.approx(model.valid_mse**0.5, rel=1e-6)
    assert quality.rmse["bias"] == pytest.approx(model.baselines["bias"] ** 0.5)
    assert quality.rmse["mean"] == pytest.approx(model.baselines["mean"] ** 0.5)
    assert quality.threshold == 4
    rows = sum(bucket.rows for bucket in quality.buckets)
    assert rows == len(model.valid_rows)
    for kind in ("model", "bias"):
        squares = sum(bucket.rows * bucket.rmse[kind] ** 2 for bucket in quality.buckets)
        assert squares / rows == pytest.approx(quality.rmse[kind] ** 2)
    assert {bucket.least for bucket in quality.buckets} <= {-1, *BOUNDS}
    stars = small().frame["rating"].to_numpy()[model.valid_rows]
    assert sum(bucket.liked for bucket in quality.buckets) == np.count_nonzero(stars >= 4)
    for kind in LISTS:
        for k in LENGTHS:
            found = sum(b.liked * b.found[kind][k] for b in quality.buckets if b.liked)
            assert 0 <= found <= np.count_nonzero(stars >= 4)


def test_leads_are_the_differences_of_ndcg_with_their_standard_errors() -> None:
    quality = judged("dot_bias")
    for name in LISTS[1:]:
        for k in LENGTHS:
            lead, error = quality.leads[name][k]
            own, theirs = (quality.rankings[kind][k].ndcg for kind in ("model", name))
            assert lead == pytest.approx(own - theirs)
            assert 0 < error < 1 / quality.users**0.5  # NDCG differs by one at most


def test_the_most_rated_list_is_the_same_for_all_but_for_what_they_know() -> None:
    quality, ratings = judged("als"), small()
    train, valid = split_rows(ratings, fitted("als").config)
    counts = np.bincount(ratings.item_idx[train], minlength=ratings.n_items)
    order = np.argsort(-counts, kind="stable")
    stars = ratings.frame["rating"].to_numpy()
    precisions = []
    for user in range(ratings.n_users):
        mine = ratings.user_idx[valid] == user
        liked = set(ratings.item_idx[valid[mine & (stars[valid] >= 4)]])
        known = set(ratings.item_idx[train[ratings.user_idx[train] == user]])
        if liked:
            first = [item for item in order if item not in known][:5]
            precisions.append(len(liked & set(first)) / 5)
    assert quality.rankings["popular"][5].precision == pytest.approx(np.mean(precisions))
    assert quality.users == len(precisions)


def test_users_and_movies_that_training_never_saw_have_buckets_of_their_own() -> None:
    """With half of a few ratings held out, some users and movies have none left to learn from."""
    ratings = load_ratings(table(n_users=60, n_items=200, each=2).encode())
    config = make_config("als", n_factors=2, epochs=1, split="random", valid_fraction=0.5)
    model = fit_model(config, ratings)
    quality = judge(model, ratings, SilentContext())
    train, valid = split_rows(ratings, config)
    new_user = ~np.isin(ratings.user_idx[valid], ratings.user_idx[train])
    new_item = ~np.isin(ratings.item_idx[valid], ratings.item_idx[train])
    rows = {bucket.least: bucket.rows for bucket in quality.buckets}
    assert rows[-1] == np.count_nonzero(new_user) > 0
    assert rows[0] == np.count_nonzero(new_item & ~new_user) > 0
    assert rows[-1] + rows[0] == model.n_unseen
    # A movie that nobody rated in training is not on the list of the most rated.
    (never,) = [bucket for bucket in quality.buckets if bucket.least == 0]
    assert never.liked > 0
    assert never.found["popular"][5] == 0


def test_nobody_likes_anything() -> None:
    ratings = small()
    frame = ratings.frame.assign(rating=np.minimum(ratings.frame["rating"], 3.5))
    dull = dataclasses.replace(ratings, frame=frame)
    model = fit_model(make_config("als", n_factors=2, epochs=1), dull)
    quality = judge(model, dull, SilentContext())
    assert (quality.users, quality.rankings, quality.leads) == (0, {}, {})
    assert all(bucket.found == {} for bucket in quality.buckets)


def test_the_task_tells_how_far_it_is_and_judges_the_same(tmp_path: Any) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(table())
    told: list[tuple[float, float]] = []

    class Context(SilentContext):
        def progress(self, done: float, total: float) -> None:
            told.append((done, total))

    quality = quality_task(Context(), str(path), fitted("als"))
    assert quality == judged("als")
    assert told[-1] == (quality.users, quality.users)
