"""Critical points found without knowing them, against those that the literature lists."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.critical import critical_points
from optviz.core.own import own_surface
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import SURFACES


def same(found: tuple[Point, ...], known: tuple[Point, ...], surface: Surface) -> bool:
    """Whether each is the other, whatever the order."""
    if len(found) != len(known):
        return False
    near = 1e-4 * max(surface.size)
    return all(
        min(np.hypot(x - u, y - v) for u, v in known) < near for x, y in found
    )  # fmt: skip


@pytest.mark.parametrize("name", [name for name, s in SURFACES.items() if s.complete])
def test_it_finds_all_that_are_known_and_nothing_else(name: str) -> None:
    surface = SURFACES[name]
    found = critical_points(surface)
    assert found.complete
    assert same(found.minima, surface.all_minima, surface)
    assert same(found.saddles + found.degenerate, surface.saddles, surface)
    assert same(found.maxima, surface.maxima, surface)
    if surface.minima:
        assert same(found.minima[: len(surface.minima)], surface.minima, surface)


@pytest.mark.parametrize("name", ["rastrigin", "ackley"])
def test_too_many_are_said_to_be_too_many(name: str) -> None:
    found = critical_points(SURFACES[name])
    assert not found.complete
    assert found.minima == ()


def test_the_monkey_saddle_is_degenerate() -> None:
    found = critical_points(SURFACES["monkey_saddle"])
    assert found.degenerate == ((0.0, 0.0),)
    assert found.saddles == ()


@pytest.mark.parametrize("formula", ["x", "x + 2*y", "exp(x)", "abs(x) + abs(y)"])
def test_slopes_and_kinks_have_none(formula: str) -> None:
    assert critical_points(own_surface(f"={formula}")).minima == ()
