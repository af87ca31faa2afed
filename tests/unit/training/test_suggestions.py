"""The four rules against values worked out by hand, and the curves that say nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

import optviz
from optviz.core.problem import Problem
from optviz.training.lr_curve import log_grid, smooth, sweep_lr
from optviz.training.suggestions import (
    SUGGESTIONS,
    minimum,
    slide,
    steep,
    suggest_lr,
    usable,
    valley,
)


def rates(n: int) -> np.ndarray:
    """Ten a decade from 1e-4."""
    return 10 ** (-4 + np.arange(n) / 10)


def parabola(n: int = 41, bottom: int = 25) -> np.ndarray:
    return (np.arange(n) - bottom) ** 2.0


def test_all_rules_on_a_parabola() -> None:
    # 41 points: the first 4 and the last 5 are cut, points 4 … 35 are left. They fall from 4 to
    # 25; two thirds of 21 is 14, point 18. The steepest step is the first, from 441 to 400.
    # The lowest point is 25, a tenth of its rate is point 15's. Slopes 15 apart always differ
    # by 30, so the interval slides to the left end.
    found = optviz.suggest_lr(rates(41), parabola())
    at = {rule: round(10 * (math.log10(lr) + 4), 6) for rule, lr in found.items()}
    assert at == {"valley": 18, "steep": 4, "minimum": 15, "slide": 4}
    assert list(found) == list(SUGGESTIONS)


def test_valley_takes_the_longest_stretch_without_gaps() -> None:
    #                  0  1  2  3   4  5  6  7  8  9 10  11
    losses = np.array([9, 8, 7, 10, 9, 8, 7, 6, 5, 4, 3, 11.0])
    # falls from 3 to 10 (length 7): 3 + 7·2//3 = 3 + 4
    assert valley(rates(12), losses) == 7
    # A longest falling *subsequence* would skip the bump at 3 and begin at 0; and equal values
    # end a stretch: 9 8 8 7 has two stretches of length 1, of which the first counts.
    assert valley(rates(4), np.array([9, 8, 8, 7.0])) == 0
    assert valley(rates(3), np.array([1, 2, 3.0])) == 0


def test_steep_takes_the_fall_on_the_axis_that_one_sees() -> None:
    # A dip of 0.001 at a tiny rate, a fall of 1 four decades later. Against the *linear* rate
    # the dip is the steeper one, since there the points lie 10 000 times closer together: that
    # is the mistake of Lightning's finder (its issue 14248).
    lrs = log_grid(1e-7, 1.0, 71)
    losses = np.full(71, 2.0)
    losses[11:] -= 0.001
    losses[51:] -= 1.0
    assert steep(lrs, losses) == 50
    assert np.gradient(losses, lrs).argmin() in (10, 11)


def test_minimum_is_the_first_lowest_point() -> None:
    assert minimum(rates(4), np.array([3, 1, 1, 2.0])) == 1


def test_slide_comes_to_rest_on_the_way_down() -> None:
    # Falls by .01 a point up to 25, then rises by .1 a point: slopes −.01 (0 … 24), .045 (25),
    # .1 (26 …). The interval of 15 starts at (24, 39), where .1 and −.01 differ, and slides on
    # while its right end is at 25 or beyond; at right = 24 both are −.01. So the last left end
    # that still differed is 25 − 15 = 10.
    losses = np.where(np.arange(40) <= 25, -0.01 * np.arange(40), 0.0)
    losses[26:] = losses[25] + 0.1 * np.arange(1, 15)
    assert slide(rates(40), losses) == 10
    # Where the slopes agree from the first, it stays where it begins.
    assert slide(rates(40), -0.01 * np.arange(40.0)) == 39 - 15
    # A threshold above all differences never lets it move.
    assert slide(rates(40), losses, threshold=1.0) == 24


def test_the_cut() -> None:
    x, y = usable(rates(100), parabola(100, 60))
    assert (len(x), y[0], y[-1]) == (85, 50.0**2, 34.0**2)
    # A sweep that was meant to take 300 steps loses 30 at its start.
    assert usable(rates(100), parabola(100, 60), n_iter=300)[1][0] == 30.0**2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_everything_from_the_first_burst_on_is_left_out(bad: float) -> None:
    losses = parabola(60, 30)
    losses[50] = bad
    losses[55] = 1e9
    x, _ = usable(rates(60), losses)
    assert x[-1] == rates(60)[49]


@pytest.mark.parametrize(
    ("losses", "key"),
    [
        (np.full(100, 0.5), "flat"),
        (np.full(100, 0.0), "flat"),
        (1 + 1e-7 * parabola(100, 50) / 2500, "flat"),
        (np.arange(100.0), "rising"),
        (parabola(20), "short"),
        ([], "short"),
        ([1.0], "short"),
        (np.full(100, np.nan), "burst"),
        (np.r_[parabola(12), np.full(88, np.nan)], "burst"),
        (np.r_[parabola(15), np.inf], "burst"),
    ],
)
def test_curves_that_say_nothing_are_refused_with_the_reason(losses: object, key: str) -> None:
    values = np.asarray(losses, dtype=float)
    with pytest.raises(Problem) as caught:
        suggest_lr(rates(len(values)), values)
    assert caught.value.key == f"problem.lr_finder.{key}"
    assert str(caught.value)


def test_the_fewest_steps_named_are_enough_and_one_less_is_not() -> None:
    with pytest.raises(Problem) as caught:
        suggest_lr(rates(3), [3, 2, 1])
    fewest = int(caught.value.values["fewest"])
    suggest_lr(rates(fewest), parabola(fewest, fewest - 8))
    with pytest.raises(Problem):
        suggest_lr(rates(fewest - 1), parabola(fewest - 1, fewest - 8))


@pytest.mark.parametrize(
    ("lrs", "losses", "key"),
    [
        ([1, 2], [1.0], "shapes"),
        ([[1, 2]], [[1, 2]], "shapes"),
        ([0.0, 1, 2], [3, 2, 1], "rates"),
        ([1, 1, 2], [3, 2, 1], "rates"),
        ([3, 2, 1], [3, 2, 1], "rates"),
        ([1, 2, math.nan], [3, 2, 1], "rates"),
    ],
)
def test_what_is_no_curve_is_refused(lrs: object, losses: object, key: str) -> None:
    with pytest.raises(Problem) as caught:
        suggest_lr(lrs, losses)  # type: ignore[arg-type]
    assert caught.value.key == f"problem.lr_finder.{key}"


def test_suggestions_lie_on_the_sweep_and_do_not_change_their_input() -> None:
    lrs, losses = rates(41), parabola()
    before = lrs.copy(), losses.copy()
    found = suggest_lr(list(lrs), list(losses))
    assert all(lrs[0] / 10 <= lr <= lrs[-1] for lr in found.values())
    suggest_lr(lrs, losses)
    assert (lrs == before[0]).all() and (losses == before[1]).all()


def test_smoothing_by_hand() -> None:
    # v = .02·2 = .04, /.02 = 2; v = .98·.04 + .02·4 = .1192, /(1 − .9604) = 3.0101…
    assert smooth([2.0, 4.0], 0.98) == pytest.approx([2.0, 0.1192 / 0.0396])
    assert smooth([3.0, 1.0, 2.0], 0.0).tolist() == [3.0, 1.0, 2.0]
    assert smooth([], 0.9).tolist() == []
    with np.errstate(invalid="ignore"):
        assert np.isnan(smooth([1.0, math.nan, 1.0], 0.9)[1:]).all()


def test_smoothing_lags_by_about_a_decade() -> None:
    # fastai's sweep, 100 steps over 8 decades, and a loss that turns at 1e-2.
    steps = np.arange(100)
    log_lr = np.log10([sweep_lr(1e-7, 10.0, int(i), 100) for i in steps])
    losses = np.where(log_lr < -4, 2.0, np.where(log_lr < -2, 2 - 0.5 * (log_lr + 4), 0.0))
    losses = np.where(log_lr >= -2, 1 + 1.0 * (log_lr + 2), losses)
    lag = log_lr[smooth(losses, 0.98).argmin()] - log_lr[losses.argmin()]
    assert 0.5 < lag < 1.5
