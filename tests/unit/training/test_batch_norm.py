"""Batch normalisation: both modes, the spectrum, the rates, and the notices' truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.task import Cancelled, SilentContext
from optviz.training.batch_norm import (
    BATCHES,
    LAYER_BINS,
    NormPlan,
    NormSide,
    NormStudy,
    compare_modes,
    layer_inputs,
    norm_task,
    stable_range,
)
from optviz.training.digits import digits, digits_net, digits_run
from optviz.training.full_loss import FullLoss, largest_eigenvalue
from optviz.training.sweeps import Sweep


@pytest.fixture(scope="module")
def trained() -> torch.nn.Sequential:
    model = digits_net(2, True, 0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in digits_run(model, optimizer, lr=0.1, batch_size=50, epochs=4, seed=0):
        pass
    return model


def test_train_mode_uses_the_batch_and_eval_mode_the_running_statistics(
    trained: torch.nn.Sequential,
) -> None:
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    mode = trained.training
    found = compare_modes(trained, 4, seed=0, draws=6)
    images, labels = digits()
    generator = torch.Generator().manual_seed(0)
    batch = torch.randperm(len(labels), generator=generator)[:4]
    linear, norm = trained[0], trained[1]
    with torch.no_grad():
        z = linear(images[batch])
        np.testing.assert_allclose(found.batch_means, z.mean(0).numpy(), rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(found.running_means, norm.running_mean.double().numpy())
        # By hand: train mode standardises by the batch, eval mode by the running statistics.
        scale, shift = norm.weight, norm.bias
        by_batch = (z - z.mean(0)) / (z.var(0, unbiased=False) + norm.eps).sqrt() * scale + shift
        by_running = (z - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
        by_running = by_running * scale + shift
        kept = norm.running_mean.clone(), norm.running_var.clone(), norm.num_batches_tracked.clone()
        torch.testing.assert_close(norm.train()(z), by_batch)
        norm.running_mean.copy_(kept[0])
        norm.running_var.copy_(kept[1])
        norm.num_batches_tracked.copy_(kept[2])
        torch.testing.assert_close(norm.eval()(z), by_running)
    norm.train(mode)
    assert trained.training == mode
    for name, tensor in trained.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_small_batches_serve_train_mode_badly(trained: torch.nn.Sequential) -> None:
    few, many = compare_modes(trained, 2, seed=1), compare_modes(trained, 128, seed=1)
    assert few.train_accuracy.mean() < 0.6 < 0.9 < few.eval_accuracy.mean()
    assert many.train_accuracy.mean() > 0.95
    assert few.train_loss > few.eval_loss

    # The mean of few lies further from the running one.
    def away(modes: object) -> float:
        return float(np.abs(modes.batch_means - modes.running_means).mean())  # type: ignore[attr-defined]

    assert away(few) > 2 * away(many)


def test_what_a_relu_is_given_is_standardised_before_training() -> None:
    images, _ = digits()
    middle = (LAYER_BINS[1:] + LAYER_BINS[:-1]) / 2
    width = LAYER_BINS[1] - LAYER_BINS[0]
    for normalised in (False, True):
        layers = layer_inputs(digits_net(3, normalised, 0), images)
        assert layers.shape == (3, len(middle))
        np.testing.assert_allclose(layers.sum(1) * width, 1)
        mean = (layers * middle).sum(1) * width
        spread = np.sqrt((layers * (middle - mean[:, None]) ** 2).sum(1) * width)
        if normalised:
            np.testing.assert_allclose(mean, 0, atol=0.02)
            np.testing.assert_allclose(spread, 1, atol=0.08)
        else:  # the signal shrinks from layer to layer
            assert spread[0] > spread[1] > spread[2]


def test_the_largest_eigenvalue_is_that_of_the_whole_hessian() -> None:
    class Small(FullLoss):
        """Two weights only, so that the Hessian can be written down."""

        def __init__(self) -> None:
            pass

        def __call__(self, weights):  # type: ignore[no-untyped-def]
            a, b = weights["a"], weights["b"]
            return 3 * a.pow(2).sum() + (a[0] * b).sum() + b.pow(4).sum()

    weights = {"a": torch.tensor([0.3, -1.0, 0.5]), "b": torch.tensor([0.7, -0.2])}
    flat = torch.cat(list(weights.values()))
    hessian = torch.autograd.functional.hessian(lambda w: Small()({"a": w[:3], "b": w[3:]}), flat)
    expected = float(torch.linalg.eigvalsh(hessian)[-1])
    assert largest_eigenvalue(Small(), weights, SilentContext()) == pytest.approx(
        expected, rel=1e-3
    )


class CancelsAtOnce(SilentContext):
    """A user who changes their mind."""

    def checkpoint(self) -> None:
        raise Cancelled


def test_lanczos_ends_when_asked() -> None:
    model = digits_net(1, False, 0)
    with pytest.raises(Cancelled):
        largest_eigenvalue(FullLoss(model), dict(model.named_parameters()), CancelsAtOnce())


def test_rates_that_work_end_below_half_the_first_loss() -> None:
    rates = np.array([0.01, 0.1, 1.0, 10.0])
    sweep = Sweep(rates, np.full(4, 2.0), rates, np.array([1.9, 0.9, 0.4, np.inf]))
    assert stable_range(sweep) == (0.1, 1.0)
    none = Sweep(rates, np.full(4, 2.0), rates, np.array([1.9, 1.1, 1.4, np.inf]))
    assert stable_range(none) is None


class Listens(SilentContext):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self.shares: list[float] = []

    def emit(self, kind: str, **data: object) -> None:
        self.events.append((kind, data))

    def progress(self, done: float, total: float) -> None:
        self.shares.append(done / total)


def test_the_scene_s_notice_is_true_and_pieces_make_up_the_study() -> None:
    heard = Listens()
    found = norm_task(heard, NormPlan(points=11))
    plain, normalised = (stable_range(s.sweep) for s in (found.plain, found.normalised) if s.sweep)
    assert plain is not None and normalised is not None
    # Far more rates work, and training gets further at the plan's rate.
    assert normalised[1] / normalised[0] > 10 * plain[1] / plain[0]
    assert found.plain.full is not None and found.normalised.full is not None
    assert found.normalised.full < 0.5 * found.plain.full
    for side in (found.plain, found.normalised):
        assert side.complete and side.surface is not None and side.eigenvalues is not None
        assert side.surface[5, 5] == side.full  # the centre of the surface
        assert len(side.eigenvalues) == NormPlan().epochs + 1
        assert np.isfinite(side.eigenvalues).all()
    assert found.normalised.modes is not None and list(found.normalised.modes) == list(BATCHES)
    # Whoever listened knows the same.
    study = NormStudy(NormSide(), NormSide(), found.grid)
    for kind, data in heard.events:
        assert kind == "piece"
        study = study.with_piece(str(data["side"]), **{str(data["name"]): data["value"]})
    assert study.plain.complete and study.normalised.complete
    assert heard.shares == sorted(heard.shares) and heard.shares[-1] == pytest.approx(1)


def test_equal_plans_give_equal_studies() -> None:
    plan = NormPlan(depth=1, epochs=1, points=5)
    first, second = (norm_task(SilentContext(), plan) for _ in range(2))
    for a, b in ((first.plain, second.plain), (first.normalised, second.normalised)):
        assert a.surface is not None and b.surface is not None
        np.testing.assert_array_equal(a.surface, b.surface)
        assert a.full == b.full
