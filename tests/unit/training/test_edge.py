"""The edge of stability: the measured eigenvalue, and the phenomenon itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.task import SilentContext
from optviz.training.digits import digits_net
from optviz.training.edge import EdgePlan, EdgeRun, EdgeStudy, edge_task, sharpness
from optviz.training.full_loss import FullLoss, largest_eigenvalue

SILENT = SilentContext()


@pytest.fixture(scope="module")
def study() -> EdgeStudy:
    """What the page shows first."""
    torch.set_num_threads(1)
    return edge_task(SILENT, EdgePlan())


def test_the_curvature_rises_to_two_over_the_rate_and_stays(study: EdgeStudy) -> None:
    plan = EdgePlan()
    assert plan.rates == (0.1, 0.2)
    for run in study.runs:
        limit = plan.limit(run.rate)
        assert limit == 2 / run.rate
        assert run.diverged is None
        assert run.sharpness[0] < 0.75 * limit  # it begins well below
        entered = run.entered(limit)
        assert entered is not None and entered <= 1000
        # Over the last quarter it is within 5 % of the line, at each measurement within 15 %.
        assert run.hovering(limit) == pytest.approx(1.0, abs=0.05)
        last = run.sharpness[run.at >= 1500] / limit
        assert last.min() > 0.85 and last.max() < 1.15


def test_the_loss_goes_up_and_down_yet_falls(study: EdgeStudy) -> None:
    for run in study.runs:
        assert len(run.losses) == 2001
        assert 0.25 < run.rises() < 0.6  # many single steps go up …
        assert run.losses[-1] < 0.25 * run.losses[0]  # … and it falls all the same
        averaged = run.losses[1:].reshape(4, 500).mean(axis=1)
        assert (np.diff(averaged) < 0).all()
    # Before the line is reached no step goes up.
    slow = study.runs[0]
    assert (np.diff(slow.losses[:800]) < 0).all()


def test_what_it_measures_is_the_largest_eigenvalue(study: EdgeStudy) -> None:
    for run in study.runs:
        np.testing.assert_array_equal(run.at, np.arange(0, 2001, 10))
        assert (run.residuals < 0.02 * run.sharpness).all()
    # The vector of the last look helps, and does not mislead: the same by scipy from chance.
    model = digits_net(2, False, 0, "tanh")
    full = FullLoss(model, "mse", 500)
    weights = dict(model.named_parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    value, _, vector = sharpness(full, weights)
    for _ in range(10):
        for _ in range(10):
            optimizer.zero_grad()
            full(weights).backward()
            optimizer.step()
        value, residual, vector = sharpness(full, weights, vector, 1)
        true = largest_eigenvalue(full, weights, SILENT)
        assert value == pytest.approx(true, rel=1e-2)
        assert abs(value - true) <= residual + 1e-3 * true


def test_with_momentum_the_line_is_higher() -> None:
    plan = EdgePlan(rates=(0.2,), momentum=0.5, steps=1000)
    assert plan.limit(0.2) == pytest.approx(3 / 0.2)
    (run,) = edge_task(SILENT, plan).runs
    assert run.hovering(plan.limit(0.2)) == pytest.approx(1.0, abs=0.05)


def test_a_run_that_diverges_says_when() -> None:
    first, second = edge_task(SILENT, EdgePlan(rates=(1.5, 0.1), steps=40)).runs
    assert first.diverged is not None and first.diverged < 30
    assert len(first.losses) == first.diverged + 1
    assert first.at[-1] <= first.diverged
    assert second.diverged is None and len(second.losses) == 41


def test_it_is_torchs_own_gradient_descent() -> None:
    plan = EdgePlan(rates=(0.1,), momentum=0.9, steps=20, every=7, loss="cross_entropy")
    (run,) = edge_task(SILENT, plan).runs
    np.testing.assert_array_equal(run.at, [0, 7, 14])
    model = digits_net(2, False, 0, "tanh")
    full = FullLoss(model, "cross_entropy", 500)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for expected in run.losses:
        loss = torch.nn.functional.cross_entropy(model(full.images), full.labels)
        assert loss.item() == expected
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_it_tells_how_far_it_is() -> None:
    class Listens(SilentContext):
        def __init__(self) -> None:
            self.heard: list[tuple[EdgeRun, ...]] = []

        def emit(self, kind: str, **data: object) -> None:
            assert kind == "runs"
            self.heard.append(data["runs"])  # type: ignore[arg-type]

    context = Listens()
    whole = edge_task(context, EdgePlan(steps=300))
    assert context.heard
    for runs in context.heard:
        for part, end in zip(runs, whole.runs, strict=True):
            np.testing.assert_array_equal(part.losses, end.losses[: len(part.losses)])
            np.testing.assert_array_equal(part.sharpness, end.sharpness[: len(part.sharpness)])


def test_what_is_said_of_a_run() -> None:
    run = EdgeRun(
        0.1, losses=np.array([9.0, 8, 9, 6, 5, 4, 3, 2, 1, 2, 1, 2]), at=np.arange(0, 9, 2),
        sharpness=np.array([5.0, 15, 20, 22, 18]), residuals=np.zeros(5),
    )  # fmt: skip
    assert run.entered(20) == 4
    assert run.entered(30) is None
    assert run.hovering(20) == pytest.approx(1.0)
    assert run.rises() == 0.5  # of 2, 1, 2
