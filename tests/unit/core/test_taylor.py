"""The second-order model and how far it can be trusted, against what can be said by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.curvature import evaluate
from optviz.core.own import own_name, own_surface
from optviz.core.surfaces import SURFACES
from optviz.core.taylor import DIRECTIONS, SHARE, taylor, trusted_region

QUADRATIC = ("bowl", "ravine", "tilted", "booth", "matyas", "saddle")


def own(formula: str, box: float = 4.0):
    return own_surface(own_name(formula, (-box, box), (-box, box)))


@pytest.mark.parametrize("name", SURFACES)
def test_what_is_left_out_is_of_third_order(name: str) -> None:
    surface = SURFACES[name]
    model = taylor(surface, surface.start)
    way = np.array([0.6, 0.8]) * min(surface.size)
    off = [
        abs(float(evaluate(surface, model.point + h * way)[0] - model.model(model.point + h * way)))
        for h in (1e-3, 5e-4)
    ]
    if name in QUADRATIC:
        assert max(off) <= 1e-9 * max(1, abs(model.value))
    else:
        assert off[0] / off[1] == pytest.approx(8, rel=0.25)


@pytest.mark.parametrize("name", SURFACES)
def test_eigenvectors_are_a_turned_frame(name: str) -> None:
    model = taylor(SURFACES[name], SURFACES[name].start)
    vectors = model.eigenvectors
    assert vectors.T @ vectors == pytest.approx(np.eye(2))
    assert np.linalg.det(vectors) == pytest.approx(1)
    assert vectors[0, 0] >= 0
    scale = max(abs(model.eigenvalues).max(), 1)
    assert model.hessian @ vectors == pytest.approx(vectors * model.eigenvalues, abs=1e-9 * scale)


@pytest.mark.parametrize("name", QUADRATIC)
def test_on_a_quadratic_the_model_is_the_surface(name: str) -> None:
    surface = SURFACES[name]
    region = trusted_region(surface, taylor(surface, surface.start))
    assert region is not None and region.exact


def test_the_end_of_trust_of_a_cubic() -> None:
    # At 0 f − model = x³, and the model speaks of x² + y²: along x, |x|³ = x²/10 at x = 0.1.
    surface = own("x^2 + y^2 + x^3")
    model = taylor(surface, (0.0, 0.0))
    region = trusted_region(surface, model)
    assert region is not None and not region.exact
    radii = region.radii[[0, DIRECTIONS // 2]]
    across = region.radii[[DIRECTIONS // 4, 3 * DIRECTIONS // 4]]
    first, second = (radii, across) if abs(model.eigenvectors[0, 0]) > 0.5 else (across, radii)
    assert first == pytest.approx([SHARE, SHARE], rel=0.02)
    assert second.min() > 4  # along y the model is the function itself


@pytest.mark.parametrize("name", [name for name in SURFACES if name not in QUADRATIC])
def test_inside_it_is_good_and_just_outside_it_is_not(name: str) -> None:
    surface = SURFACES[name]
    model = taylor(surface, surface.start)
    region = trusted_region(surface, model)
    assert region is not None

    def off(part: float) -> np.ndarray:
        points = model.point + part * (region.edge - model.point)
        return abs(evaluate(surface, points) - model.model(points)) / model.terms(points)

    for part in (0.1, 0.5, 0.9, 0.97):
        assert off(part).max() <= SHARE * 1.02
    ends = region.radii < region.radii.max() * 0.999
    assert np.nanmedian(off(1.03)[ends]) > SHARE  # beyond a slice there is nothing
    inside = model.point + np.random.default_rng(0).uniform(-1, 1, (3000, 2)) * np.quantile(
        region.radii, 0.9
    )
    inside = inside[region.contains(inside, model)]
    wrong = abs(evaluate(surface, inside) - model.model(inside)) / model.terms(inside)
    assert len(inside) > 100 and wrong.max() <= SHARE * 1.2
    assert region.along(0)[1] == region.radii[0]
    assert region.along(1)[1] == region.radii[DIRECTIONS // 4]


def test_where_there_is_nothing_to_trust() -> None:
    surface = own("log(x) + y^2")
    assert trusted_region(surface, taylor(surface, (-1.0, 0.0))) is None
    monkey = SURFACES["monkey_saddle"]
    region = trusted_region(monkey, taylor(monkey, (0.0, 0.0)))
    assert region is not None and region.radii.max() < 0.01  # flat to second order
