"""Curves of how neighbourhoods form, and frames to one scale."""

from __future__ import annotations

import numpy as np

from optviz.figures.growth import growth_figure
from optviz.figures.live_map import packed_alike
from optviz.figures.theme import THEMES
from optviz.language import Text

EPOCHS = [0.0, 0.5, 1.0, 2.0]
PURITY = [0.2, 0.25, 0.3, 0.4]


def drawn(kept: list[float]):
    return growth_figure(
        EPOCHS, PURITY, kept, 0.2, text=Text("en"), theme=THEMES["light"]
    )  # fmt: skip


def test_ticks_are_whole_epochs_and_chance_is_a_line() -> None:
    figure = drawn([])
    assert list(figure.layout.xaxis.ticktext) == ["0", "1", "2"]
    assert list(figure.layout.xaxis.tickvals) == [0, 2, 3]
    (line,) = figure.layout.shapes
    assert (line.y0, line.y1) == (0.2, 0.2)
    low, high = figure.layout.yaxis.range
    assert low < 0.2 and high > 0.4


def test_what_is_not_known_yet_is_left_open() -> None:
    assert np.isnan(drawn([]).data[1].y).all()
    assert list(drawn([0.1, 0.2, 0.5, 1.0]).data[1].y) == [0.1, 0.2, 0.5, 1.0]


def test_frames_keep_their_shape_and_their_sizes_compare() -> None:
    square = np.array([[-1, -1], [1, 1]], dtype=np.float32)
    packed = packed_alike([square, 2 * square], [4.0, 4.0])
    assert packed[1].tolist() == [[-16384, -16384], [16384, 16384]]
    assert np.allclose(packed[1], 2 * packed[0], atol=1)
    assert packed_alike([], []).shape == (0, 0, 2)
