"""The surfaces against independent formulas and the literature."""

import numpy as np
import pytest
import sympy as sp
import torch

from optviz.core.curvature import curvature, evaluate_grid, gradient, hessian
from optviz.core.optimizers import OPTIMIZERS
from optviz.core.rates import RATES
from optviz.core.slices import LossSlice
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.tape import Tape
from optviz.language import LANGUAGES, Text

from .problems import EIGENVALUES, FORMULAS, VALUES, x, y

KINDS = {"minima": "minimum", "local_minima": "minimum", "saddles": "saddle", "maxima": "maximum"}


def inside(surface, count, seed=0):
    random = np.random.default_rng(seed)
    low, high = zip(surface.x_range, surface.y_range, strict=True)
    return random.uniform(low, high, (count, 2))


def test_the_tables_cover_the_same_surfaces():
    slices = {n for n, s in SURFACES.items() if isinstance(s.function, LossSlice)}  # no formula
    assert slices | set(FORMULAS) == set(SURFACES) == set(RATES)
    assert slices.isdisjoint(FORMULAS)
    assert all(set(rates) == set(OPTIMIZERS) - {"newton"} for rates in RATES.values())


@pytest.mark.parametrize("name", FORMULAS)
def test_values_gradients_and_hessians_equal_the_formula(name):
    surface, formula = SURFACES[name], FORMULAS[name]
    points = inside(surface, 50)
    slope = [formula.diff(v) for v in (x, y)]
    bend = [[formula.diff(a, b) for b in (x, y)] for a in (x, y)]
    value_of, slope_of, bend_of = (sp.lambdify((x, y), e) for e in (formula, slope, bend))
    with torch.no_grad():
        values = surface.function(*torch.tensor(points).T).numpy()
    for p, value, g, h in zip(
        points, values, gradient(surface, points), hessian(surface, points), strict=True
    ):
        assert value == pytest.approx(float(value_of(*p)), rel=1e-10, abs=1e-10)
        np.testing.assert_allclose(g, np.array(slope_of(*p), float), rtol=1e-8, atol=1e-7)
        np.testing.assert_allclose(h, np.array(bend_of(*p), float), rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_and_hessians_agree_with_finite_differences(name):
    surface = SURFACES[name]
    points = inside(surface, 100, seed=1)
    step = 1e-5

    def value(at):
        with torch.no_grad():
            return surface.function(*torch.tensor(at).T).numpy()

    for axis in (0, 1):
        shift = np.eye(2)[axis] * step
        slope = (value(points + shift) - value(points - shift)) / (2 * step)
        bend = (gradient(surface, points + shift) - gradient(surface, points - shift)) / (2 * step)
        g, h = gradient(surface, points)[:, axis], hessian(surface, points)[:, axis]
        np.testing.assert_allclose(g, slope, rtol=1e-5, atol=1e-6 * np.abs(g).max())
        np.testing.assert_allclose(h, bend, rtol=1e-5, atol=1e-6 * np.abs(h).max())


@pytest.mark.parametrize("name", SURFACES)
def test_listed_points_are_critical_inside_the_box_and_of_their_kind(name):
    surface = SURFACES[name]
    for field, kind in KINDS.items():
        points = getattr(surface, field)
        assert all(surface.contains(p) for p in points)
        if name == "monkey_saddle" and points:
            kind = "degenerate"
        if points:
            here = curvature(surface, points)
            assert here.kind == [kind] * len(points)
            size = np.abs(here.hessians).max() + 1
            assert np.abs(here.gradients).max() <= 1e-9 * size
    assert surface.contains(surface.start)


@pytest.mark.parametrize("name", [n for n, s in SURFACES.items() if s.complete])
def test_no_critical_point_of_the_box_is_missing(name):
    """Newton's method from a fine grid finds nothing that is not listed."""
    surface = SURFACES[name]
    xs, ys = np.linspace(*surface.x_range, 60), np.linspace(*surface.y_range, 60)
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    for _ in range(60):
        step = curvature(surface, points).newton_step
        points = points + step
        points = points[np.isfinite(points).all(axis=1) & (np.abs(points) < 1e3).all(axis=1)]
    here = curvature(surface, points)
    keep = (np.abs(here.newton_step).max(axis=1) < 1e-9) & np.array(
        [
            k not in ("none", "undefined") and surface.contains(tuple(p))
            for k, p in zip(here.kind, points, strict=True)
        ]
    )
    listed = np.array([p for field in KINDS for p in getattr(surface, field)])
    for point in points[keep]:
        assert np.abs(listed - point).max(axis=1).min() < 1e-3, point


@pytest.mark.parametrize("name", [n for n, s in SURFACES.items() if s.minima])
def test_nothing_in_the_box_is_lower_than_the_minimum(name):
    surface = SURFACES[name]
    values = evaluate_grid(
        surface, np.linspace(*surface.x_range, 201), np.linspace(*surface.y_range, 203)
    )
    assert values.shape == (203, 201)
    assert values.min() >= surface.minimum_value - 1e-9
    at = [evaluate_grid(surface, [px], [py])[0, 0] for px, py in surface.minima]
    assert at == pytest.approx([surface.minimum_value] * len(at), abs=1e-8)


@pytest.mark.parametrize(("name", "point", "value", "kind"), VALUES)
def test_the_figures_of_the_literature(name, point, value, kind):
    assert evaluate_grid(SURFACES[name], point[:1], point[1:])[0, 0] == pytest.approx(
        value, abs=1e-4
    )
    assert curvature(SURFACES[name], [point]).kind == [kind]


@pytest.mark.parametrize(("name", "point", "eigenvalues"), EIGENVALUES)
def test_eigenvalues(name, point, eigenvalues):
    here = curvature(SURFACES[name], [point])
    assert here.eigenvalues[0] == pytest.approx(eigenvalues, rel=1e-5)
    assert here.largest_stable_lr[0] == pytest.approx(2 / eigenvalues[1], rel=1e-5)
    sizes = sorted(map(abs, eigenvalues))
    assert here.condition_number[0] == pytest.approx(sizes[1] / sizes[0], rel=1e-5)


@pytest.mark.parametrize("name", SURFACES)
def test_a_small_gradient_is_small_for_the_surface(name):
    surface = SURFACES[name]
    typical = np.median(np.linalg.norm(gradient(surface, inside(surface, 2000)), axis=1))
    assert surface.gradient_tolerance <= 2e-3 * typical


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("count", [1, 2, 12, 33])
def test_a_batch_a_single_point_and_the_tape_give_the_same_bits(name, count):
    """The vectorised sin, cos and exp of torch on the CPU round as the scalar ones do.

    Measured difference: none; a build in which they differ would fail here.
    """
    surface = SURFACES[name]
    points = torch.tensor(inside(surface, count, seed=count))
    tape = Tape(surface.function, *torch.tensor(inside(surface, count, seed=99)).T.contiguous())
    with torch.no_grad():
        value, gx, gy = tape(*points.T.contiguous())
    np.testing.assert_array_equal(np.stack([gx, gy], axis=1), gradient(surface, points))
    for i in range(count):
        p = points[i].clone().requires_grad_()
        loss = surface.function(p[0], p[1])
        loss.backward()
        assert torch.equal(value[i], loss.detach())
        assert torch.equal(torch.stack([gx[i], gy[i]]), p.grad)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_entry_has_its_words(code):
    text = Text(code)
    for name in SURFACES:
        assert text(f"surface.{name}.title")
        assert text(f"surface.{name}.notice")
        assert SURFACES[name].latex
        assert SURFACES[name].source
    for spec in OPTIMIZERS.values():
        assert text(f"optimizer.{spec.name}.title")
        assert text(f"optimizer.{spec.name}.explain")
        assert spec.latex
        assert spec.source
        for h in spec.hyperparameters:
            assert text(f"hyperparameter.{h.name}.label")
            assert text(f"hyperparameter.{h.name}.help")


def test_ackley_rests_on_its_kink():
    assert gradient(get_surface("ackley"), [(0.0, 0.0)]).tolist() == [[0.0, 0.0]]
