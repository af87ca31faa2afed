"""A map of the movies while their model is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.embedding.company import chance
from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.growth import growth_task, looks


class Listener(SilentContext):
    """Keeps the frames, and asks to stop after so many."""

    def __init__(self, most: int = 1000) -> None:
        self.frames: list[dict[str, Any]] = []
        self._most = most

    def emit(self, kind: str, **data: Any) -> None:
        if kind == "frame":
            self.frames.append(data)

    @property
    def stop_requested(self) -> bool:  # type: ignore[override]
        return len(self.frames) >= self._most


@pytest.fixture(scope="module")
def popular() -> tuple[list[int], list[int]]:
    """The 200 most rated movies: their indices, 0 for animation, −1 for the rest."""
    ratings = load_ratings()
    counts = np.bincount(ratings.item_idx, minlength=ratings.n_items)
    items = np.argsort(-counts, kind="stable")[:200]
    genres = ratings.items.set_index("item_id")["genres"].reindex(ratings.item_ids[items])
    return items.tolist(), [0 if "Animation" in names else -1 for names in genres]


def grow(context: Any, popular: tuple[list[int], list[int]], config: Any, **given: Any) -> Any:
    items, labels = popular
    settings = {"method": "pca", "perplexity": 20.0, "normalize": True} | given
    return growth_task(context, None, config.to_dict(), items, labels, **settings)


def test_looks_are_dense_at_the_start_and_end_at_the_end() -> None:
    found = looks(10, 313)
    assert found[0] == 0 and found[-1] == 3130
    assert sorted(set(found)) == list(found)
    assert {313 * epoch for epoch in range(11)} <= set(found)
    assert np.diff(found)[0] < np.diff(found)[-1]


def test_frames_follow_the_very_training_and_its_last_epoch_is_fully_kept(popular) -> None:
    config = make_config("dot_bias", epochs=1, batch_size=1024)
    heard = Listener()
    grown = grow(heard, popular, config)
    assert [frame["epoch"] for frame in heard.frames][:1] == [0.0]
    assert heard.frames[-1]["epoch"] == 1.0
    assert len(heard.frames) == len(grown.kept) == 9
    assert grown.kept[-1] == 1.0 and grown.kept[0] < 0.2

    fit = build_fit(config, load_ratings())
    while not fit.done:
        fit.step()
    assert np.array_equal(grown.vectors, fit.weights()["item_factors"][popular[0]])
    assert grown.valid_mse == fit.model().valid_mse == heard.frames[-1]["valid_loss"]


def test_genres_gather_though_no_one_told_the_model(popular) -> None:
    heard = Listener()
    grow(heard, popular, make_config("als", epochs=4))
    by_chance = chance(popular[1])
    assert heard.frames[0]["purity"] == pytest.approx(by_chance, abs=0.05)
    assert heard.frames[-1]["purity"] > by_chance + 0.1


def test_als_shows_a_frame_a_sweep_since_the_other_half_moves_users(popular) -> None:
    heard = Listener()
    grown = grow(heard, popular, make_config("als", epochs=3))
    assert [frame["epoch"] for frame in heard.frames] == [0.0, 1.0, 2.0, 3.0]
    assert len(grown.fixed) == 4
    assert grown.clusters.shape == grown.biases.shape == (200,)


def test_stopped_early_it_ends_with_the_map_that_there_is(popular) -> None:
    heard = Listener(most=3)
    grown = grow(heard, popular, make_config("als", epochs=50))
    assert len(heard.frames) == 3
    assert grown.kept[-1] == 1.0


def test_a_run_that_diverges_is_said(popular) -> None:
    with pytest.raises(Problem) as caught:
        grow(Listener(), popular, make_config("dot_bias", optimizer="sgd", lr=1e9, epochs=1))
    assert caught.value.key == "problem.growth.diverged"
