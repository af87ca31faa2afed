"""What the map of settings holds: cells, hatching, marks and round numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optviz.core.optimizers import OPTIMIZERS, default_hyperparameters
from optviz.core.settings_map import (
    DIVERGED,
    NEVER,
    MapPlan,
    SettingsMap,
    axis,
    place,
    seconds_of,
    settings_map,
    stability_edge,
)
from optviz.figures.hatching import hatching
from optviz.figures.settings_map import names, round_values, settings_figure
from optviz.figures.theme import THEMES
from optviz.language import ENGLISH

LIGHT = THEMES["light"]
TITLES = ("Learning rate", "Momentum")


@pytest.fixture(scope="module")
def found() -> SettingsMap:
    settings = default_hyperparameters("momentum", "ravine")
    lrs, values = (axis("momentum", n, settings, 40, 0.003) for n in ("lr", "momentum"))
    plan = MapPlan("ravine", "momentum", (), "momentum", lrs, values, (-10.0, 1.0), 300)
    return settings_map(plan)


def test_each_cell_shows_what_became_of_its_run(found: SettingsMap) -> None:
    edge = stability_edge(found)
    figure = settings_figure(
        found, now=(0.003, 0.9), edge=edge, titles=TITLES, text=ENGLISH, theme=LIGHT
    )
    never, gone, steps = figure.data[:3]
    settled = found.settled != NEVER
    np.testing.assert_array_equal(np.isfinite(gone.z), found.status == DIVERGED)
    np.testing.assert_array_equal(np.isfinite(steps.z), settled)
    np.testing.assert_array_equal(np.isfinite(never.z), ~settled & (found.status != DIVERGED))
    np.testing.assert_allclose(10 ** np.asarray(steps.z)[settled], found.settled[settled], 1e-5)
    # What the pointer says.
    row, column = found.fastest or (0, 0)
    assert steps.text[row][column] == found.settled[row, column]
    assert ENGLISH("trajectories.maps.reached", steps="%{text}") in steps.hovertemplate
    assert float(steps.x[column]) == found.plan.lrs[column]
    assert float(steps.y[row]) == found.plan.values[row]
    assert ENGLISH("trajectories.maps.gone") in gone.hovertemplate
    assert ENGLISH("trajectories.maps.never", steps=300) in never.hovertemplate
    marks = {trace.meta: trace for trace in figure.data if trace.meta}
    assert (marks["fastest"].x[0], marks["fastest"].y[0]) == (column, row)
    assert marks["now"].x[0] == place(found.plan.lrs, 0.003)
    assert marks["now"].y[0] == place(found.plan.values, 0.9)
    # The edge passes its rows where the rates do.
    assert marks["edge"].x[1] == place(found.plan.lrs, 0.02)
    assert "hatching" in marks


def test_what_is_not_there_is_left_out(found: SettingsMap) -> None:
    never = np.full_like(found.settled, NEVER)
    nothing = replace(found, settled=never, status=np.zeros_like(found.status))
    figure = settings_figure(
        nothing, now=(9.0, 0.9), edge=None, titles=TITLES, text=ENGLISH, theme=LIGHT, stale=True
    )
    assert [trace.type for trace in figure.data] == ["heatmap", "heatmap"]
    far = np.full(40, 1e9)
    figure = settings_figure(
        found, now=(9.0, 0.9), edge=far, titles=TITLES, text=ENGLISH, theme=LIGHT
    )
    assert {"edge", "now"}.isdisjoint({trace.meta for trace in figure.data})


def test_strokes_stay_on_the_cells_they_hatch() -> None:
    mask = np.random.default_rng(0).random((30, 50)) < 0.4
    x, y = hatching(mask)
    pieces = list(zip(x[0::3], y[0::3], x[1::3], y[1::3], strict=True))
    assert np.isnan(x[2::3]).all()
    assert len(pieces) > 20
    for x0, y0, x1, y1 in pieces:
        assert x1 - x0 == y1 - y0 >= 1
        cells = np.arange(int(x1 - x0))
        assert mask[(y0 + 0.5 + cells).astype(int), (x0 + 0.5 + cells).astype(int)].all()
    assert hatching(np.zeros((3, 3), dtype=bool))[0].size == 0
    # A stroke through a whole picture is one piece.
    assert len(hatching(np.ones((5, 5), dtype=bool))[0]) == 3 * 9


@pytest.mark.parametrize(
    ("optimizer", "name"), [(o, s) for o in OPTIMIZERS for s in ("lr", *seconds_of(o)) if s != "lr"]
)
def test_every_axis_has_round_numbers(optimizer: str, name: str) -> None:
    settings = default_hyperparameters(optimizer, "ravine")
    values = axis(optimizer, name, settings, 100)
    assert len(set(names(values))) == 100
    shown = round_values(values, 11)
    assert 3 <= len(shown) <= 11
    assert all(values[0] <= value <= values[-1] for value in shown)
    assert np.diff([place(values, value) for value in shown]).min() >= 9


def test_momentum_is_labelled_towards_one() -> None:
    settings = default_hyperparameters("momentum", "ravine")
    shown = round_values(axis("momentum", "momentum", settings, 100), 11)
    assert {0, 0.5, 0.9, 0.99, 0.999} <= set(shown)
    assert round_values((0.1,), 11) == [0.1]
