"""Slices of real losses: against scipy's spline and the true loss, and what is said of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import label

from optviz.core.curvature import evaluate, evaluate_grid, gradient, hessian
from optviz.core.slices import LossSlice, load_slice, slice_error
from optviz.core.surfaces import SURFACES
from optviz.core.tape import Tape
from optviz.core.trajectory import trajectory
from optviz.figures.heights import heights
from optviz.recommender.data import load_ratings
from optviz.recommender.split import split_rows
from optviz.recommender.storage import bundled_model
from scripts.slices import SLICES, digits_plane, recommender_plane

NAMES = [name for name, surface in SURFACES.items() if isinstance(surface.function, LossSlice)]


def grid_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    data = load_slice(name)
    rows, columns = data.losses.shape
    return np.linspace(*data.x_range, columns), np.linspace(*data.y_range, rows)


def anywhere(name: str, count: int) -> np.ndarray:
    low, high = zip(load_slice(name).x_range, load_slice(name).y_range, strict=True)
    return np.random.default_rng(3).uniform(low, high, (count, 2))


def test_every_slice_is_made_by_the_script() -> None:
    assert list(SLICES) == NAMES
    for name, plan in SLICES.items():
        data = load_slice(name)
        assert (data.x_range, data.y_range) == (plan.x_range, plan.y_range)
        assert data.losses.shape == (plan.rows, plan.columns)


@pytest.mark.parametrize("name", NAMES)
def test_value_gradient_and_hessian_are_those_of_scipy_s_spline(name: str) -> None:
    surface, points = SURFACES[name], anywhere(name, 500)
    known = RectBivariateSpline(*grid_of(name)[::-1], load_slice(name).losses)
    x, y = points.T

    def derived(dx: int, dy: int) -> np.ndarray:
        return known.ev(y, x, dx=dy, dy=dx)

    np.testing.assert_allclose(evaluate(surface, points), derived(0, 0), rtol=1e-9)
    slope = np.stack([derived(1, 0), derived(0, 1)], axis=1)
    np.testing.assert_allclose(gradient(surface, points), slope, atol=1e-9 * np.abs(slope).max())
    bend = np.array([[derived(2, 0), derived(1, 1)], [derived(1, 1), derived(0, 2)]])
    np.testing.assert_allclose(
        hessian(surface, points), bend.transpose(2, 0, 1), atol=1e-9 * np.abs(bend).max()
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_through_the_grid_and_is_bent_alike_on_both_sides_of_it(name: str) -> None:
    xs, ys = grid_of(name)
    inner = np.s_[1:-1]
    found = evaluate_grid(SURFACES[name], xs[inner], ys[inner])
    np.testing.assert_allclose(found, load_slice(name).losses[inner, inner], rtol=1e-9)
    knots = np.stack(np.meshgrid(xs[inner], ys[inner]), axis=-1).reshape(-1, 2)
    for axis in np.eye(2) * 1e-9:
        before, after = hessian(SURFACES[name], knots - axis), hessian(SURFACES[name], knots + axis)
        np.testing.assert_allclose(before, after, atol=1e-5 * np.abs(before).max())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("outside", [1e-6, 1.0, 1e300, np.inf, np.nan])
def test_beyond_the_grid_there_is_no_value_and_no_slope(name: str, outside: float) -> None:
    surface, data = SURFACES[name], load_slice(name)
    (x0, x1), (y0, y1) = data.x_range, data.y_range
    points = np.array([(x1 + outside, y0), (x0 - outside, y1), (x0, y1 + outside), (x1, np.nan)])
    tape = Tape(surface.function, *torch.zeros(2, 4, dtype=torch.float64))
    with torch.no_grad():
        parts = tape(*torch.tensor(points.T))
    assert all(part.isnan().all() for part in parts)
    inside = np.array([x0, y0]) + 1e-6
    assert np.isfinite(evaluate(surface, inside)).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_grid_holds_the_box_and_what_the_map_draws_beside_it(name: str) -> None:
    assert np.isfinite(heights(SURFACES[name]).values).all()


def test_a_path_that_leaves_the_grid_has_diverged() -> None:
    path = trajectory("digits_slice", "sgd", steps=20, lr=1.0)
    assert path.status == "diverged"
    assert path.status_step is not None and np.isfinite(path.losses[: path.status_step]).all()


@pytest.mark.parametrize(("name", "worst"), [("digits_slice", 2e-3), ("recommender_slice", 1e-5)])
def test_the_spline_is_close_to_the_true_loss_where_it_was_held_out(
    name: str, worst: float
) -> None:
    xs, ys = grid_of(name)
    for axis, points in zip((xs, ys), load_slice(name).held_out.T, strict=True):
        # In the middle between two points of the grid.
        apart = np.abs(points[:, None] - axis).min(axis=1)
        np.testing.assert_allclose(apart, (axis[1] - axis[0]) / 2)
    median, largest = slice_error(name)
    assert 0 < median < worst / 5 and largest < worst


def test_the_recommender_s_true_loss_is_what_the_file_says() -> None:
    data, plane = load_slice("recommender_slice"), recommender_plane()
    assert (plane.trained, plane.parameters, plane.examples) == (
        data.trained, data.parameters, data.examples,
    )  # fmt: skip
    for (x, y), loss in zip(data.held_out[::60].tolist(), data.held_out_losses[::60], strict=True):
        assert plane.loss(x, y) == pytest.approx(loss, rel=1e-6)


def test_the_digits_true_loss_is_what_the_file_says() -> None:
    """Trained anew; another processor's rounding may lead to slightly other weights."""
    data, plane = load_slice("digits_slice"), digits_plane()
    assert (plane.parameters, plane.examples) == (data.parameters, data.examples)
    np.testing.assert_allclose(plane.trained, data.trained, atol=0.01)
    for (x, y), loss in zip(data.held_out[::30].tolist(), data.held_out_losses[::30], strict=True):
        assert plane.loss(x, y) == pytest.approx(loss, rel=0.05)


