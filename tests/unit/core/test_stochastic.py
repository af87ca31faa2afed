"""Runs on batches against a plain loop, closed forms, and the theory of the noise ball."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from optviz.core.batches import SAMPLINGS, batches
from optviz.core.noise_ball import noise_ball, stationary_covariance
from optviz.core.optimizers import OPTIMIZERS
from optviz.core.sample_loss import MODELS, full_surface, per_sample, sample_hessians
from optviz.core.stochastic import SCHEDULES, WALKERS, BatchSpec, noisy_runs, seconds_task
from optviz.core.task import SilentContext
from optviz.ui.batch_size_state import PROBLEMS, SCENES, BatchSizeState, samples_called

UPDATES = 31


def plain(
    name: str, spec: BatchSpec, start: tuple[float, float], sampling: str
) -> tuple[np.ndarray, np.ndarray]:
    """What a student writes; no DataLoader, no tape."""
    samples = samples_called(name)
    x, y = torch.tensor(samples.x), torch.tensor(samples.y)
    drawn = batches(len(x), spec.size(len(x)), UPDATES, sampling, 3)
    known = OPTIMIZERS[spec.optimizer]
    p = torch.tensor(start, dtype=torch.float64).view(known.shape).requires_grad_()
    optimizer = known.build([p], lr=spec.lr)
    scheduler = None
    if spec.schedule == "inverse":
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda k: 1 / (1 + k / (UPDATES / 10))
        )
    elif spec.schedule == "step":
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 8, gamma=0.3)
    points, rates = [p.detach().view(2).clone()], []
    for k in range(UPDATES):
        rows = torch.tensor(drawn[k])
        optimizer.zero_grad()
        w = p.view(2)
        MODELS[samples.model].loss(w[0], w[1], x[rows], y[rows]).mean().backward()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        points.append(p.detach().view(2).clone())
    return torch.stack(points).numpy(), np.array(rates)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("optimizer", WALKERS)
def test_runs_equal_a_plain_loop_bit_for_bit(problem: str, optimizer: str) -> None:
    start = samples_called(problem).start
    for sampling in SAMPLINGS:
        for batch, schedule in ((1, "constant"), (16, "inverse"), (0, "step")):
            spec = BatchSpec(optimizer, batch, 0.01, schedule)
            samples = samples_called(problem)
            (run,) = noisy_runs(samples, [spec], start, [UPDATES], sampling, 3)
            points, rates = plain(problem, spec, start, sampling)
            np.testing.assert_array_equal(run.path.points, points)
            np.testing.assert_array_equal(run.rates, rates)


def test_the_same_batches_for_all() -> None:
    samples = samples_called("taste")
    specs = [BatchSpec(name, 8, 0.01) for name in ("sgd", "adam")]
    one, other = noisy_runs(samples, specs, samples.start, [50, 50], "shuffled", 0)
    np.testing.assert_array_equal(one.batches.rows, other.batches.rows)
    np.testing.assert_array_equal(one.batch_grads[0], other.batch_grads[0])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_minima_are_minima(problem: str) -> None:
    samples = samples_called(problem)
    for at in full_surface(samples).minima:
        assert np.abs(per_sample(samples, at)[1].mean(axis=(0, 1))).max() < 1e-10
        assert np.linalg.eigvalsh(sample_hessians(samples, at).mean(axis=0))[0] > 0


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_full_surface_is_the_mean_over_samples(problem: str) -> None:
    samples = samples_called(problem)
    points = np.array([samples.start, (0.3, -0.2), (1.0, 1.0)])
    x, y = torch.tensor(points.T)
    drawn = full_surface(samples).function(x, y).numpy()
    np.testing.assert_allclose(drawn, per_sample(samples, points)[0].mean(axis=1), rtol=1e-12)


def test_linear_regression_against_the_normal_equations() -> None:
    for problem in ("diabetes", "taste"):
        samples = samples_called(problem)
        slope, intercept = np.polyfit(samples.x, samples.y, 1)
        np.testing.assert_allclose(full_surface(samples).minima[0], (slope, intercept), atol=1e-12)


def test_noise_floor_of_a_single_eigenvalue() -> None:
    """With one Hessian for all, the law is ασ²/(λ(2 − αλ)) for each eigenvector."""
    values, sigma, lr = np.array([0.3, 2.0]), np.array([1.5, 0.4]), 0.2
    hessians = np.tile(np.diag(values), (5, 1, 1))
    found = stationary_covariance(hessians, np.diag(sigma), 1.0, lr)
    assert found is not None
    np.testing.assert_allclose(np.diag(found), lr * sigma / (values * (2 - lr * values)))
    assert stationary_covariance(hessians, np.diag(sigma), 1.0, 1.01) is None


@pytest.mark.parametrize(
    ("problem", "optimizer", "batch", "lr"),
    [("diabetes", "sgd", 1, 0.05), ("taste", "sgd", 4, 0.3), ("diabetes", "momentum", 4, 0.01)],
)
def test_the_ball_of_linear_regression_is_as_theory_says(
    problem: str, optimizer: str, batch: int, lr: float
) -> None:
    samples = samples_called(problem)
    centre = full_surface(samples).minima[0]
    ball = noise_ball(samples, optimizer, batch, lr, centre)
    assert ball.covariance is not None
    spec, count, parts = BatchSpec(optimizer, batch, lr), 20_000, 20
    (run,) = noisy_runs(samples, [spec], centre, [count], "replaced", 0)
    far = np.sum((run.path.points[2001:] - np.array(centre)) ** 2, axis=1)
    # Means over long pieces are nearly independent: they tell the error of their mean.
    means = far[: len(far) // parts * parts].reshape(parts, -1).mean(axis=1)
    error = means.std(ddof=1) / np.sqrt(parts)
    assert error < 0.15 * means.mean()
    assert abs(means.mean() - np.trace(ball.covariance)) < 4 * error


def test_the_full_batch_has_no_ball() -> None:
    samples = samples_called("taste")
    ball = noise_ball(samples, "sgd", len(samples), 0.3, full_surface(samples).minima[0])
    np.testing.assert_array_equal(ball.covariance, np.zeros((2, 2)))


def final(scene: str, **changes: object) -> list[float]:
    """Loss above the minimum at the end of each of a scene's runs."""
    from optviz.ui.batch_size_runs import updates_of

    state = BatchSizeState(**{**SCENES[scene], **changes})  # type: ignore[arg-type]
    samples = samples_called(state.problem)
    runs = noisy_runs(
        samples, state.runs, state.start, updates_of(state), state.sampling, state.seed
    )
    floor = full_surface(samples).minimum_value or 0.0
    return [float(run.path.losses[-1] - floor) for run in runs]


