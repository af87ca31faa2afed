"""The picture of a fair comparison."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.fair import RATES, Comparison, fair
from optviz.core.optimizers import RunSpec
from optviz.figures.fair import fair_figure
from optviz.figures.theme import THEMES, line_style
from optviz.language import LANGUAGES, Text

LIGHT = THEMES["light"]
EN = Text("en")


def draw(found: Comparison, view: str = "loss", code: str = "en", **more: Any) -> Any:
    names = [run.optimizer for run in found.runs]
    styles = [line_style(LIGHT, name) for name in names]
    present = more.pop("present", [0.1] * len(names))
    return fair_figure(
        found, names, styles, present, view=view, text=Text(code), theme=LIGHT, **more
    )


@pytest.fixture(scope="module")
def found() -> Comparison:
    return fair("bowl", [RunSpec("sgd"), RunSpec("adam")], (2.0, 1.0), 40)


def lines(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.name]


def rings(figure: Any) -> list[float]:
    return [t.x[0] for t in figure.data if t.marker.symbol == "circle-open"]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("view", ["loss", "steps"])
def test_a_line_a_band_and_a_ring_for_each(found: Comparison, view: str, code: str) -> None:
    figure = draw(found, view, code)
    assert [line.name for line in lines(figure)] == ["sgd", "adam"]
    for run, line in zip(found.runs, lines(figure), strict=True):
        np.testing.assert_allclose(line.x, RATES)
        values = (found.losses(run) if view == "loss" else found.reached(run))[1]
        drawn = np.array(line.y)
        assert np.isfinite(drawn).all()
        good = np.isfinite(values) & (values > (found.floor or 0.0))
        if view == "loss":
            np.testing.assert_allclose(drawn[good & (values < 1e3)], values[good & (values < 1e3)])
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert len(bands) == 2
    best = [found.rates[found.verdict(run).index] for run in found.runs]
    assert all(ring in best for ring in rings(figure))


def test_the_present_rate_is_marked_where_it_is_on_the_grid(found: Comparison) -> None:
    marks = [t for t in draw(found, present=[0.02, None]).data if t.marker.symbol == "triangle-up"]
    assert [mark.x[0] for mark in marks] == [0.02]
    assert not [
        t for t in draw(found, present=[1e9, None]).data if t.marker.symbol == "triangle-up"
    ]


def test_what_fails_leaves_through_the_top(found: Comparison) -> None:
    figure = draw(found)
    line, top = lines(figure)[0], 10 ** figure.layout.yaxis.range[1]
    assert (np.array(line.y)[found.rates >= 10] > top).all()
    assert line.customdata[-1].startswith("∞")


def test_without_a_known_minimum_the_axis_is_linear() -> None:
    figure = draw(fair("saddle", [RunSpec("sgd")], (1.0, 0.1), 10))
    assert figure.layout.yaxis.type == "linear"
    assert figure.layout.yaxis.title.text == EN("fair.chart.loss")
    assert (
        draw(fair("goldstein_price", [RunSpec("adam")], (1.0, 0.1), 3)).layout.yaxis.type == "log"
    )


def test_stale_is_dimmed(found: Comparison) -> None:
    assert all(line.opacity < 0.5 for line in lines(draw(found, stale=True)))