def test_three_networks_lie_beside_three_minima_with_hills_between() -> None:
    surface, trained = SURFACES["digits_slice"], np.array(load_slice("digits_slice").trained)
    minima = np.array(surface.all_minima)
    apart = np.linalg.norm(trained[:, None] - minima, axis=-1)
    assert sorted(apart.argmin(axis=1)) == [0, 1, 2]
    assert apart.min(axis=1).max() < 0.15
    xs, ys = np.linspace(*surface.x_range, 261), np.linspace(*surface.y_range, 201)
    # Six times as high as any of the three networks, and still three lakes.
    low = evaluate_grid(surface, xs, ys) < 6 * evaluate(surface, trained).max()
    lakes = label(low)[0]
    at = {
        int(lakes[np.abs(ys - y).argmin(), np.abs(xs - x).argmin()]) for x, y in (*minima, *trained)
    }
    assert len(at) == 3 and 0 not in at


def test_start_and_optimizer_decide_which_network_is_found() -> None:
    surface = SURFACES["digits_slice"]
    ends = [trajectory("digits_slice", name).points[-1] for name in ("sgd", "adam")]
    ends.append(trajectory("digits_slice", "sgd", (0.2, 0.1)).points[-1])
    nearest = [np.linalg.norm(np.array(surface.all_minima) - end, axis=1) for end in ends]
    assert [int(away.argmin()) for away in nearest] == [1, 0, 2]
    assert max(away.min() for away in nearest) < 0.01


def test_the_recommender_has_a_mirror_image_and_is_at_neither_minimum() -> None:
    surface, points = SURFACES["recommender_slice"], anywhere("recommender_slice", 100)
    mirrored = points * [-1, 1]
    np.testing.assert_allclose(evaluate(surface, points), evaluate(surface, mirrored), rtol=1e-6)
    (x, y), trained = surface.minima[0], load_slice("recommender_slice").trained[0]
    assert trained == (1.0, 1.0) and x > 1.4 and abs(y - 1) < 0.05
    assert evaluate(surface, (x, y)) < 0.9 * evaluate(surface, trained)

    model, ratings = bundled_model(), load_ratings()
    rows = split_rows(ratings, model.config)[1]
    truth = ratings.frame["rating"].to_numpy()[rows]

    def unseen(factors: float, biases: float) -> float:
        scaled = {n: w * (factors if "factors" in n else biases) for n, w in model.weights.items()}
        predicted = dataclasses.replace(model, weights=scaled).predict(
            ratings.user_idx[rows], ratings.item_idx[rows]
        )
        return float(np.mean((predicted - truth) ** 2))

    # Longer factors fit what was trained on better, and what was not worse.
    assert unseen(x, y) > 1.02 * unseen(1.0, 1.0)
    assert unseen(-1.0, 1.0) == pytest.approx(unseen(1.0, 1.0), rel=1e-6)
