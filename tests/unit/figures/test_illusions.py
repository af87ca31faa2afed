"""Panels of one data set: framed, titled, never without a trace, coloured only when told."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.figures.illusions import Panel, illusion_figure
from optviz.figures.theme import THEMES

POINTS = np.random.default_rng(0).standard_normal((30, 2)) * [10, 1]
GROUPS = np.repeat([0, 1, 2], 10)


def traces(figure, number):
    """What is drawn in the panel of that number, from 0."""
    axis = f"x{number + 1}" if number else "x"
    return [trace for trace in figure.data if trace.xaxis == axis]


@pytest.mark.parametrize("name", THEMES)
def test_panels_stand_apart_and_are_framed(name: str) -> None:
    theme = THEMES[name]
    panels = [Panel(f"Map {i}", POINTS if i else None, outstanding=i == 2) for i in range(6)]
    figure = illusion_figure(panels, 3, GROUPS, ("A", "B", "C"), theme=theme, revision="r")
    boxes = []
    for number in range(6):
        suffix = str(number + 1) if number else ""
        x, y = figure.layout[f"xaxis{suffix}"], figure.layout[f"yaxis{suffix}"]
        boxes.append((*x.domain, *y.domain))
        assert x.showline and (x.linecolor == theme.accent) == (number == 2)
        assert y.scaleanchor == f"x{suffix}"
        assert traces(figure, number)
    for i, (left, right, low, high) in enumerate(boxes):
        assert 0 <= left < right <= 1 + 1e-9 and 0 <= low < high < 1
        for l2, r2, b2, t2 in boxes[i + 1 :]:
            assert right <= l2 or r2 <= left or high <= b2 or t2 <= low
    assert [note.text for note in figure.layout.annotations] == [p.title for p in panels]


def test_all_points_are_inside_their_square() -> None:
    figure = illusion_figure(
        [Panel("Map", POINTS)], 1, None, (), theme=THEMES["light"], revision="r"
    )
    for axis, values in ((figure.layout.xaxis, POINTS[:, 0]), (figure.layout.yaxis, POINTS[:, 1])):
        assert axis.range[0] < values.min() and values.max() < axis.range[1]
    assert figure.layout.xaxis.range[1] - figure.layout.xaxis.range[0] == pytest.approx(
        figure.layout.yaxis.range[1] - figure.layout.yaxis.range[0]
    )


def test_the_truth_is_in_colour_only_when_it_is_told() -> None:
    shared = {"theme": THEMES["light"], "revision": "r"}
    panels = [Panel("One", POINTS), Panel("Two", None)]
    hidden = illusion_figure(panels, 2, None, (), **shared)
    assert len(traces(hidden, 0)) == 1 and not any(trace.showlegend for trace in hidden.data)
    told = illusion_figure(panels, 2, GROUPS, ("A", "B", "C"), **shared)
    drawn = traces(told, 0)
    assert [trace.name for trace in drawn] == ["A", "B", "C"]
    assert len({trace.marker.color for trace in drawn}) == 3
    assert len({trace.marker.symbol for trace in drawn}) == 3
    assert [trace.showlegend for trace in told.data].count(True) == 3
    # What is still being made has a frame, and nothing to be seen.
    (waiting,) = traces(told, 1)
    assert waiting.marker.opacity == 0 and waiting.x == (0,)
