"""The figures of a network's Hessian: axes, lines and strokes."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.figures.spectrum import WIDTH, density_figure, edge_figure
from optviz.figures.theme import theme
from optviz.language import Text
from optviz.training.edge import EdgePlan, EdgeRun
from optviz.training.spectrum import Density, Eigenpairs
from optviz.training.spectrum_tasks import Spectrum

EN = Text("en")
LIGHT = theme("light")
PLAN = EdgePlan(rates=(0.1, 0.2), steps=4)


def run(rate: float, sharpness: list[float], diverged: int | None = None) -> EdgeRun:
    return EdgeRun(
        rate, losses=np.array([0.5, 0.3, 0.35, 0.2, 0.1]), at=np.arange(0, 5, 2),
        sharpness=np.array(sharpness), residuals=np.zeros(3), diverged=diverged,
    )  # fmt: skip


def test_each_rate_has_its_line() -> None:
    figure = edge_figure(PLAN, (run(0.1, [7, 15, 21]), run(0.2, [7, 11, 10])), text=EN, theme=LIGHT)
    assert [shape.y0 for shape in figure.layout.shapes] == [20, 10]
    assert [note.text for note in figure.layout.annotations][:2] == ["2/lr = 20", "2/lr = 10"]
    assert figure.layout.xaxis.range == (0, 4)
    low, high = figure.layout.yaxis.range
    assert low == 0 and 21 < high < 30
    # Both rows stand over one axis of steps.
    assert {trace.xaxis for trace in figure.data} == {None}
    assert [trace.yaxis for trace in figure.data] == [None, "y2", None, "y2"]
    np.testing.assert_array_equal(figure.data[0].x, [0, 2, 4])
    np.testing.assert_array_equal(figure.data[1].x, [0, 1, 2, 3, 4])
    momentum = edge_figure(EdgePlan(rates=(0.1,), momentum=0.5), (), text=EN, theme=LIGHT)
    assert momentum.layout.shapes[0].y0 == 30


def test_a_run_that_diverges_does_not_flatten_the_others() -> None:
    gone = run(0.2, [7, 1e9, np.nan], diverged=4)
    figure = edge_figure(PLAN, (run(0.1, [7, 15, 21]), gone), text=EN, theme=LIGHT)
    assert figure.layout.yaxis.range[1] <= 1.2 * 40
    assert "diverged at step 4" in [note.text for note in figure.layout.annotations]


def test_a_line_far_above_the_curves_is_shown_on_a_logarithmic_axis() -> None:
    figure = edge_figure(EdgePlan(rates=(1e-3,)), (run(1e-3, [7, 8, 9]),), text=EN, theme=LIGHT)
    assert figure.layout.yaxis.type == "log"
    low, high = figure.layout.yaxis.range
    assert low < np.log10(7) and np.log10(2000) < high


def test_nothing_is_empty_before_anything_is_known() -> None:
    for figure in (
        edge_figure(PLAN, (), text=EN, theme=LIGHT),
        density_figure([("a", None), ("b", None)], text=EN, theme=LIGHT),
        density_figure([("a", Spectrum(0, 9, 1.0)), ("b", None)], text=EN, theme=LIGHT),
    ):
        assert len(figure.data) == 4
        assert all(len(trace.x) and len(trace.y) for trace in figure.data)


def test_strokes_and_density_stand_on_one_axis() -> None:
    values = np.array([5.0, 4.0, -0.5])
    spectrum = Spectrum(
        1, 1000, 0.1, top=Eigenpairs(values[:2], np.zeros(2)),
        bottom=Eigenpairs(values[2:], np.zeros(1)),
        density=Density(np.array([0.0, 5.0]), np.array([0.999, 0.001]), np.array([0.005])),
    )  # fmt: skip
    figure = density_figure([("before", None), ("after", spectrum)], text=EN, theme=LIGHT)
    line, strokes = figure.data[2], figure.data[3]
    np.testing.assert_allclose(strokes.customdata[:, 0], values)
    # The peak of the eigenvalue at 5 is below its stroke, and as high as one in a thousand.
    right = line.x > 0.5 * strokes.x[0]
    peak = int(np.argmax(np.where(right, line.y, 0)))
    assert line.x[peak] == pytest.approx(strokes.x[0], abs=0.01)
    assert line.y[peak] == pytest.approx(0.001 / (WIDTH * np.sqrt(2 * np.pi)), rel=0.01)
    # Four decades apart on the axis, for decades they are.
    ticks = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert ticks["1"] - ticks["0.1"] == pytest.approx(1, abs=0.01)
    assert ticks["0"] == 0 and ticks["−0.1"] == -ticks["0.1"]
    assert figure.layout.xaxis.range[0] < strokes.x.min()
    assert strokes.x.max() < figure.layout.xaxis.range[1]
