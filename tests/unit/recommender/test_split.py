"""The protocols: what each holds out, what it refuses, and the splits of MovieLens 100K."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender.config import (
    CONTROLS,
    MODELS,
    OFFICIAL,
    SPLITS,
    controls_shown,
    make_config,
    split_settings,
)
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.fold_in import FoldIn
from optviz.recommender.quality import judge
from optviz.recommender.race import Entry, cross_validated
from optviz.recommender.split import folds_of, lesson_order, split_baselines, split_rows
from optviz.recommender.storage import dump_model, load_model
from optviz.training.history import EpochRecord

from .movielens_archives import ROWS, ml_100k, zipped


def timed(n_users: int = 30, n_items: int = 20) -> Ratings:
    """Each user's ratings at times of their own, in no order; user 1 has a single one."""
    random = np.random.default_rng(0)
    lines = ["user,item,rating,timestamp", "1,1,4,5"]
    for user in range(2, n_users + 1):
        items = random.choice(n_items, 9, replace=False) + 1
        times = random.permutation(9) + 100 * user
        lines += [
            f"{user},{i},{random.integers(1, 11) / 2},{t}"
            for i, t in zip(items, times, strict=True)
        ]
    return load_ratings("\n".join(lines).encode())


DATA = timed()


def valid(split: str, ratings: Ratings = DATA, **settings: Any) -> np.ndarray:
    return split_rows(ratings, make_config("als", split=split, **settings))[1]


@pytest.mark.parametrize("split", [name for name in SPLITS if name != "official"])
def test_every_row_is_in_one_part_and_the_same_settings_hold_out_the_same(split: str) -> None:
    config = make_config("als", split=split)
    train, held = split_rows(DATA, config)
    assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(DATA.n_ratings))
    assert (np.diff(train) > 0).all() and (np.diff(held) > 0).all()
    # Settings that the protocol does not depend on leave it alone; those it does change it.
    other = {"valid_fraction": 0.4, "fold": 2, "n_last": 2, "seed": 1}
    for name, value in other.items():
        same = np.array_equal(held, split_rows(DATA, config.replace(**{name: value}))[1])
        assert same == (name not in SPLITS[split]), name


def test_only_the_settings_of_the_split_are_offered() -> None:
    split_fields = {name for names in SPLITS.values() for name in names} - {"seed"}
    for split, names in SPLITS.items():
        shown = {control.name for control in controls_shown(make_config("net", split=split))}
        assert shown & split_fields == set(names) - {"seed"}
        assert set(split_settings(make_config("net", split=split))) == {"split", *names}
    assert CONTROLS["split"].choices == tuple(SPLITS)


