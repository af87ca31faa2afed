"""What the Schedules page's figures hold."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.scheduled import scheduled
from optviz.core.surfaces import get_surface
from optviz.figures.schedules import (
    Lesson,
    lessons_figure,
    moves_figure,
    over_time_figure,
    schedule_style,
    spread_figure,
    with_restarts,
)
from optviz.figures.theme import THEMES, numbered_style
from optviz.figures.trajectories import map_figure
from optviz.language import Text
from optviz.training.layers import Moves
from optviz.training.schedules import SCHEDULES, torch_pace

EN, LIGHT = Text("en"), THEMES["light"]


@pytest.mark.parametrize("name", THEMES)
def test_each_schedule_has_a_style_of_its_own(name: str) -> None:
    styles = [schedule_style(THEMES[name], schedule) for schedule in SCHEDULES]
    assert len({style.colour for style in styles}) == len(SCHEDULES)
    assert len({style.marker for style in styles}) == len(SCHEDULES)


def test_restarts_are_numbered_rings_where_the_path_was() -> None:
    surface = get_surface("bowl")
    pace = torch_pace("sgdr", 0.1, 7, 4, cycle_len=1, cycle_mult=2)
    (path,) = scheduled("bowl", "sgd", [pace], (2.0, 1.0))
    ground = map_figure(surface, text=EN, theme=LIGHT, shade=False)
    traces = len(ground.data)
    rings = with_restarts(ground, path, [4, 12], text=EN, theme=LIGHT).data[-1]
    assert rings.x.tolist() == path.points[[4, 12], 0].tolist()
    assert rings.text == ("<b>1</b>", "<b>2</b>")
    plain = with_restarts(
        map_figure(surface, text=EN, theme=LIGHT, shade=False), path, [], text=EN, theme=LIGHT
    )
    assert len(plain.data) == traces


def test_time_shows_the_rate_of_every_step_and_one_trace_a_run_and_row() -> None:
    surface = get_surface("ravine")
    paces = [torch_pace(n, 0.01, 7, 4, cycle_len=1, cycle_mult=2) for n in ("sgdr", "cosine")]
    paths = scheduled("ravine", "sgd", paces, (-10.0, 1.0))
    styles = [schedule_style(LIGHT, name) for name in ("sgdr", "cosine")]
    figure = over_time_figure(
        surface, paths, [pace.rates for pace in paces], styles, text=EN, theme=LIGHT
    )
    assert len(figure.data) == 6  # rate, loss, distance
    assert figure.data[0].y.tolist() == paces[0].rates.tolist()
    np.testing.assert_array_equal(figure.data[3].y, paths[1].losses)
    assert figure.layout.xaxis.range == (0, 28)


def test_a_run_that_leaves_does_not_break_the_axes() -> None:
    surface = get_surface("rosenbrock")
    pace = torch_pace("constant", 1.0, 5, 10)
    (path,) = scheduled("rosenbrock", "sgd", [pace], (-1.2, 1.0))
    assert path.status == "diverged"
    figure = over_time_figure(
        surface, [path], [pace.rates], [numbered_style(LIGHT, 0)], text=EN, theme=LIGHT
    )
    assert np.isfinite([*figure.layout.yaxis.range, *figure.layout.yaxis2.range]).all()


def test_every_seed_is_a_dot_beside_the_median() -> None:
    finals = np.array([[1.0, 2.0, 9.0], [3.0, np.inf, 5.0]])
    figure = spread_figure(["a", "b"], ["sgdr", "cosine"], finals, text=EN, theme=LIGHT)
    dots, bar, other, _ = figure.data
    assert dots.x.tolist() == [1.0, 2.0, 9.0]
    assert bar.x == (2.0, 2.0)
    assert np.isnan(other.x).tolist() == [False, True, False]


def test_lessons_share_one_axis_of_epochs() -> None:
    at = np.array([0.0, 1.0, 2.0])
    lesson = Lesson("sgdr", "S", at, at / 10, np.array([1.0, 2.0]), np.array([0.8, 0.76]), True)
    figure = lessons_figure([lesson], {"bias": 0.7845}, 2, text=EN, theme=LIGHT)
    rate, valid, bias = figure.data
    assert (rate.yaxis, valid.yaxis) == ("y2", None)
    assert valid.y.tolist() == [0.8, 0.76]
    assert valid.opacity == 0.4
    assert bias.y == (0.7845, 0.7845)
    low, high = figure.layout.yaxis.range
    assert low < 0.76 < 0.8 < high


def test_steps_of_each_layer_and_of_the_run_to_compare_with() -> None:
    run = Moves(epochs=np.array([0.5, 1.0]), norms=np.array([[0.1, 0.0], [0.2, 0.3]]))
    figure = moves_figure(
        [(run, False), (run, True), (Moves(), False)], ["a", "b"], 1, text=EN, theme=LIGHT
    )
    assert [trace.name for trace in figure.data] == ["a", "b", "a", "b"]
    assert [trace.line.dash for trace in figure.data] == ["solid", "solid", "dot", "dot"]
    assert np.isnan(figure.data[1].y).tolist() == [True, False]
    assert figure.layout.yaxis.type == "log"
