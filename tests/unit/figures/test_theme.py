"""Colours that can be told apart and read, on both grounds."""

from __future__ import annotations

from itertools import combinations

import pytest

from optviz.core.optimizers import OPTIMIZERS
from optviz.figures.theme import THEMES, Theme, layout, line_style, theme

BOTH = pytest.mark.parametrize("own", THEMES.values(), ids=list(THEMES))


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@BOTH
@pytest.mark.parametrize("ground", ["ground", "panel"])
def test_text_can_be_read(own: Theme, ground: str) -> None:
    assert contrast(own.ink, getattr(own, ground)) >= 7
    assert contrast(own.muted, getattr(own, ground)) >= 4.4
    assert contrast(own.accent, getattr(own, ground)) >= 4.5


@BOTH
def test_lines_stand_out_from_the_ground(own: Theme) -> None:
    # Okabe and Ito's yellow and sky blue are light on white: halo, dash and marker help there.
    assert min(contrast(colour, own.ground) for colour in own.categories) >= 2
    assert len(set(own.categories)) == len(own.categories)


@BOTH
def test_no_two_optimizers_are_drawn_alike(own: Theme) -> None:
    styles = {name: line_style(own, name) for name in OPTIMIZERS}
    looks = {name: (style.colour, style.dash) for name, style in styles.items()}
    for a, b in combinations(OPTIMIZERS, 2):
        assert looks[a] != looks[b], (a, b)


@BOTH
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_runs_of_one_optimizer_differ_in_dash_and_marker(own: Theme, name: str) -> None:
    runs = [line_style(own, name, occurrence) for occurrence in range(4)]
    assert len({run.dash for run in runs}) == len({run.marker for run in runs}) == 4
    for run in runs:
        assert contrast(run.colour, own.ground) >= 1.4


@BOTH
def test_a_ramp_grows_steadily_from_dark_to_light(own: Theme) -> None:
    for colours in (own.ramp, own.sequential):
        steps = [luminance(colour) for colour in colours]
        assert steps == sorted(steps)
    assert [place for place, _ in own.scale(own.ramp)][::5] == [0.0, 1.0]


def test_an_unknown_theme_is_the_light_one() -> None:
    assert theme(None) is theme("sepia") is THEMES["light"]


@BOTH
def test_changes_of_the_layout_are_merged_one_level_deep(own: Theme) -> None:
    made = layout(own, xaxis={"type": "log"}, showlegend=False)
    assert made["xaxis"]["type"] == "log"
    assert made["xaxis"]["gridcolor"] == own.grid
    assert made["yaxis"].get("type") is None
    assert made["showlegend"] is False
