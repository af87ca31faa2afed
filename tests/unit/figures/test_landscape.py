"""The landscape's, the decay's and the comparison's pictures: traces, axes and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.decay import decayed, shift, unit_square
from optviz.core.task import SilentContext
from optviz.figures.batch_norm import (
    activations_figure,
    curvature_figure,
    modes_figure,
    rates_figure,
    surfaces_figure,
)
from optviz.figures.decay import decay_figure
from optviz.figures.landscape import bar, height_scale, landscape_figure, plane_figure, truth_figure
from optviz.figures.theme import THEMES
from optviz.language import ENGLISH
from optviz.training.batch_norm import NormPlan, NormSide, NormStudy, norm_task
from optviz.training.landscape import GridPlan, Landscape
from optviz.training.landscape_tasks import SmallLandscape, small_landscape_task

LIGHT = THEMES["light"]


@pytest.fixture(scope="module")
def found() -> Landscape:
    return small_landscape_task(
        SilentContext(), SmallLandscape(("sgd", "adam"), GridPlan("pca", 11, 0), depth=1, epochs=2)
    )


@pytest.mark.parametrize(("low", "high"), [(0.01, 100.0), (0.5, 3.0), (0.74, 1.45), (0.9, 0.91)])
def test_the_colour_bar_is_labelled_with_round_losses(low: float, high: float) -> None:
    made = bar(np.log10(low), np.log10(high), "loss", LIGHT)
    values = 10 ** np.array(made["tickvals"])
    np.testing.assert_allclose(values, [float(label) for label in made["ticktext"]], rtol=1e-5)
    assert 4 <= len(values) <= 12
    assert values.min() >= low * (1 - 1e-9) and values.max() <= high * (1 + 1e-9)


def test_the_plane_holds_the_grid_and_each_path(found: Landscape) -> None:
    shared = {"text": ENGLISH, "theme": LIGHT, "loss_name": "loss"}
    figure = plane_figure(found.xs, found.ys, found.losses, found.paths, ("a", "b"), **shared)
    np.testing.assert_allclose(10 ** figure.data[0].z, found.losses, rtol=1e-5)
    named = [trace for trace in figure.data if trace.name]
    assert [t.name for t in named] == [ENGLISH(f"optimizer.{n}.title") for n in ("sgd", "adam")]
    np.testing.assert_array_equal(named[1].x, found.paths[1].points[:, 0])
    relief = landscape_figure(found.xs, found.ys, found.losses, found.paths, **shared)
    assert [t.type for t in relief.data] == ["surface", "scatter3d", "scatter3d"]
    truth = truth_figure(found.paths, **shared)
    np.testing.assert_array_equal(truth.data[0].y, found.paths[0].losses)
    np.testing.assert_array_equal(truth.data[1].y, found.paths[0].projected)


def test_a_grid_that_is_not_there_yet_is_drawn_too() -> None:
    axis, empty = np.linspace(-1, 1, 3), np.full((3, 3), np.nan)
    assert height_scale(empty) == (0.0, 1.0)
    figure = plane_figure(
        axis, axis, empty, (), ("a", "b"), text=ENGLISH, theme=LIGHT, loss_name="loss"
    )
    assert np.isnan(figure.data[0].z).all()


def labelled(trace: Any) -> bool:
    return trace.type == "scatter" and trace.mode == "markers+text"


def test_the_decay_s_map_shows_both_ends_of_the_way_and_the_square() -> None:
    moved = shift("beale", 2.0)
    figure = decay_figure(
        decayed("beale", 2.0), moved, 2.0, unit_square(2.0), text=ENGLISH, theme=LIGHT
    )
    labels = [str(trace.text[0]) for trace in figure.data if labelled(trace)]
    assert sorted(label.replace("<br>", "").strip() for label in labels) == ["λ = 0", "λ = 2"]
    assert any("0.5" in (trace.name or "") for trace in figure.data)
    # A minimum that does not move has one label; one that has vanished has no end.
    for name, decay in (("ravine", 2.0), ("branin", 5.0)):
        plain = decay_figure(
            decayed(name, decay), shift(name, decay), decay, None, text=ENGLISH, theme=LIGHT
        )
        assert sum(map(labelled, plain.data)) == 1


def test_the_comparison_is_drawn_from_nothing_to_all() -> None:
    plan = NormPlan(depth=2, epochs=1, points=5)
    nothing = NormStudy(NormSide(), NormSide(), np.linspace(-1, 1, 5))
    study = norm_task(SilentContext(), plan)
    shared = {"text": ENGLISH, "theme": LIGHT}
    for known, surfaces, layers in ((nothing, 0, 0), (study, 2, 8)):
        drawn = surfaces_figure(known, **shared)
        assert sum(trace.type == "contour" for trace in drawn.data) == surfaces
        assert len(activations_figure(known, **shared).data) == layers
        rates_figure(known, **shared)
        curvature_figure(known, plan.lr, **shared)
    first, second = (t for t in surfaces_figure(study, **shared).data if t.type == "contour")
    assert (first.zmin, first.zmax) == (second.zmin, second.zmax)  # one scale for both
    modes = modes_figure(dict(study.normalised.modes or {}), 8, **shared)
    assert list(modes.data[2].x) == list(study.normalised.modes or {})
