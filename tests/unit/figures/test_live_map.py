"""Figures of a map that moves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from optviz.figures.films import Items
from optviz.figures.live_map import Moment, divergence_figure, moving_figure, packed_frames
from optviz.figures.theme import THEMES
from optviz.language import Text

TEXT, THEME = Text("en"), THEMES["light"]
N = 100
ITEMS = Items(
    titles=[f"Film {i}" for i in range(N)],
    years=np.linspace(1930, 2015, N),
    genres=["Comedy", "Horror", "Drama", "Sci-Fi|Action"] * 25,
    means=np.linspace(2, 4.5, N),
    counts=np.arange(1, N + 1),
    biases=np.linspace(-1, 1, N),
)
MOMENTS = [
    Moment(0, None, 12.0, False),
    *(Moment(10 * i, 3.0 + 0.1 * i, 12.0, True) for i in range(1, 26)),
    Moment(260, 2.0, 1.0, False),
    Moment(270, 1.9, 1.0, False, "kick"),
    Moment(280, 1.8, 4.0, False, "×4"),
]


@pytest.mark.parametrize("selected", [None, 7])
@pytest.mark.parametrize("colour", ["year", "genre"])
def test_every_mark_knows_its_film(selected: int | None, colour: str) -> None:
    figure, rows = moving_figure(
        ITEMS, text=TEXT, theme=THEME, colour=colour, selected=selected, neighbours=[3, 50]
    )
    assert len(rows) == len(figure.data)
    for trace, shown in zip(figure.data, rows, strict=True):
        assert trace.x is None
        assert trace.y is None
        if trace.customdata is not None:
            assert [film[0] for film in trace.customdata] == shown.tolist()
        elif trace.mode == "text":
            assert list(trace.text) == [f"Film {row}" for row in shown]
        else:  # the links: the chosen film, a neighbour, a gap …
            assert shown.tolist() == [7, 3, -1, 7, 50, -1]
    everything = {int(row) for shown in rows for row in shown} - {-1}
    assert everything == set(range(N))
    notes = json.loads(figure.to_json())["layout"].get("annotations", [])
    assert [note["x"] for note in notes] == ([7] if selected is not None else [])


def test_frames_fill_the_picture_and_keep_their_shape() -> None:
    frame = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    small = frame * np.float32([1e-4, 2e-5])
    packed = packed_frames([frame, small])
    assert packed.dtype == np.int16
    assert packed.min(axis=1).tolist() == [[-32767, -32767]] * 2
    assert packed.max(axis=1).tolist() == [[32767, 32767]] * 2
    low, high = frame.min(axis=0), frame.max(axis=0)
    back = packed[0] / 32767 * (high - low) / 2 + (low + high) / 2
    assert back == pytest.approx(frame, abs=1e-4)


def test_frames_of_nothing_and_of_one_place() -> None:
    assert packed_frames([]).shape == (0, 0, 2)
    assert not packed_frames([np.ones((4, 2), dtype=np.float32)]).any()


def plain(moments: list[Moment]) -> Any:
    return json.loads(divergence_figure(moments, text=TEXT, theme=THEME).to_json())["layout"]


def test_the_loss_shows_phases_and_what_was_done() -> None:
    layout = plain(MOMENTS)
    shades = [(s["x0"], s["x1"]) for s in layout["shapes"] if s["type"] == "rect"]
    assert shades == [(0, 25), (27, 28)]
    lines = [s["x0"] for s in layout["shapes"] if s["type"] == "line"]
    assert lines == [27, 28]
    words = [note["text"] for note in layout["annotations"]]
    assert TEXT("embeddings.live.early", factor=12) in words
    assert TEXT("embeddings.live.exaggerated", factor=4) in words
    assert "kick" in words
    assert layout["xaxis"]["ticktext"] == ["0", "50", "100", "150", "200", "250"]
    assert layout["xaxis"]["tickvals"] == [0, 5, 10, 15, 20, 25]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_run_that_has_just_begun(count: int) -> None:
    assert plain(MOMENTS[:count])["xaxis"]["range"][0] == 0
