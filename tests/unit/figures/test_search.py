"""The figures of a search show every trial, the best above all, and what it chose."""

import math

import numpy as np

from optviz.figures.search import MOST_SLICES, history_figure, slices_figure, trials_figure
from optviz.figures.theme import theme
from optviz.language import Text
from optviz.recommender.config import DEFAULTS
from optviz.recommender.search_space import Range, usual_range
from optviz.recommender.search_trials import SearchTrial

EN, LIGHT = Text("en"), theme("light")


def trial(number, state, *errors, lr=0.01):
    config = DEFAULTS["dot_bias"].replace(lr=lr)
    return SearchTrial(number, config, {"lr": lr}, state, tuple(enumerate(errors, 1)))


TRIALS = [
    trial(0, "done", 0.95, 0.82, 0.80),
    trial(1, "pruned", 1.3, 1.2, lr=0.3),
    trial(2, "done", 0.9, 0.8, 0.78, lr=0.02),
    trial(3, "diverged", math.nan, lr=0.9),
    trial(4, "running", 0.92, lr=0.03),
]


def named(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_each_trial_has_its_curve_and_the_best_stands_out():
    figure = trials_figure(TRIALS, {"bias": 0.79}, text=EN, theme=LIGHT)
    lines = {
        kind: named(figure)[EN(f"recommender.search.line.{kind}")]
        for kind in ("pruned", "done", "running", "best")
    }
    assert list(lines["best"].y) == [0.9, 0.8, 0.78, None]
    assert list(lines["done"].y) == [0.95, 0.82, 0.80, None]
    assert list(lines["pruned"].y) == [1.3, 1.2, None, None, None]  # what diverged is a gap
    assert list(lines["running"].customdata) == [5, None]
    assert lines["best"].line.width > lines["done"].line.width
    assert lines["pruned"].line.color == LIGHT.muted
    assert list(named(figure)[EN("recommender.loss.bias", value="0.79")].y) == [0.79, 0.79]
    low, high = figure.layout.yaxis.range
    assert low < 0.78 < 0.80 < high


def test_the_best_so_far_never_rises():
    figure = history_figure(TRIALS, 9, text=EN, theme=LIGHT)
    best = named(figure)[EN("recommender.search.line.best")]
    assert list(best.x) == [1, 3, 5]
    np.testing.assert_allclose(best.y, [0.80, 0.78, 0.78])
    assert list(named(figure)[EN("recommender.search.dot.pruned")].x) == [2]


def test_nothing_begun_is_an_empty_picture():
    for figure in (
        trials_figure([], {}, text=EN, theme=LIGHT),
        history_figure([], 9, text=EN, theme=LIGHT),
    ):
        assert all(len(trace.x) == 0 for trace in figure.data)


def test_settings_stand_side_by_side_those_that_mattered_first():
    names = ["n_factors", "lr", "optimizer", "weight_decay", "batch_size"]
    ranges = [usual_range(name, "dot_bias") for name in names]
    shares = {"lr": 0.7, "n_factors": 0.2}
    figure = slices_figure(TRIALS, ranges, shares, str.upper, text=EN, theme=LIGHT)
    axes = [figure.layout[f"xaxis{n}"] for n in ("", 2, 3, 4)]
    assert len(figure.data) == MOST_SLICES
    assert [axis.title.text for axis in axes] == [
        "LR: 70 %", "N_FACTORS: 20 %", "OPTIMIZER", "WEIGHT_DECAY",
    ]  # fmt: skip
    assert [axis.type for axis in axes] == ["log", "linear", "category", "log"]
    assert list(figure.data[0].x) == [0.01, 0.3, 0.02]  # neither diverged nor running
    assert list(figure.data[0].marker.symbol) == ["circle", "x", "star"]
    assert len(figure.data[1].x) == 0
    alone = slices_figure([], [Range("lr", 1e-3, 0.1)], {}, str, text=EN, theme=LIGHT)
    np.testing.assert_allclose(alone.layout.xaxis.range, [-3.08, -0.92])
