"""The landscape of the recommender's own training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.task import SilentContext
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import build_fit, fit_model
from optviz.recommender.landscape import (
    RATES,
    ROWS,
    RecommenderLandscape,
    RowLoss,
    recommender_landscape_task,
)
from optviz.training.landscape import GridPlan


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return load_ratings()


def small(model: str, optimizers: tuple[str, ...], directions: str) -> RecommenderLandscape:
    config = DEFAULTS[model].replace(epochs=1, n_factors=8, batch_size=4096)
    return RecommenderLandscape(config, optimizers, GridPlan(directions, 11, 0))


@pytest.mark.parametrize("model", ["dot_bias", "net"])
@pytest.mark.parametrize("directions", ["pca", "random"])
def test_the_centre_is_the_trained_model_s_own_loss(
    model: str, directions: str, ratings: Ratings
) -> None:
    setup = small(model, ("adam", "momentum"), directions)
    found = recommender_landscape_task(SilentContext(), setup)
    follower = setup.followers(ratings)[0][0]
    for _ in follower.run:
        pass
    network = follower.run.model.eval()
    with torch.no_grad():
        own = float(torch.nn.functional.mse_loss(network(*follower.loss.pair), follower.loss.truth))
    row, column = int(np.argmin(np.abs(found.ys))), int(np.argmin(np.abs(found.xs)))
    assert found.losses[row, column] == found.centre == own
    assert found.rows == ROWS
    assert found.paths[0].losses[0] > own


def test_the_plane_goes_through_the_very_model_that_the_page_trains(ratings: Ratings) -> None:
    setup = small("dot_bias", ("adam",), "pca")
    fitted = fit_model(setup.config, ratings)
    follower = setup.followers(ratings)[0][0]
    for _ in follower.run:
        pass
    seen = np.bincount(ratings.user_idx[ratings.user_idx >= 0]) > 0
    mine = follower.run.model.user_factors.weight.detach().numpy()
    np.testing.assert_array_equal(mine[seen], fitted.user_factors[seen])


def test_other_optimizers_take_a_rate_of_their_own() -> None:
    setup = small("dot_bias", ("adam", "sgd", "momentum", "adamw"), "pca")
    assert setup.recipe("adam") is setup.config
    for name in ("sgd", "momentum", "adamw"):
        recipe = setup.recipe(name)
        assert recipe.lr == RATES["dot_bias"][name]
        assert recipe.optimizer == ("sgd" if name == "momentum" else name)
    assert setup.recipe("sgd").momentum == 0 and setup.recipe("momentum").momentum == 0.9
    by_hand = RecommenderLandscape(
        DEFAULTS["dot_bias"].replace(optimizer="sgd", momentum=0.8, lr=0.1), ("momentum",),
        setup.plan,
    )  # fmt: skip
    assert by_hand.recipe("momentum") is by_hand.config


@pytest.mark.parametrize("model", ["dot_bias", "net"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_every_optimizer_learns_at_its_rate(model: str, optimizer: str, ratings: Ratings) -> None:
    setup = RecommenderLandscape(DEFAULTS[model], (optimizer,), GridPlan("pca", 11, 0))
    run = build_fit(setup.recipe(optimizer), ratings).run
    run.validate = None
    losses = [record.train_loss for record in run]
    assert np.mean(losses[-50:]) < 0.8 < losses[0]


def test_batch_normalisation_takes_its_means_from_all_rows(ratings: Ratings) -> None:
    config = DEFAULTS["net"].replace(epochs=1, n_factors=8, batch_size=4096, batch_norm="on")
    run = build_fit(config, ratings).run
    run.step()
    model, rows = run.model, np.arange(0, 5000)
    loss = RowLoss(model, ratings, rows)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = loss(dict(model.named_parameters()))
    users, items = (torch.from_numpy(side[rows]) for side in (ratings.user_idx, ratings.item_idx))
    with torch.no_grad():
        both = torch.cat([model.user_factors(users), model.item_factors(items)], 1)
        hidden = torch.relu(model.lin1(both))
        spread = torch.sqrt(hidden.var(0, correction=0) + model.norm.eps)
        normalised = (hidden - hidden.mean(0)) / spread * model.norm.weight + model.norm.bias
        share = torch.sigmoid(model.lin2(normalised).squeeze(1))
        truth = torch.from_numpy(ratings.frame["rating"].to_numpy(np.float32)[rows])
        by_hand = torch.nn.functional.mse_loss(share * 5.5, truth)
    assert found.item() == pytest.approx(by_hand.item(), rel=1e-5)
    # Nothing of it stays: neither what is remembered nor how the model trains and predicts.
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert model.training and not model.from_batch
