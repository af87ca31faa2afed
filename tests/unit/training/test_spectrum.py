"""Eigenvalues, density and trace against dense matrices and known spectra."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from optviz.training.hessian import HessianProducts
from optviz.training.spectrum import (
    bottom_eigenpairs,
    hutchinson,
    lanczos,
    quadrature,
    top_eigenpairs,
)


class TinyLoss:
    """The squared error of a network with 41 weights on 20 random points."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.inputs = torch.randn(20, 3, generator=generator, dtype=torch.float64)
        self.wanted = torch.randn(20, 1, generator=generator, dtype=torch.float64)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        self.weights = {name: w.detach() for name, w in self.model.named_parameters()}

    def __call__(self, weights: Mapping[str, Tensor]) -> Tensor:
        out = torch.func.functional_call(self.model, dict(weights), (self.inputs,))
        return nn.functional.mse_loss(out, self.wanted)

    def dense(self) -> np.ndarray:
        """The Hessian, formed by torch."""
        shapes = {name: w.shape for name, w in self.weights.items()}

        def flat(vector: Tensor) -> Tensor:
            parts = torch.split(vector, [shape.numel() for shape in shapes.values()])
            named = {n: p.reshape(s) for (n, s), p in zip(shapes.items(), parts, strict=True)}
            return self(named)

        start = torch.cat([w.reshape(-1) for w in self.weights.values()])
        return torch.autograd.functional.hessian(flat, start).numpy()


@pytest.fixture(scope="module")
def tiny() -> TinyLoss:
    return TinyLoss()


def known(values: np.ndarray):
    """Products with a matrix of these eigenvalues in a random basis."""
    basis, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((len(values),) * 2))
    matrix = (basis * values) @ basis.T
    return lambda vector: matrix @ vector


def test_products_are_those_with_the_whole_hessian(tiny: TinyLoss) -> None:
    products = HessianProducts(tiny, tiny.weights)
    assert len(products) == 41
    assert products.loss == float(tiny(tiny.weights))
    columns = np.column_stack([products(column) for column in np.eye(41)])
    np.testing.assert_allclose(columns, tiny.dense(), rtol=1e-10, atol=1e-12)


def test_weights_that_the_loss_does_not_see_have_no_curvature() -> None:
    weights = {"seen": torch.ones(2), "unseen": torch.ones(3)}
    products = HessianProducts(lambda w: (w["seen"] ** 2).sum() + 0 * w["unseen"].sum(), weights)
    np.testing.assert_array_equal(products(np.ones(5)), [2, 2, 0, 0, 0])


def test_both_ends_are_those_of_the_whole_hessian(tiny: TinyLoss) -> None:
    products = HessianProducts(tiny, tiny.weights)
    true = np.linalg.eigvalsh(tiny.dense())
    top = top_eigenpairs(products, 41, 5)
    bottom = bottom_eigenpairs(products, 41, 3, top.values[0])
    np.testing.assert_allclose(top.values, true[::-1][:5], atol=1e-3 * true[-1])
    np.testing.assert_allclose(bottom.values, true[:3], atol=1e-3 * true[-1])
    # What is said of the accuracy holds: an eigenvalue lies within the residual.
    for pairs in (top, bottom):
        for value, residual in zip(pairs.values, pairs.residuals, strict=True):
            assert np.min(np.abs(true - value)) <= residual + 1e-12
            assert residual < 2e-3 * true[-1]


def test_no_more_eigenvalues_than_there_are(tiny: TinyLoss) -> None:
    found = top_eigenpairs(known(np.arange(6.0)), 6, 50)
    np.testing.assert_allclose(found.values, [5, 4, 3, 2, 1], atol=1e-8)


