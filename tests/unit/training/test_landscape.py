"""A plane through a network's weights: its directions, its grid, and paths laid on it."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from optviz.core.problem import Problem
from optviz.core.task import Cancelled, SilentContext
from optviz.jobs import default_backend
from optviz.training.digits import digits_net
from optviz.training.full_loss import FullLoss
from optviz.training.landscape import (
    GridPlan,
    filter_normalised,
    flatten,
    loss_grid,
    pca_directions,
    plane_box,
    project,
    random_directions,
    unflatten,
)
from optviz.training.landscape_tasks import OPTIMIZERS, SmallLandscape, small_landscape_task


def test_each_filter_of_the_direction_is_as_long_as_that_of_the_weights() -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((5, 7)).astype(np.float32)
    weights[2] = 0
    scaled = filter_normalised(rng.standard_normal((5, 7)).astype(np.float32), weights)
    np.testing.assert_allclose(
        np.linalg.norm(scaled, axis=1), np.linalg.norm(weights, axis=1), rtol=1e-6
    )
    # Scaling a layer scales its direction: what the network computes looks the same.
    twice = filter_normalised(scaled, 2 * weights)
    np.testing.assert_allclose(twice, 2 * scaled, rtol=1e-6)
    kernel = rng.standard_normal((4, 3, 2, 2))
    drawn = filter_normalised(rng.standard_normal((4, 3, 2, 2)), kernel)
    np.testing.assert_allclose(
        np.sqrt((drawn**2).sum((1, 2, 3))), np.sqrt((kernel**2).sum((1, 2, 3)))
    )
    assert not filter_normalised(rng.standard_normal(9), rng.standard_normal(9)).any()


def test_random_directions_of_a_network() -> None:
    model = digits_net(2, True, 0)
    weights = dict(model.named_parameters())
    shapes = {name: tuple(w.shape) for name, w in weights.items()}
    centre = flatten(weights)
    first = random_directions(centre, shapes, 3)
    np.testing.assert_array_equal(first, random_directions(centre, shapes, 3))
    assert not np.array_equal(first, random_directions(centre, shapes, 4))
    for direction in first:
        for name, part in unflatten(direction, shapes).items():
            own = weights[name].detach().numpy()
            if own.ndim == 2:
                np.testing.assert_allclose(
                    np.linalg.norm(part, axis=1), np.linalg.norm(own, axis=1), rtol=1e-5
                )
            else:
                assert not part.any()


def test_principal_components_are_scikit_learn_s() -> None:
    rng = np.random.default_rng(1)
    path = (rng.standard_normal((20, 300)) @ np.diag(rng.uniform(0.1, 3, 300))).astype(np.float32)
    directions, explained = pca_directions(path, path[-1])
    reference = PCA(2, svd_solver="full").fit(path.astype(np.float64))
    np.testing.assert_allclose(explained, reference.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(np.abs((directions * reference.components_).sum(1)), 1, atol=1e-6)


def test_points_of_a_plane_are_found_again() -> None:
    rng = np.random.default_rng(2)
    centre = rng.standard_normal(50)
    axes = rng.standard_normal((2, 50))  # neither of unit length nor at right angles
    wanted = rng.standard_normal((9, 2))
    points, outside = project(centre + wanted @ axes, centre, axes)
    np.testing.assert_allclose(points, wanted, atol=1e-10)
    assert outside.max() < 1e-10
    away = np.linalg.svd(axes)[2][2:3]  # at right angles to both
    points, outside = project(centre + wanted @ axes + away, centre, axes)
    np.testing.assert_allclose(points, wanted, atol=1e-10)
    whole = np.linalg.norm(wanted @ axes + away, axis=1)
    np.testing.assert_allclose(outside, 1 / whole)
    # A path that lies in a plane is explained by it, and reconstructed.
    path = (centre + wanted @ axes).astype(np.float32)
    found, explained = pca_directions(path, path[-1])
    assert sum(explained) == pytest.approx(1, abs=1e-6)
    points, outside = project(path, path[-1], found)
    np.testing.assert_allclose(path[-1] + points @ found, path, atol=1e-5)


def test_a_box_holds_all_points_and_the_centre() -> None:
    (x0, x1), (y0, y1) = plane_box([np.array([[1.0, 0.0], [5.0, 0.1], [np.nan, 0.0]])])
    assert x0 < 0 and x1 > 5 and y0 < 0 and y1 > 0.1
    assert (y1 - y0) > 0.3 * (x1 - x0)


def test_the_grid_is_the_loss_and_its_middle_rows_come_first() -> None:
    centre = np.zeros(2, dtype=np.float32)
    axes = np.eye(2, dtype=np.float32)
    xs, ys = np.array([-1.0, 0.0, 2.0]), np.array([-3.0, 0.0, 1.0, 4.0])
    rows: list[int] = []
    found = loss_grid(
        lambda w: float(w[0] + 10 * w[1]), centre, axes, xs, ys, SilentContext(),
        lambda row, losses: rows.append(row),
    )  # fmt: skip
    np.testing.assert_array_equal(found, xs[None] + 10 * ys[:, None])
    assert sorted(rows) == [0, 1, 2, 3] and rows[0] in (1, 2)


QUICK = SmallLandscape(("sgd", "adam"), GridPlan("pca", 11, 0), depth=1, epochs=2)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("directions", ["pca", "random"])
def test_the_centre_of_the_grid_is_the_trained_model_s_own_loss(
    directions: str, normalised: bool
) -> None:
    setup = SmallLandscape(
        ("sgd", "adam"), GridPlan(directions, 11, 0), depth=2, epochs=2, normalised=normalised
    )
    found = small_landscape_task(SilentContext(), setup)
    # The same run, by hand.
    follower = setup.followers()[0][0]
    for _ in follower.run:
        pass
    follower.run.model.train()
    images, labels = FullLoss(follower.run.model).images, FullLoss(follower.run.model).labels
    with torch.no_grad():
        own = float(torch.nn.functional.cross_entropy(follower.run.model(images), labels))
    row, column = int(np.argmin(np.abs(found.ys))), int(np.argmin(np.abs(found.xs)))
    assert found.xs[column] == found.ys[row] == 0
    assert found.losses[row, column] == found.centre == own
    path = found.paths[0]
    assert path.losses[-1] == own and path.projected[-1] == own
    assert path.outside[-1] == 0
    assert path.steps[0] == 0 and path.steps[-1] == follower.run.total_steps
    assert path.losses[0] > own
    assert (found.explained is None) == (directions == "random")
    assert [p.optimizer for p in found.paths] == ["sgd", "adam"]
    # All start together, and elsewhere on the plane than they end.
    np.testing.assert_array_equal(found.paths[0].points[0], found.paths[1].points[0])


def test_what_a_random_plane_shows_of_a_path_is_nearly_nothing() -> None:
    setup = SmallLandscape(("sgd",), GridPlan("random", 11, 0), depth=2, epochs=2)
    path = small_landscape_task(SilentContext(), setup).paths[0]
    assert path.outside[0] > 0.95
    flat = small_landscape_task(
        SilentContext(), SmallLandscape(("sgd",), GridPlan("pca", 11, 0), depth=2, epochs=2)
    )
    assert flat.explained is not None and sum(flat.explained) > 0.8


def test_the_scene_s_notice_is_true() -> None:
    found = small_landscape_task(
        SilentContext(), SmallLandscape(("sgd", "momentum", "adam"), GridPlan("pca", 11, 0))
    )
    sgd = found.paths[0]
    assert (sgd.losses / sgd.projected).max() > 2
    assert len({tuple(path.points[0]) for path in found.paths}) == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_trains_at_its_rate(optimizer: str) -> None:
    setup = SmallLandscape((optimizer,), GridPlan("pca", 11, 0), depth=1)
    path = small_landscape_task(SilentContext(), setup).paths[0]
    assert path.losses[-1] < 0.2 < path.losses[0]


def test_the_loss_of_other_weights_leaves_the_model_as_it_was() -> None:
    model = digits_net(2, True, 0)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.eval()
    loss = FullLoss(model)
    weights = {name: 2 * w.detach() for name, w in model.named_parameters()}
    own = {name: w.detach() for name, w in model.named_parameters()}
    assert float(loss(weights)) != float(loss(own))
    assert not model.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_equal_seeds_start_equal_with_and_without_normalisation() -> None:
    state = torch.get_rng_state()
    plain, normalised = digits_net(3, False, 5), digits_net(3, True, 5)
    assert torch.equal(torch.get_rng_state(), state)
    linear = [[m for m in net if isinstance(m, torch.nn.Linear)] for net in (plain, normalised)]
    for a, b in zip(*linear, strict=True):
        assert torch.equal(a.weight, b.weight) and torch.equal(a.bias, b.bias)


class CancelsAtOnce(SilentContext):
    """A user who changes their mind."""

    def checkpoint(self) -> None:
        raise Cancelled


def test_it_ends_at_the_next_checkpoint() -> None:
    with pytest.raises(Cancelled):
        small_landscape_task(CancelsAtOnce(), QUICK)


def test_a_job_tells_how_far_it_is_and_is_cancelled_within_a_second() -> None:
    long = SmallLandscape(("sgd",), GridPlan("pca", 61, 0), depth=8, epochs=2)
    job = default_backend().submit(long.task(), setup=long)
    end = time.monotonic() + 60
    while not any(event.kind == "grid" for event in job.events()) and time.monotonic() < end:
        time.sleep(0.02)
    (event, *_) = [event for event in job.events() if event.kind == "grid"]
    losses = event.data["losses"]
    assert np.isfinite(losses).any() and np.isnan(losses).any()
    assert job.progress is not None and 0 < job.progress.fraction < 1
    asked = time.monotonic()
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(timeout=10)
    assert time.monotonic() - asked < 1
    assert job.state == "cancelled"


def test_nobody_to_follow_is_a_problem() -> None:
    from optviz.ui.regularisation_state import RegularisationState

    with pytest.raises(Problem) as caught:
        RegularisationState(part="landscape", optimizers=()).landscape(None, None)
    assert caught.value.key == "problem.landscape.nobody"
