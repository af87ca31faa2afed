"""The pictures of surface and model: what is drawn is what was computed."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.curvature import evaluate
from optviz.core.surfaces import SURFACES
from optviz.core.taylor import SHARE, taylor, trusted_region
from optviz.figures.taylor import bend_colour, cuts_figure, model_figure, window
from optviz.figures.theme import theme
from optviz.language import Text

EN, LIGHT = Text("en"), theme("light")


def given(name: str, point=None):
    surface = SURFACES[name]
    model = taylor(surface, point or surface.start)
    return surface, model, trusted_region(surface, model)


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_has_both_pictures(name: str) -> None:
    surface, model, region = given(name)
    for draw in (model_figure, cuts_figure):
        figure = draw(surface, model, region, text=EN, theme=LIGHT)
        for trace in figure.data[:2]:
            heights = np.asarray(trace.z if trace.type == "surface" else trace.y, dtype=float)
            assert np.isfinite(heights).mean() > 0.1


def test_surface_and_model_meet_at_the_point() -> None:
    surface, model, region = given("himmelblau", (2.0, 1.0))
    true, fitted = model_figure(surface, model, region, text=EN, theme=LIGHT).data[:2]
    middle = len(true.x) // 2
    assert (true.x[middle], true.y[middle]) == (2.0, 1.0)
    assert true.z[middle][middle] == pytest.approx(52)
    assert fitted.z[middle][middle] == pytest.approx(52)
    # Where the model is shown as good it is, up to what lies between two directions.
    xs, ys = np.meshgrid(true.x, true.y)
    places = np.stack([xs, ys], axis=-1).astype(float)
    off = abs(evaluate(surface, places).reshape(xs.shape) - model.model(places))
    good = np.asarray(fitted.surfacecolor, dtype=bool)
    assert 0.02 < good.mean() < 0.9
    assert (off[good] <= 1.2 * SHARE * model.terms(places)[good] + 1e-3).all()


def test_the_window_shows_where_the_model_ends() -> None:
    surface, model, region = given("rastrigin")
    assert window(surface, model, region) < 0.2 * max(surface.size)
    surface, model, region = given("bowl")  # good everywhere
    assert window(surface, model, region) == max(surface.size) / 2


def test_cuts_follow_the_eigenvectors() -> None:
    surface, model, region = given("six_hump_camel", (0.0, 0.0))
    figure = cuts_figure(surface, model, region, text=EN, theme=LIGHT)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    for i, (true, fitted) in enumerate((lines[:2], lines[2:])):
        t = np.asarray(true.x)
        along = model.point + t[:, None] * model.eigenvectors[:, i]
        assert np.asarray(true.y) == pytest.approx(evaluate(surface, along))
        assert np.asarray(fitted.y) == pytest.approx(model.eigenvalues[i] * t**2 / 2)
    assert lines[1].line.color == LIGHT.negative
    assert lines[3].line.color == LIGHT.positive
    assert len(figure.layout.shapes) == 2


def test_colours_tell_which_way_it_curves() -> None:
    assert bend_colour(LIGHT, 2.0, 2.0) == LIGHT.positive
    assert bend_colour(LIGHT, -2.0, 2.0) == LIGHT.negative
    assert bend_colour(LIGHT, 1e-12, 2.0) == LIGHT.muted