def test_same_price_and_same_updates_have_opposite_orders() -> None:
    full, some, single = final("price")
    assert single < some < full
    full, some, single = final("price", axis="updates")
    assert full < some < single


def test_rates_that_fall_come_closer() -> None:
    constant, inverse, steps = final("rates")
    assert inverse < 0.1 * constant
    assert steps < 0.1 * constant


def test_the_very_loops_are_timed() -> None:
    samples = samples_called("diabetes")
    specs = [BatchSpec("sgd", 1, 0.05), BatchSpec("sgd", 1, 0.05)]
    one, many = seconds_task(
        SilentContext(), samples, specs, samples.start, [2, 400], "shuffled", 0, repeats=3
    )
    assert 0 < one < many


def test_schedules_are_torchs_own_and_warn_of_nothing() -> None:
    samples = samples_called("diabetes")
    specs = [BatchSpec("sgd", 1, 0.1, schedule) for schedule in SCHEDULES]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs = noisy_runs(samples, specs, samples.start, [100] * 3, "shuffled", 0)
    constant, inverse, steps = (run.rates for run in runs)
    assert set(constant) == {0.1}
    np.testing.assert_allclose(inverse, 0.1 / (1 + np.arange(100) / 10))
    np.testing.assert_allclose(steps, 0.1 * 0.3 ** (np.arange(100) // 25))