def test_lanczos_finds_every_eigenvalue_once() -> None:
    values = np.concatenate([np.linspace(-1, 1, 60), [10.0, 30.0, 100.0]])
    found = lanczos(known(values), np.random.default_rng(0).standard_normal(63), 63)
    np.testing.assert_allclose(found.decomposed()[0], values, atol=1e-8)
    np.testing.assert_allclose(found.basis @ found.basis.T, np.eye(63), atol=1e-12)
    # It ends where the space does, though more steps were allowed.
    short = lanczos(lambda v: 2 * v, np.ones(5), 5)
    np.testing.assert_allclose(short.diagonal, [2.0])


def test_the_residual_of_the_largest_is_the_true_one() -> None:
    product = known(np.linspace(-1, 3, 200))
    value, residual, vector = lanczos(
        product, np.random.default_rng(0).standard_normal(200), 12
    ).largest()
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert residual == pytest.approx(np.linalg.norm(product(vector) - value * vector), rel=1e-6)
    assert residual > 1e-4


def test_the_density_of_a_known_spectrum() -> None:
    # Nine tenths at 0, the rest at three places: with four distinct eigenvalues four steps
    # of Lanczos are exact, whatever the probe; the weights are the shares, give or take.
    values = np.repeat([0.0, 1.0, 2.0, 5.0], [900, 50, 30, 20])
    product = known(values)
    *_, density = quadrature(product, 1000, probes=10, steps=4)
    assert len(density.nodes) == 40
    for value, share in ((0.0, 0.9), (1.0, 0.05), (2.0, 0.03), (5.0, 0.02)):
        near = np.abs(density.nodes - value) < 1e-6
        assert density.weights[near].sum() == pytest.approx(share, abs=0.01)
    assert density.weights.sum() == pytest.approx(1)
    assert density.moment(1) * 1000 == pytest.approx(values.sum(), rel=0.1)
    assert density.moment(2) * 1000 == pytest.approx((values**2).sum(), rel=0.2)


def test_the_drawn_density_integrates_to_one(tiny: TinyLoss) -> None:
    products = HessianProducts(tiny, tiny.weights)
    *_, density = quadrature(products, 41, probes=3, steps=20)
    places = np.linspace(-12, 12, 4001)
    for scale in (np.array, lambda v: np.arcsinh(v / 0.01)):
        drawn = density.smoothed(places, 0.1, scale)
        assert np.trapezoid(drawn, places) == pytest.approx(1, abs=1e-6)


def test_all_probes_exhaust_a_small_matrix(tiny: TinyLoss) -> None:
    # As many steps as rows: each probe's quadrature is exact for the trace of its own form,
    # and its nodes are the eigenvalues.
    true = np.linalg.eigvalsh(tiny.dense())
    (density,) = quadrature(HessianProducts(tiny, tiny.weights), 41, probes=1, steps=41)
    for node in density.nodes[density.weights > 1e-6]:
        assert np.min(np.abs(true - node)) < 1e-6


def test_two_ways_to_the_trace(tiny: TinyLoss) -> None:
    products = HessianProducts(tiny, tiny.weights)
    true = float(np.trace(tiny.dense()))
    found = hutchinson(products, 41, probes=400)
    assert abs(found.mean - true) < 4 * found.error
    assert found.error < 0.1 * true
    *_, density = quadrature(products, 41, probes=400, steps=3)
    other = density.trace(41)
    assert other.mean == pytest.approx(41 * density.moment(1))
    assert abs(other.mean - true) < 4 * other.error
    assert other.error == pytest.approx(found.error, rel=0.3)
    # A matrix without anything beside its diagonal is known after one probe.
    exact = hutchinson(lambda v: np.arange(5.0) * v, 5, probes=2)
    assert exact.mean == 10.0 and exact.error == 0.0


def test_an_exception_in_the_product_ends_the_search() -> None:
    class Enough(Exception):
        pass

    def product(vector: np.ndarray) -> np.ndarray:
        raise Enough

    with pytest.raises(Enough):
        top_eigenpairs(product, 50, 3)