def test_the_lessons_split_is_as_it_was() -> None:
    n = DATA.n_ratings
    assert valid("lesson").tolist() == sorted(lesson_order(n)[: n // 5])


def test_folds_hold_out_every_row_once() -> None:
    configs = folds_of(make_config("als", split="folds", n_folds=4, seed=3))
    assert [config.fold for config in configs] == [1, 2, 3, 4]
    parts = [split_rows(DATA, config)[1] for config in configs]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(DATA.n_ratings))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert folds_of(make_config("als")) == (make_config("als"),)


@pytest.mark.parametrize("n_last", [1, 3])
def test_the_last_ratings_are_the_last_by_time(n_last: int) -> None:
    held = valid("last", n_last=n_last)
    frame = DATA.frame
    assert not (frame["user_id"].iloc[held] == 1).any()  # whose one rating is learnt from
    assert len(held) == n_last * 29
    for user in range(2, 31):
        own = frame[frame["user_id"] == user]
        last = own["timestamp"].nlargest(n_last)
        assert set(own.index[own.index.isin(held)]) == set(last.index)


def test_of_equal_times_the_later_row_is_the_later() -> None:
    lines = [f"{u},{i},{1 + (u + i) % 5},7" for u in (1, 2, 3) for i in (1, 2, 3, 4)]
    ratings = load_ratings("\n".join(["user,item,rating,timestamp", *lines]).encode())
    assert valid("last", ratings).tolist() == [3, 7, 11]


@pytest.mark.parametrize("side", ["user", "item"])
def test_the_unknown_are_wholly_unknown(side: str) -> None:
    train, held = split_rows(DATA, make_config("als", split=f"cold_{side}s", valid_fraction=0.2))
    index = getattr(DATA, f"{side}_idx")
    assert not set(index[train]) & set(index[held])
    assert len(set(index[held])) == {"user": 6, "item": 4}[side]


@pytest.mark.parametrize("model", ["als", "joint", "dot", "dot_bias", "net"])
@pytest.mark.parametrize("side", ["user", "item"])
def test_strangers_are_counted_scored_and_a_bucket_of_their_own(model: str, side: str) -> None:
    config = make_config(model, split=f"cold_{side}s", n_factors=3, epochs=2)
    fitted = fit_model(config, DATA)
    held = fitted.valid_rows
    assert fitted.n_unseen == len(held)
    quality = judge(fitted, DATA, SilentContext())
    assert [bucket.least for bucket in quality.buckets] == [-1 if side == "user" else 0]
    assert quality.buckets[0].rows == len(held)
    assert np.isfinite(fitted.valid_mse)
    if side == "item":  # all of them are one and the same movie to the model
        items = np.unique(DATA.item_idx[held])
        said = fitted.predict(np.full(len(items), 3), items)
        assert np.ptp(said) < 1e-5


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("split", ["last", "random"])
def test_a_user_with_one_rating_is_served_like_any(model: str, split: str) -> None:
    """Whether that rating is learnt from (it is no last one) or held out (by this seed)."""
    config = make_config(model, split=split, n_factors=2, epochs=2, seed=0)
    fitted = fit_model(config, DATA)
    held_out = 0 in fitted.valid_rows
    assert held_out == (split == "random")
    assert fitted.n_unseen == int(held_out)
    everything = np.arange(DATA.n_items)
    assert np.isfinite(fitted.predict(np.zeros(len(everything), int), everything)).all()
    assert len(fitted.recommend(1, 3)) == 3
    found = FoldIn(fitted).solve([0], [4.0])
    assert found.converged and np.isfinite(found.predict(everything)).all()


def test_what_the_data_cannot_serve_gets_a_sentence() -> None:
    untimed = dataclasses.replace(DATA, frame=DATA.frame.assign(timestamp=np.nan))
    for ratings, settings, said in (
        (untimed, {"split": "last"}, "carry no times"),
        (DATA, {"split": "last", "n_last": 9}, "No user has 10 ratings"),
        (DATA, {"split": "official", "official": "u3"}, "without the files u3.base and u3.test"),
        (DATA, {"split": "folds", "n_folds": 3, "fold": 4}, "no fold 4 of 3"),
    ):
        with pytest.raises(Problem, match=said):
            split_baselines(ratings, make_config("als", **settings))


def archive(**changed: bytes | None) -> bytes:
    """MovieLens 100K in small, with u1 and ua whole; a file can be changed or taken out."""
    lines = ["\t".join(map(str, row)) + "\n" for row in ROWS]
    files: dict[str, bytes | None] = {**ml_100k()}
    for name, held in {"u1": {2, 5, 11}, "ua": {0, 7}}.items():
        for part in ("base", "test"):
            kept = [line for i, line in enumerate(lines) if (i in held) == (part == "test")]
            files[f"ml-100k/{name}.{part}"] = "".join(reversed(kept)).encode()
    files |= {f"ml-100k/{name.replace('_', '.')}": data for name, data in changed.items()}
    return zipped({name: data for name, data in files.items() if data is not None})


def test_the_official_splits_come_from_the_zip() -> None:
    ratings = load_ratings(archive())
    assert ratings.n_ratings == len(ROWS)
    assert {name: rows.tolist() for name, rows in ratings.official.items()} == {
        "u1": [2, 5, 11],
        "ua": [0, 7],
    }
    assert valid("official", ratings, official="u1").tolist() == [2, 5, 11]
    assert valid("official", ratings, official="ua").tolist() == [0, 7]
    with pytest.raises(Problem, match=r"u2 did not come.*There are: u1, ua"):
        valid("official", ratings, official="u2")
    assert CONTROLS["official"].choices == OFFICIAL


@pytest.mark.parametrize(
    "changed",
    [
        {"u1_test": None},
        {"u1_test": b""},
        {"u1_test": b"1\t2571\t3\t964983815\n"},  # two of the ratings are in neither file
        {"u1_test": b"1\t99999\t3\t1\n7\t117192\t1\t1\n300\t34048\t4\t1\n"},  # a stranger
        {"u1_base": b"nothing\tof\tthe\tkind\n"},
    ],
    ids=["gone", "empty", "short", "other", "broken"],
)
def test_a_split_that_is_not_whole_is_left_out_and_the_ratings_are_read(changed: Any) -> None:
    ratings = load_ratings(archive(**changed))
    assert ratings.n_ratings == len(ROWS)
    assert list(ratings.official) == ["ua"]


def test_a_saved_model_needs_the_split_that_it_was_trained_on() -> None:
    whole = load_ratings(archive())
    config = make_config("als", split="official", official="u1", n_factors=2, epochs=1)
    content = dump_model(fit_model(config, whole))
    assert load_model(content, whole).valid_rows.tolist() == [2, 5, 11]
    alone = load_ratings(archive(u1_test=None))
    assert alone.key == whole.key
    with pytest.raises(Problem, match="u1 did not come"):
        load_model(content, alone)


def entry(fold: int, loss: float, **settings: Any) -> Entry:
    config = make_config("als", split="folds", n_folds=2, fold=fold, epochs=1, **settings)
    return Entry("", config, "", "done", (EpochRecord(1, 0.5, loss),), (1.0,))


def test_folds_are_told_together() -> None:
    assert cross_validated([entry(1, 0.5)])[0].complete is False
    again = entry(2, 0.7)
    other = entry(1, 0.1, n_factors=3)
    found = cross_validated([entry(1, 0.5), entry(2, 0.9), again, other])
    assert [folds.complete for folds in found] == [True, False]
    assert found[0].losses == {1: 0.5, 2: 0.7}
    assert found[0].mean == pytest.approx(0.6)
    assert found[0].deviation == pytest.approx(0.2 / 2**0.5)
    stopped = dataclasses.replace(again, epochs=())
    running = dataclasses.replace(again, state="running")
    by_hand = dataclasses.replace(again, changes=((1, 0.5),))
    plain = dataclasses.replace(again, config=make_config("als"))
    assert cross_validated([stopped, running, by_hand, plain]) == []
