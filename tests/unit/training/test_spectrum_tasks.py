"""A network's spectrum before and after training, and what the notice says of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.task import Cancelled, SilentContext
from optviz.training.digits import digits_net
from optviz.training.full_loss import FullLoss, largest_eigenvalue
from optviz.training.spectrum_tasks import (
    DigitsSpectrum,
    Effort,
    SpectrumStudy,
    digits_spectrum_task,
    outliers,
)

SILENT = SilentContext()


class Listens(SilentContext):
    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []
        self.done: list[float] = []

    def emit(self, kind: str, **data: object) -> None:
        assert kind == "spectrum"
        self.heard.append((str(data["when"]), data["spectrum"]))

    def progress(self, done: float, total: float) -> None:
        self.done.append(done / total)


@pytest.fixture(scope="module")
def told() -> tuple[SpectrumStudy, Listens]:
    """What the scene shows."""
    context = Listens()
    return digits_spectrum_task(context, DigitsSpectrum()), context


def test_nine_eigenvalues_stand_out_after_training_and_none_before(
    told: tuple[SpectrumStudy, Listens],
) -> None:
    study, _ = told
    assert study.before is not None and study.after is not None
    assert study.before.top is not None and study.after.top is not None
    assert outliers(study.before.top.values)[1] < 1.15  # no gap worth the name
    count, gap = outliers(study.after.top.values)
    assert count == 9  # one less than there are classes
    assert gap > 3
    assert study.after.loss < 0.25 * study.before.loss
    # Nearly all others are close to 0.
    density = study.after.density
    assert density is not None
    near = np.abs(density.nodes) < 0.01 * study.after.top.values[0]
    assert density.weights[near].sum() > 0.9


def test_with_squared_error_there_are_ten() -> None:
    study = digits_spectrum_task(SILENT, DigitsSpectrum(loss="mse", epochs=2))
    assert study.after is not None and study.after.top is not None
    count, gap = outliers(study.after.top.values)
    assert count == 10 and gap > 2


def test_the_numbers_agree_with_each_other(told: tuple[SpectrumStudy, Listens]) -> None:
    study, _ = told
    assert study.rows == 1797
    for spectrum in (study.before, study.after):
        assert spectrum is not None and spectrum.size == 8970
        assert spectrum.top is not None and spectrum.bottom is not None
        assert spectrum.trace is not None and spectrum.density is not None
        assert len(spectrum.top.values) == 12 and len(spectrum.bottom.values) == 1
        assert (np.diff(spectrum.top.values) <= 0).all()
        largest = spectrum.top.values[0]
        assert (spectrum.top.residuals < 2e-3 * largest).all()
        # The quadrature reaches both ends, and its mean is the trace.
        assert spectrum.density.nodes.max() == pytest.approx(largest, rel=1e-2)
        assert spectrum.density.nodes.min() >= spectrum.bottom.values[0] - 0.02 * largest
        assert spectrum.density.weights.sum() == pytest.approx(1)
        whole = spectrum.density.trace(spectrum.size)
        assert whole.mean == pytest.approx(spectrum.density.moment(1) * spectrum.size)
        # Four probes against forty: the spread of four is √10 times the error of forty.
        assert abs(whole.mean - spectrum.trace.mean) < 4 * np.sqrt(11) * spectrum.trace.error
    # The first weights are those of the network itself.
    model = digits_net(2, False, 0)
    first = largest_eigenvalue(FullLoss(model), dict(model.named_parameters()), SILENT)
    assert study.before is not None and study.before.top is not None
    assert study.before.top.values[0] == pytest.approx(first, rel=1e-3)


def test_it_tells_what_it_knows(told: tuple[SpectrumStudy, Listens]) -> None:
    _, context = told
    assert [when for when, _ in context.heard] == ["before"] * 8 + ["after"] * 8
    assert all(a <= b for a, b in zip(context.done, context.done[1:], strict=False))
    assert context.done[-1] == pytest.approx(1.0)


def test_it_ends_within_a_product_of_being_cancelled() -> None:
    class Patience(SilentContext):
        left = 30

        def checkpoint(self) -> None:
            self.left -= 1
            if self.left == 0:
                raise Cancelled
            assert self.left > 0

    with pytest.raises(Cancelled):
        digits_spectrum_task(Patience(), DigitsSpectrum(depth=1))


def test_a_network_that_has_diverged_has_no_spectrum() -> None:
    from optviz.training.digits import digits_run
    from optviz.training.spectrum_tasks import compare_spectra

    model = digits_net(1, False, 0)
    run = digits_run(
        model, torch.optim.SGD(model.parameters(), lr=1e6), lr=1e6, batch_size=50, epochs=1,
        seed=0, measure="mse",
    )  # fmt: skip
    effort = Effort(top=2, probes=1, steps=3, vectors=2)
    study = compare_spectra(SILENT, run, FullLoss(model, "mse"), effort, 1797)
    assert study.before is not None and study.before.top is not None
    assert study.after is not None and study.after.top is None


def test_where_the_gap_is() -> None:
    assert outliers(np.array([9.0, 8, 7, 1, 0.9])) == (3, 7.0)
    assert outliers(np.array([1.0, -1])) == (0, 1.0)
    assert outliers(np.array([])) == (0, 1.0)
