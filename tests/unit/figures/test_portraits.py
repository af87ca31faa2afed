"""The figures of one user and one movie show what they were given."""

import numpy as np
import pytest

from optviz.figures.portraits import histogram_figure, user_figure
from optviz.figures.theme import theme
from optviz.language import Text

EN, LIGHT = Text("en"), theme("light")


@pytest.mark.parametrize("held", [[False, True, False, False], [False] * 4, [True] * 4])
def test_each_rating_is_a_point_near_its_stars(held):
    stars, predicted = np.array([5.0, 4.0, 4.0, 1.5]), np.array([4.2, 3.9, 3.0, 2.5])
    figure = user_figure(
        stars, predicted, np.array(held), ["a", "b", "c", "d"], text=EN, theme=LIGHT
    )
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert all(len(trace.x) for trace in figure.data)
    drawn = {point[0]: (x, y) for trace in points
             for point, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)}  # fmt: skip
    assert set(drawn) == set("abcd")
    for title, level, value in zip("abcd", stars, predicted, strict=True):
        assert abs(drawn[title][0] - level) <= 0.25
        assert drawn[title][1] == pytest.approx(value)
    assert drawn["b"][0] != drawn["c"][0]


def test_a_movies_ratings_are_shares_beside_all():
    shares, everywhere = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    figure = histogram_figure(np.array([4.0, 5.0]), shares, everywhere, 8, text=EN, theme=LIGHT)
    bars, line = figure.data
    np.testing.assert_allclose(bars.y, [25, 75])
    assert list(bars.customdata) == [2, 6]
    np.testing.assert_allclose(line.y, [50, 50])
