"""The LR finder's figures show what they were given, whatever that is."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from optviz.figures.lr_finder import (
    GLYPHS,
    SweepCurve,
    mark_colour,
    rate_text,
    sweep_figure,
    trial_figure,
)
from optviz.figures.theme import theme
from optviz.language import Text
from optviz.training.lr_curve import smooth
from optviz.training.suggestions import SUGGESTIONS

EN, LIGHT = Text("en"), theme("light")
LRS = np.geomspace(1e-4, 1, 41)
LOSSES = np.r_[np.full(10, 2.0), np.linspace(2, 1, 20), np.linspace(1, 50, 11)]
RULES = {"valley": 0.02, "steep": 0.02, "minimum": 0.01, "slide": 1e-3}


def figure(curve: SweepCurve | None = None, **options: Any) -> Any:
    options = {
        "text": EN, "theme": LIGHT, "lr_range": (1e-4, 1.0), "smoothing": 0.9,
        "loss_name": "Loss", **options,
    }  # fmt: skip
    return sweep_figure(curve or SweepCurve(LRS, LOSSES), **options)


def test_raw_and_smoothed_on_a_log_axis() -> None:
    drawn = figure()
    raw, smoothed = drawn.data
    assert raw.y[:35].tolist() == LOSSES[:35].tolist()
    assert raw.customdata[-1] == "50"  # above the picture, but hovering tells it
    np.testing.assert_allclose(smoothed.y, smooth(LOSSES, 0.9))
    assert smoothed.name == "Smoothed, β = 0.9"
    assert drawn.layout.xaxis.type == "log" and list(drawn.layout.xaxis.range) == [-4, 0]


def test_marks_lie_on_the_curve_and_never_hide_each_other() -> None:
    drawn = figure(suggestions=RULES)
    marks = {trace.name.split()[0]: trace for trace in drawn.data[2:]}
    assert drawn.data[2].name == "valley 0.02"
    assert len({trace.marker.symbol for trace in marks.values()}) == 4
    on_curve = np.interp(np.log(0.02), np.log(LRS), smooth(LOSSES, 0.9))
    assert marks["valley"].y[0] == pytest.approx(on_curve)
    assert marks["steep"].x[0] == 0.02 and marks["steep"].y[0] > on_curve
    assert set(GLYPHS) == set(SUGGESTIONS)
    assert len({mark_colour(rule, LIGHT) for rule in GLYPHS}) == 4


def test_the_readers_rate_and_theorys_limit_are_lines_with_their_numbers() -> None:
    curve = SweepCurve(LRS, LOSSES, limit=0.02)
    drawn = figure(curve, picked=0.5, limit_name="2/λmax")
    assert [shape.x0 for shape in drawn.layout.shapes] == [0.02, 0.5]
    assert [note.text for note in drawn.layout.annotations] == ["2/λmax = 0.02", "your rate 0.5"]
    # Annotations on a log axis are placed by the exponent.
    assert drawn.layout.annotations[1].x == pytest.approx(math.log10(0.5))
    assert not figure(picked=1e5).layout.shapes  # outside the picture


def test_short_trainings_are_drawn_and_what_burst_leaves_at_the_top() -> None:
    curve = SweepCurve(LRS, LOSSES, np.array([1e-3, 1e-2, 1e-1]), np.array([2, 0.8, np.inf]))
    checks = figure(curve).data[2]
    low, high = figure(curve).layout.yaxis.range
    assert checks.y[1] == 0.8 > low
    assert high < checks.y[2] < math.inf and checks.customdata[2] == "inf"


def test_a_stale_curve_is_dimmed() -> None:
    fresh, stale = figure(suggestions=RULES), figure(suggestions=RULES, stale=True)
    assert all(old.opacity < new.opacity for old, new in zip(stale.data, fresh.data, strict=True))


@pytest.mark.parametrize(
    "losses",
    [[], [1.0], [np.nan], [np.inf], [0.0] * 41, [-5.0] * 41, [1e300] * 41, [-1e300, 1e300],
     [2.0, np.nan, np.inf], [1e-300] * 5],
)  # fmt: skip
def test_any_curve_can_be_drawn(losses: list[float]) -> None:
    values = np.array(losses)
    curve = SweepCurve(LRS[: len(values)], values, LRS[:2], np.array([np.inf, 1.0]))
    drawn = figure(curve)
    low, high = drawn.layout.yaxis.range
    assert math.isfinite(low) and math.isfinite(high) and low < high
    json.loads(drawn.to_json())
    trial = trial_figure(
        [0.1], [values], text=EN, theme=LIGHT, n_steps=5, loss_name="Loss", smoothing=0.0
    )
    json.loads(trial.to_json())


def test_a_burst_does_not_flatten_the_part_that_counts() -> None:
    losses = LOSSES.copy()
    losses[-3:] = 1e30
    low, high = figure(SweepCurve(LRS, losses)).layout.yaxis.range
    assert 0.8 < low < 1 and 2 < high < 3


def test_trial_lines() -> None:
    losses = [np.array([3.0, 2.5]), np.array([3.0, 1.0]), np.array([3.0, 1e12, np.inf])]
    drawn = trial_figure(
        [0.01, 0.1, 1.0], losses, text=EN, theme=LIGHT, n_steps=2, loss_name="Loss", smoothing=0.0
    )
    assert [trace.name for trace in drawn.data] == ["rate 0.01", "rate 0.1", "rate 1"]
    assert len({trace.line.dash for trace in drawn.data}) == 3
    assert drawn.layout.yaxis.range[1] < 10
    # While the trainings are under way, those that have ended are drawn.
    assert len(trial_figure([0.01, 0.1], losses[:1], text=EN, theme=LIGHT, n_steps=2,
                            loss_name="Loss", smoothing=0.0).data) == 1  # fmt: skip


def test_rates_in_two_digits() -> None:
    rates = (0.00318, 1.1e-6, 412.0, 0.1, 1.0, 1e9, 9.99)
    assert [rate_text(lr) for lr in rates] == [
        "0.0032", "1.1e-6", "410", "0.1", "1", "1e9", "10",
    ]  # fmt: skip
    assert all(float(rate_text(lr)) == pytest.approx(lr, rel=0.051) for lr in rates)
