"""The Recommender page's figures show what they were given, whatever that is."""

import numpy as np
import pytest

from optviz.figures.race import AXES, Curve, Rival, loss_figure, smooth
from optviz.figures.recommender import bias_figure, truth_figure
from optviz.figures.theme import numbered_style, theme
from optviz.language import Text

EN, LIGHT = Text("en"), theme("light")


def curve(train, valid, **baselines):
    train, valid = np.array(train, float), np.array(valid, float)
    at = np.linspace(0, max(len(valid), 1), len(train) + 1)[1:]
    return Curve(at, train, np.arange(1.0, len(valid) + 1), valid, baselines)


def test_smoothing_by_hand():
    # v1 = .5·2 = 1, /(1−.5) = 2; v2 = .5·1 + .5·4 = 2.5, /(1−.25) = 10/3
    np.testing.assert_allclose(smooth(np.array([2.0, 4.0]), beta=0.5), [2, 10 / 3])


def test_loss_chart_has_the_run_and_what_to_beat():
    figure = loss_figure(
        curve([2, 1, 1, 0.9], [0.95, 0.8], mean=1.12, bias=0.7845),
        text=EN, theme=LIGHT, total_epochs=3, printed=0.765,
    )  # fmt: skip
    names = [trace.name for trace in figure.data]
    assert names[1:3] == [EN("recommender.loss.train"), EN("recommender.loss.valid")]
    np.testing.assert_allclose(figure.data[2].y, [0.95, 0.8], rtol=1e-6)
    assert [trace.y[0] for trace in figure.data[3:]] == [1.12, 0.7845, 0.765]
    # Each line is named beside it, and no label covers another.
    assert [note.y for note in figure.layout.annotations] == [1.12, 0.7845, 0.765]
    assert [note.yanchor for note in figure.layout.annotations] == ["bottom", "bottom", "top"]
    low, high = figure.layout.yaxis.range
    assert low < 0.765 < 1.12 < high


@pytest.mark.parametrize("values", [[], [np.nan] * 3, [np.inf, 1e30, np.nan], [0.0]])
def test_loss_chart_bears_diverged_and_empty_runs(values):
    figure = loss_figure(curve(values, values), text=EN, theme=LIGHT, total_epochs=1)
    low, high = figure.layout.yaxis.range
    assert np.isfinite([low, high]).all()
    assert 0 <= low < high
    figure.to_json()


def test_long_curves_are_thinned():
    figure = loss_figure(curve(np.ones(50_000), [1]), text=EN, theme=LIGHT, total_epochs=1)
    assert len(figure.data[0].x) == len(figure.data[1].x) < 3001


def test_a_few_steps_an_epoch_are_not_smoothed_away():
    # ALS has two steps an epoch: what is drawn is what was measured.
    loss = [3.0, 1.0, 0.5, 0.4]
    figure = loss_figure(curve(loss, [1, 0.9]), text=EN, theme=LIGHT, total_epochs=2)
    np.testing.assert_allclose(figure.data[1].y, loss, rtol=1e-6)


def test_truth_has_a_box_for_each_rating_level():
    truth = np.repeat([1.0, 3.0, 5.0], 50)
    figure = truth_figure(truth, truth * 0.5 + 1.5, text=EN, theme=LIGHT)
    boxes = [trace for trace in figure.data if trace.type == "box"]
    assert [box.median[0] for box in boxes] == [2.0, 3.0, 4.0]
    wide = truth_figure(np.arange(100.0), np.arange(100.0), text=EN, theme=LIGHT)
    assert sum(trace.type == "box" for trace in wide.data) == 12
    assert len(truth_figure(truth, truth * np.nan, text=EN, theme=LIGHT).data) == 1


def test_biases_are_sorted_and_namesakes_stay_apart():
    titles, notes = ["Hamlet", "B", "Hamlet"], ["1996", "", "1990"]
    figure = bias_figure(titles, np.array([0.5, -1, 0.2]), notes, axis="bias", theme=LIGHT)
    assert list(figure.data[0].x) == [-1, 0.2, 0.5]
    assert [tuple(pair) for pair in figure.data[0].customdata] == [
        ("B", ""), ("Hamlet", "1990"), ("Hamlet", "1996")
    ]  # fmt: skip
    assert len(set(figure.data[0].y)) == 3


def rival(place, valid, steps, seconds):
    """A run of ``len(valid)`` epochs with so many steps and seconds in each."""
    epochs = np.arange(1.0, len(valid) + 1)
    at = np.arange(1, len(valid) * steps + 1) / steps
    run = Curve(
        at, np.ones(len(at)), epochs, np.array(valid), {"mean": 1.12},
        np.arange(1.0, len(at) + 1), epochs, seconds * epochs,
    )  # fmt: skip
    return Rival(f"run {place}", numbered_style(LIGHT, place), run, 4)


@pytest.mark.parametrize(
    ("axis", "places", "end"),
    [("epochs", [[1, 2], [1, 2, 3]], 4), ("steps", [[10, 20], [2, 4, 6]], 40),
     ("seconds", [[0.5, 1], [3, 6, 9]], 9)],
)  # fmt: skip
def test_runs_race_by_epoch_by_update_and_by_the_clock(axis, places, end):
    own, other = rival(0, [0.9, 0.8], 10, 0.5), rival(1, [1, 0.95, 0.5], 2, 3.0)
    figure = loss_figure(
        own.curve, text=EN, theme=LIGHT, total_epochs=4, axis=axis, own=own, rivals=[other]
    )
    drawn = {trace.name: trace for trace in figure.data}
    assert [list(drawn[run.name].x) for run in (own, other)] == places
    for run in (own, other):
        line = drawn[run.name]
        assert (line.line.color, line.line.dash, line.marker.symbol) == (
            run.style.colour, run.style.dash, run.style.marker
        )  # fmt: skip
    assert list(drawn[EN("recommender.loss.train")].x)[-1] == pytest.approx(places[0][-1])
    assert figure.layout.xaxis.range[1] == pytest.approx(1.01 * end)
    assert figure.layout.xaxis.title.text == EN(f"recommender.loss.{axis}")
    assert figure.layout.yaxis.range[0] < 0.5  # the rival's best is in sight too


@pytest.mark.parametrize("axis", AXES)
def test_a_race_bears_runs_that_have_not_begun(axis):
    waiting = Rival("waits", numbered_style(LIGHT, 1), Curve(), 3)
    for own in (waiting, rival(0, [0.9], 3, 0.1)):
        figure = loss_figure(
            own.curve, text=EN, theme=LIGHT, total_epochs=3, axis=axis, own=own, rivals=[waiting]
        )
        assert np.isfinite(figure.layout.xaxis.range).all()
        figure.to_json()
