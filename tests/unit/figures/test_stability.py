"""The stability meter's figure: a curve a run, a line at the limit, and what lies above it."""

from __future__ import annotations

import numpy as np

from optviz.figures.stability import meter_figure
from optviz.figures.theme import THEMES, line_style
from optviz.language import ENGLISH

LIGHT = THEMES["light"]


def test_a_curve_a_run_and_the_limit_always_in_sight() -> None:
    styles = [line_style(LIGHT, name) for name in ("sgd", "newton")]
    low = np.array([0.01, 0.02, 0.0])
    figure = meter_figure([low, None], 4, styles, text=ENGLISH, theme=LIGHT)
    first, second = figure.data
    np.testing.assert_allclose(first.y[:2], low[:2])
    # The last iterate takes no step, and a method without a limit has no curve.
    assert np.isnan(first.y[3])
    assert np.isnan(second.y).all()
    bottom, top = figure.layout.yaxis.range
    assert bottom < np.log10(0.01) < 0 < top
    tint, line = figure.layout.shapes
    assert (tint.y0, line.y0, line.y1) == (1, 1, 1)
    assert list(figure.layout.xaxis.range) == [0, 3]


def test_a_run_that_leaves_does_not_stretch_the_axis() -> None:
    styles = [line_style(LIGHT, "sgd")]
    wild = np.array([0.5, 1.5, 1e200, np.inf, np.nan])
    figure = meter_figure([wild], 6, styles, text=ENGLISH, theme=LIGHT)
    assert figure.layout.yaxis.range[1] < 4
