"""What the Trajectories page's figures hold: traces, axes and values, not pixels."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.basins import DIVERGED, basins
from optviz.core.curvature import nonconvex
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.trajectory import RunSpec, trajectories
from optviz.figures.heights import ASPECT, heights, lowest
from optviz.figures.theme import THEMES
from optviz.figures.trajectories import (
    basins_figure,
    history_figure,
    landmarks,
    landscape_figure,
    map_figure,
    styles,
)
from optviz.language import ENGLISH

LIGHT = THEMES["light"]


@pytest.mark.parametrize("name", SURFACES)
def test_the_map_holds_the_box_and_every_known_point(name: str) -> None:
    surface = SURFACES[name]
    figure = map_figure(surface, text=ENGLISH, theme=LIGHT)
    left, right = figure.layout.xaxis.range
    low, high = figure.layout.yaxis.range
    assert left <= surface.x_range[0] < surface.x_range[1] <= right
    assert low <= surface.y_range[0] < surface.y_range[1] <= high
    if figure.layout.yaxis.scaleanchor:
        assert (right - left) / (high - low) == pytest.approx(ASPECT, rel=1e-6)
    marks = {trace.name: len(trace.x) for trace in figure.data if trace.type == "scatter"}
    expected = {
        ENGLISH(f"trajectories.mark.{kind}"): len(points) for kind, points in landmarks(surface)
    }
    assert marks == expected
    assert np.isfinite(np.asarray(figure.data[0].z)).all()


@pytest.mark.parametrize("name", SURFACES)
def test_heights_keep_the_order_of_the_values(name: str) -> None:
    grid = heights(SURFACES[name])
    order = np.argsort(grid.values, axis=None)
    assert (np.diff(grid.drawn(grid.values).ravel()[order]) >= 0).all()
    assert grid.floor <= grid.values.min()
    assert float(grid.drawn(grid.floor)) < grid.ceiling


def test_shade_is_where_an_eigenvalue_is_negative() -> None:
    surface = SURFACES["himmelblau"]
    grid = heights(surface)
    shaded = lowest(surface) < 0
    assert (shaded == nonconvex(surface, grid.xs, grid.ys)).all()
    assert 0.2 < shaded.mean() < 0.8
    with_shade = map_figure(surface, text=ENGLISH, theme=LIGHT, shade=True)
    without = map_figure(surface, text=ENGLISH, theme=LIGHT, shade=False)
    assert len(with_shade.data) == len(without.data) + 1
    # A bowl is convex everywhere: nothing to shade.
    bowl = SURFACES["bowl"]
    assert len(map_figure(bowl, text=ENGLISH, theme=LIGHT).data) == 2


def test_nothing_is_shaded_where_a_typed_function_is_not_defined() -> None:
    surface = get_surface("=log(x) + y^2 @ -2,2,-2,2")
    grid = heights(surface)
    assert np.isnan(grid.values).any()
    assert np.isnan(lowest(surface)[np.isnan(grid.values)]).all()
    map_figure(surface, text=ENGLISH, theme=LIGHT)
    paths = trajectories(surface, [RunSpec("sgd")], steps=10)
    landscape_figure(surface, paths, text=ENGLISH, theme=LIGHT)
    history_figure(surface, paths, text=ENGLISH, theme=LIGHT)


def test_twins_keep_the_hue_and_differ() -> None:
    first, second, third = styles(LIGHT, ["sgd", "sgd", "sgd"])
    assert len({first.colour, second.colour, third.colour}) == 3
    assert len({first.dash, second.dash, third.dash}) == 3
    assert styles(LIGHT, ["adam", "sgd"])[1] == first


def test_history_has_three_rows_with_a_line_a_run() -> None:
    paths = trajectories("rosenbrock", [RunSpec("sgd"), RunSpec("newton")], steps=30)
    figure = history_figure(SURFACES["rosenbrock"], paths, text=ENGLISH, theme=LIGHT)
    assert len(figure.data) == 6
    assert {figure.layout[f"yaxis{n}"].type for n in ("", "2", "3")} == {"log"}
    np.testing.assert_array_equal(figure.data[0].y, paths[0].losses)
    np.testing.assert_allclose(figure.data[3].y, np.maximum(paths[1].grad_norms, 1e-17))
    assert list(figure.layout.xaxis.range) == [0, 30]


def test_history_measures_from_the_minimum_and_knows_when_there_is_none() -> None:
    low = trajectories("styblinski_tang", [RunSpec("sgd")], steps=20)
    figure = history_figure(SURFACES["styblinski_tang"], low, text=ENGLISH, theme=LIGHT)
    level = SURFACES["styblinski_tang"].minimum_value
    assert level is not None
    np.testing.assert_allclose(figure.data[0].y, low[0].losses - level)
    open_ended = trajectories("saddle", [RunSpec("sgd")], steps=20)
    figure = history_figure(SURFACES["saddle"], open_ended, text=ENGLISH, theme=LIGHT)
    assert len(figure.data) == 2
    assert figure.layout.yaxis.type == "linear"


def test_a_diverged_run_does_not_stretch_the_axes() -> None:
    paths = trajectories("ravine", [RunSpec("sgd", {"lr": 1e9}), RunSpec("sgd")], steps=40)
    figure = history_figure(SURFACES["ravine"], paths, text=ENGLISH, theme=LIGHT)
    assert figure.layout.yaxis.range[1] < 6
    landscape_figure(SURFACES["ravine"], paths, text=ENGLISH, theme=LIGHT)


def test_paths_lie_on_the_landscape() -> None:
    surface = SURFACES["himmelblau"]
    (path,) = trajectories("himmelblau", [RunSpec("sgd")], steps=40)
    figure = landscape_figure(surface, [path], text=ENGLISH, theme=LIGHT)
    line = next(trace for trace in figure.data if trace.meta == "path")
    own = [int(np.flatnonzero(np.asarray(line.customdata) == k)[0]) for k in range(41)]
    np.testing.assert_allclose(np.asarray(line.x)[own], path.points[:, 0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(line.y)[own], path.points[:, 1], rtol=1e-6)
    grid = heights(surface)
    lift = np.asarray(line.z)[own] - np.minimum(grid.drawn(path.losses), grid.ceiling * 1.02)
    assert np.ptp(lift) < 1e-5


def test_no_runs_no_steps() -> None:
    surface = SURFACES["bowl"]
    assert len(history_figure(surface, [], text=ENGLISH, theme=LIGHT).data) == 0
    paths = trajectories("bowl", [RunSpec("sgd")], steps=0)
    assert len(history_figure(surface, paths, text=ENGLISH, theme=LIGHT).data) == 3
    landscape_figure(surface, paths, text=ENGLISH, theme=LIGHT)


def test_basins_are_coloured_by_the_minimum_reached() -> None:
    surface = SURFACES["himmelblau"]
    xs, ys = np.linspace(-5, 5, 12), np.linspace(-5, 5, 11)
    found = basins(surface, "sgd", xs, ys, 100)
    figure = basins_figure(surface, found, text=ENGLISH, theme=LIGHT)
    np.testing.assert_array_equal(figure.data[0].z, found.reached)
    # Every class has a colour of its own: diverged, none, and the four minima.
    assert len({colour for _, colour in figure.data[0].colorscale}) == 6
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2.5, 3.5)
    marks = [trace.name for trace in figure.data if trace.type == "scatter"]
    assert marks == ["Minimum", "Saddle", "Maximum"]


def test_basins_are_coloured_by_the_steps_taken() -> None:
    surface = SURFACES["himmelblau"]
    xs, ys = np.linspace(-12, 12, 25), np.linspace(-12, 12, 24)
    found = basins(surface, "sgd", xs, ys, 60)
    figure = basins_figure(surface, found, text=ENGLISH, theme=LIGHT, by="steps")
    ground, steps = figure.data[:2]
    assert (found.reached == DIVERGED).any()
    np.testing.assert_array_equal(ground.z, found.reached == DIVERGED)
    settled = (found.reached >= 0) & (found.steps < 60)
    assert 0 < settled.sum() < settled.size
    np.testing.assert_array_equal(np.isfinite(steps.z), settled)
    np.testing.assert_allclose(
        np.expm1(np.asarray(steps.z)[settled]), found.steps[settled], rtol=1e-4
    )
    assert [trace.meta for trace in figure.data].count("hatching") == 1
    marks = [trace.name for trace in figure.data if trace.type == "scatter" and trace.name]
    assert marks == ["Minimum", "Saddle", "Maximum"]
    # Nobody arrives, nobody leaves: one colour.
    idle = basins(surface, "sgd", xs, ys, 0)
    figure = basins_figure(surface, idle, text=ENGLISH, theme=LIGHT, by="steps")
    assert [trace.type for trace in figure.data].count("heatmap") == 1


@pytest.mark.parametrize(
    "formula", ["exp(1000*x)", "exp(exp(exp(x)))", "x**-64", "sin(1e10*x)", "1e-308*x^2", "log(x)"]
)
def test_typed_functions_of_any_size_can_be_drawn(formula: str) -> None:
    surface = get_surface(f"={formula} @ -4,4,-4,4")
    paths = trajectories(surface, [RunSpec("sgd"), RunSpec("adam")], steps=5)
    for figure in (
        map_figure(surface, text=ENGLISH, theme=LIGHT),
        landscape_figure(surface, paths, text=ENGLISH, theme=LIGHT),
    ):
        assert figure.to_json()
        z = np.asarray(figure.data[0].z)
        assert not np.isinf(z).any()
