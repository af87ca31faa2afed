"""The pictures of what moves inside a training show what was measured."""

import numpy as np

from optviz.figures.inside import Look, moves_figure, predictions_figure
from optviz.figures.theme import theme
from optviz.language import Text

EN, LIGHT = Text("en"), theme("light")


def look(epoch, lr, gradient, update):
    truth = np.array([0, 6, 4])
    return Look(epoch, lr, ("user_factors", "item_factors"), np.array(gradient, float),
                np.array(update, float), np.array([1, 8, 1]), truth)  # fmt: skip


def test_a_curve_for_each_part_and_one_rate():
    looks = [look(0.5, 0.1, [1, 2], [3, 4]), look(1.0, 0.05, [5, 6], [7, 8])]
    figure = moves_figure(looks, ["users", "movies"], text=EN, theme=LIGHT)
    assert [list(trace.y) for trace in figure.data[:4]] == [[1, 5], [2, 6], [3, 7], [4, 8]]
    assert [list(trace.y) for trace in figure.data[4:]] == [[0.1, 0.05]] * 2
    assert all(list(trace.x) == [0.5, 1.0] for trace in figure.data)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["users", "movies"]
    assert [note.text for note in figure.layout.annotations] == [
        EN(f"recommender.inside.{name}") for name in ("gradient", "update", "lr")
    ]


def test_als_has_steps_only():
    looks = [look(0.5, np.nan, [np.nan] * 2, [3, 0])]
    figure = moves_figure(looks, ["users", "movies"], text=EN, theme=LIGHT)
    assert len(figure.data) == 2 and len(figure.layout.annotations) == 1
    figure.to_json()


def test_predictions_are_shares_over_the_same_bins():
    figure = predictions_figure(
        look(1, 1, [1, 1], [1, 1]), np.array([0.0, 1, 2, 3]), text=EN, theme=LIGHT
    )
    truth, predicted = figure.data
    assert list(truth.y) == [0, 60, 40] and list(predicted.y) == [10, 80, 10]
    assert list(truth.x) == list(predicted.x) == [0.5, 1.5, 2.5]
