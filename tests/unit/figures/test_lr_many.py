"""The band holds every seed's curve; each part has its own picture and its own rate."""

import numpy as np

from optviz.figures.lr_many import GroupCurve, groups_figure, seeds_figure
from optviz.figures.theme import theme
from optviz.language import Text

EN, LIGHT = Text("en"), theme("light")
LRS = np.geomspace(1e-4, 1.0, 40)


def test_the_band_holds_every_seed():
    curves = [(LRS, 2 - np.linspace(0, 1, 40) + shift) for shift in (0.0, 0.1, -0.05)]
    curves[1] = (LRS[:30], curves[1][1][:30])  # one burst early
    figure = seeds_figure(
        curves, {"valley": [0.02, 0.01, 0.03], "steep": []},
        text=EN, theme=LIGHT, lr_range=(1e-4, 1.0), loss_name="loss",
    )  # fmt: skip
    band, *lines = [trace for trace in figure.data if trace.yaxis == "y2"]
    top, bottom = np.split(np.asarray(band.y), 2)
    for line in lines:
        assert (np.asarray(line.y)[:30] <= top + 1e-12).all()
        assert (np.asarray(line.y)[:30] >= bottom[::-1] - 1e-12).all()
    (rule,) = [trace for trace in figure.data if trace.yaxis != "y2"]
    assert list(rule.x) == [0.01, 0.02, 0.03]
    assert set(rule.y) == {EN("learning_rate.rule.valley.name")}


def test_each_part_has_its_own_axis_and_says_its_rate_or_that_it_has_none():
    curves = [
        GroupCurve("A", LRS, -np.linspace(0, 0.1, 40), 0.02),
        GroupCurve("B", LRS, np.linspace(0, 50.0, 40), None),
    ]
    figure = groups_figure(curves, 0.01, text=EN, theme=LIGHT, lr_range=(1e-4, 1.0))
    first, second = figure.layout.xaxis, figure.layout.xaxis2
    assert first.domain[1] < second.domain[0]
    assert first.title.text.startswith("A") and "0.02" in first.title.text
    assert EN("learning_rate.groups.none") in second.title.text
    lines = [trace for trace in figure.data if trace.line.dash is not None]
    assert [trace.x[0] for trace in lines] == [0.01, 0.02, 0.01]
    assert max(max(trace.y) for trace in figure.data) < 1  # what bursts stays drawable
