"""Ng's gradient descent on both sides at once, and the dot product alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from optviz.recommender.config import controls_shown, make_config
from optviz.recommender.fit import build_fit
from optviz.recommender.joint import JointRun, joint_gradients
from optviz.recommender.models import EmbeddingDot, mean_movie
from optviz.recommender.split import split_rows

from .test_fold_in import fitted, known, small


def begun(**controls: object) -> tuple[JointRun, object]:
    config = make_config("joint", n_factors=4, **controls)
    fit = build_fit(config, small())
    assert isinstance(fit.run, JointRun)
    return fit.run, fit


def test_the_gradients_written_out_are_autograds() -> None:
    random = np.random.default_rng(0)
    users, items = random.integers(0, 7, 40), random.integers(0, 5, 40)
    pairs = np.unique(np.stack([users, items]), axis=1)
    x, y = random.normal(size=(7, 3)), random.normal(size=(5, 3))
    ratings = torch.from_numpy(random.normal(size=pairs.shape[1]))
    tx, ty = (torch.from_numpy(table).requires_grad_() for table in (x, y))
    errors = (tx[pairs[0]] * ty[pairs[1]]).sum(1) - ratings
    objective = 0.5 * (errors**2).sum() + 0.35 * ((tx**2).sum() + (ty**2).sum())
    objective.backward()
    sparse = csr_array((errors.detach().numpy(), tuple(pairs)), shape=(7, 5))
    for found, table in zip(joint_gradients(sparse, x, y, 0.7), (tx, ty), strict=True):
        np.testing.assert_allclose(found, table.grad.numpy(), rtol=1e-12)


def test_the_gradients_of_a_run_are_those_of_its_objective() -> None:
    """The steepest way down: a small move against them lowers J by rate · ‖gradient‖²."""
    run, _ = begun(regularization=2.0, lr=1e-5, momentum=0.0, init_scale=0.5)
    before = run.objective()
    run.step()
    tables = (run.model.user_factors.weight, run.model.item_factors.weight)
    squares = sum(float((table.grad.double() ** 2).sum()) for table in tables)
    assert before - run.objective() == pytest.approx(1e-5 * squares, rel=0.02)


def test_a_step_is_torchs_own() -> None:
    run, _ = begun(regularization=2.0, lr=0.003, momentum=0.9)
    assert type(run.optimizer) is torch.optim.SGD
    tables = (run.model.user_factors.weight, run.model.item_factors.weight)
    mirror = [table.detach().clone().requires_grad_() for table in tables]
    alone = torch.optim.SGD(mirror, lr=0.003, momentum=0.9)
    for _ in range(3):
        run.step()
        for copy, table in zip(mirror, tables, strict=True):
            copy.grad = table.grad.clone()
        alone.step()
    for copy, table in zip(mirror, tables, strict=True):
        torch.testing.assert_close(copy.detach(), table.detach())


def test_the_record_tells_the_mean_squared_error() -> None:
    run, fit = begun()
    train = split_rows(small(), make_config("joint"))[0]
    ratings = small()
    model = fit.model()
    error = model.predict(ratings.user_idx[train], ratings.item_idx[train])
    error -= ratings.frame["rating"].to_numpy()[train]
    assert run.step().train_loss == pytest.approx(float((error**2).mean()), rel=1e-5)
    assert (run.steps_per_epoch, run.total_steps) == (1, 120)


def test_a_movies_mean_is_that_of_its_training_ratings() -> None:
    model, ratings = fitted("joint"), small()
    train = split_rows(ratings, model.config)[0]
    rows = train[ratings.item_idx[train] == 3]
    mean = ratings.frame["rating"].to_numpy()[rows].mean()
    assert model.mean + model.item_bias[3] == pytest.approx(mean, abs=1e-5)


def test_nobody_stands_where_nothing_was_seen() -> None:
    """A user whom training never saw is predicted the movies' means, a movie that of all."""
    config = make_config("joint", n_factors=4, epochs=5)
    ratings = small()
    rows = np.arange(ratings.n_ratings)
    unknown = (ratings.user_idx == 0) | (ratings.item_idx == 0)
    model = build_fit(config, ratings, (rows[~unknown], rows[unknown])).model()
    everything = np.arange(ratings.n_items)
    predicted = model.predict(np.zeros(len(everything), int), everything)
    assert predicted == pytest.approx(model.mean + model.item_bias, abs=1e-6)
    assert predicted[0] == pytest.approx(model.mean, abs=1e-6)


def test_a_newcomer_is_where_descent_on_them_alone_would_end() -> None:
    from optviz.recommender.fold_in import FoldIn

    model, ratings = fitted("joint"), small()
    items, stars = known(model, ratings, 7)
    x = FoldIn(model).solve(items, stars).vector
    y = model.item_factors[items].astype(np.float64)
    errors = model.mean + model.item_bias[items] + y @ x - stars
    gradient = errors @ y + model.config.regularization * x
    assert np.abs(gradient).max() < 1e-6
    # After its many steps training itself is about there, the movies having moved a little since.
    assert model.user_factors[7] == pytest.approx(x, abs=0.1)


def test_the_dot_product_is_nothing_more() -> None:
    model = EmbeddingDot(3, 4, 5, 0.05, torch.Generator().manual_seed(0))
    u, m = (table.weight.detach() for table in (model.user_factors, model.item_factors))
    assert float(u.min()) >= 0 and float(u.max()) <= 0.05
    said = model(torch.tensor([2, 0]), torch.tensor([1, 3])).detach()
    torch.testing.assert_close(said, torch.stack([u[2] @ m[1], u[0] @ m[3]]))
    seen = torch.tensor([True, True, False, True])
    weights = mean_movie(model, torch.ones(3, dtype=torch.bool), seen, "average")
    torch.testing.assert_close(weights["item_factors.weight"][2], m[seen].mean(0))


def test_each_model_offers_what_it_uses() -> None:
    shown = {name: {control.name for control in controls_shown(make_config(name))}
             for name in ("als", "joint", "dot")}  # fmt: skip
    assert "regularization" in shown["joint"] and "weight_decay" not in shown["joint"]
    assert {"lr", "momentum"} <= shown["joint"] and "lr" not in shown["als"]
    assert "hidden" not in shown["dot"] and "batch_size" in shown["dot"]
