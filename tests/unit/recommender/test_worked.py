"""A prediction worked out step by step is the model's own; portraits hold what was rated."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from optviz.recommender.config import MODELS
from optviz.recommender.fitted import FittedModel
from optviz.recommender.models import build_model
from optviz.recommender.portraits import movie_portrait, user_portrait
from optviz.recommender.storage import bundled_model
from optviz.recommender.worked import Layers, Product, code_of, work_out

from .test_fold_in import fitted, small

PAIRS = [(user, item) for user in (0, 7, 59) for item in (0, 13, 29)]


@pytest.mark.parametrize("name", ["als", "joint", "dot", "dot_bias"])
def test_a_product_is_predicted_bit_for_bit(name: str) -> None:
    model = fitted(name)
    for user, item in PAIRS:
        assert work_out(model, user, item).predicted == model.predict(user, item)[0]


def test_the_bundled_models_predictions_bit_for_bit_whoever_is_asked_beside() -> None:
    model, random = bundled_model(), np.random.default_rng(0)
    users, items = random.integers(0, 671, 200), random.integers(0, 9066, 200)
    worked = [work_out(model, u, i).predicted for u, i in zip(users, items, strict=True)]
    np.testing.assert_array_equal(worked, model.predict(users, items))


def test_the_nets_prediction_up_to_the_order_of_its_sums() -> None:
    model = fitted("net")
    for user, item in PAIRS:
        np.testing.assert_allclose(
            work_out(model, user, item).predicted, model.predict(user, item)[0], rtol=1e-13
        )


def test_every_number_follows_from_those_before() -> None:
    worked = work_out(fitted("dot_bias"), 7, 13)
    assert isinstance(worked, Product)
    np.testing.assert_array_equal(worked.products, worked.user * worked.item)
    np.testing.assert_allclose(worked.dot, worked.user @ worked.item)
    np.testing.assert_allclose(worked.score, worked.dot + worked.user_bias + worked.item_bias)
    assert worked.share is not None
    np.testing.assert_allclose(worked.share, 1 / (1 + np.exp(-worked.score)))
    np.testing.assert_allclose(worked.predicted, 0.5 + 4.5 * worked.share)
    als = work_out(fitted("als"), 7, 13)
    assert isinstance(als, Product)
    assert als.share is None
    np.testing.assert_allclose(als.predicted, als.mean + als.score)
    net = work_out(fitted("net"), 7, 13)
    assert isinstance(net, Layers)
    before = net.of_user + net.of_item + net.offsets
    np.testing.assert_array_equal(net.hidden, np.where(before > 0, before, 0))
    np.testing.assert_allclose(net.score, net.hidden @ net.weights + net.offset)
    assert (net.low, net.high) == (0.0, 5.5)
    np.testing.assert_allclose(net.predicted, 5.5 / (1 + np.exp(-net.score)))


VARIANTS = [
    *((name, {}) for name in MODELS),
    ("net", {"batch_norm": "on"}),
    ("net", {"sigmoid": "off"}),
    ("net", {"batch_norm": "on", "sigmoid": "off"}),
]


@pytest.mark.parametrize(("name", "controls"), VARIANTS)
def test_the_code_shown_computes_it(name: str, controls: dict[str, str]) -> None:
    """The lines run as they stand, on float32 tensors: equal up to float32's rounding."""
    model = fitted(name, **controls)
    low, high = model.rating_range
    names = {part: torch.from_numpy(array) for part, array in model.weights.items()}
    linear = torch.nn.functional.linear
    for user, item in PAIRS:
        space = {
            **names, "user": user, "item": item, "mean": model.mean, "low": low, "high": high,
            "sigmoid": torch.sigmoid, "relu": torch.relu, "cat": torch.cat,
            "lin1": lambda x: linear(x, names["lin1.weight"], names["lin1.bias"]),
            "lin2": lambda x: linear(x, names["lin2.weight"], names["lin2.bias"]),
            "norm": lambda x: torch.nn.functional.batch_norm(
                x[None], names["norm.running_mean"], names["norm.running_var"],
                names["norm.weight"], names["norm.bias"],
            )[0],
        }  # fmt: skip
        exec("\n".join(line for _, line in code_of(model.config)), space)
        np.testing.assert_allclose(
            float(space["rating"]), work_out(model, user, item).predicted, rtol=1e-6
        )


@pytest.mark.parametrize(
    ("name", "controls"), [one for one in VARIANTS if one[0] in ("dot", "dot_bias", "net")]
)
def test_it_is_what_the_torch_module_says(name: str, controls: dict[str, str]) -> None:
    model = fitted(name, **controls)
    module = build_model(model.config, 60, 30, model.rating_range, torch.Generator())
    module.eval()
    shapes = module.state_dict()
    module.load_state_dict(
        {
            part: torch.from_numpy(model.weights[part.removesuffix(".weight")
            if not part.startswith(("lin", "norm")) else part]).reshape(tensor.shape)
            for part, tensor in shapes.items() if part != "norm.num_batches_tracked"
        },
        strict=False,
    )  # fmt: skip
    users, items = (torch.tensor(side) for side in zip(*PAIRS, strict=True))
    with torch.no_grad():
        said = module(users, items).numpy()
    worked = [work_out(model, user, item).predicted for user, item in PAIRS]
    np.testing.assert_allclose(said, worked, rtol=1e-6)


def held_out(model: FittedModel) -> np.ndarray:
    mask = np.zeros(small().n_ratings, bool)
    mask[model.valid_rows] = True
    return mask


def test_a_user_is_shown_whole() -> None:
    model, ratings = fitted("als"), small()
    mask = held_out(model)
    portrait = user_portrait(model, ratings, 7, mask)
    mine = ratings.frame[ratings.user_idx == 7]
    assert sorted(portrait.items) == sorted(ratings.item_idx[ratings.user_idx == 7])
    assert list(portrait.stars) == sorted(mine["rating"], reverse=True)
    assert portrait.held_out.sum() == mask[ratings.user_idx == 7].sum()
    np.testing.assert_array_equal(portrait.predicted, model.predict(np.full(15, 7), portrait.items))
    part = portrait.held_out
    error = np.sqrt(np.mean((portrait.predicted - portrait.stars)[part] ** 2))
    assert portrait.error(held_out=True) == pytest.approx(error)
    nothing = user_portrait(model, ratings, 7, np.zeros_like(mask))
    assert nothing.error(held_out=True) is None
    assert nothing.error(held_out=False) is not None


def test_a_movies_ratings_are_counted() -> None:
    model, ratings = fitted("als"), small()
    mask = held_out(model)
    portrait = movie_portrait(ratings, 3, mask)
    stars = ratings.frame["rating"].to_numpy()[ratings.item_idx == 3]
    assert portrait.n == len(stars)
    assert portrait.n_learnt == np.count_nonzero(~mask[ratings.item_idx == 3])
    assert portrait.mean == pytest.approx(stars.mean())
    for level, share in zip(portrait.levels, portrait.shares, strict=True):
        assert share == pytest.approx(np.mean(stars == level))
    assert portrait.everywhere.sum() == pytest.approx(1)


def test_ratings_of_many_values_are_gathered() -> None:
    ratings = small()
    frame = ratings.frame.assign(rating=np.linspace(0, 100, ratings.n_ratings))
    wide = dataclasses.replace(ratings, frame=frame)
    portrait = movie_portrait(wide, 0, np.zeros(ratings.n_ratings, bool))
    assert len(portrait.levels) == 20
    assert portrait.everywhere.sum() == pytest.approx(1)
    np.testing.assert_allclose(portrait.everywhere, 1 / 20, atol=0.002)
