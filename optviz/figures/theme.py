"""Every colour, dash and marker of the product, for a light and a dark ground.

Lines use the Okabe–Ito set (Okabe & Ito, "Color Universal Design", 2008), which stays distinct
for the common kinds of colour blindness; where more than seven lines meet, dash and marker tell
them apart as well. Surfaces use a muted ramp, near-linear in CIELAB lightness, so that lines
stand out on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "LEGEND_BELOW",
    "STALE",
    "THEMES",
    "LineStyle",
    "Theme",
    "layout",
    "line_style",
    "numbered_style",
    "theme",
]

STALE = 0.35
"""Opacity of what no longer follows from the settings."""

LEGEND_BELOW: Mapping[str, Any] = {
    "orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom",
}  # fmt: skip
"""A legend along the lower edge of the chart, whatever height its axis titles take."""

FONT = '"Source Sans", "Source Sans 3", "Noto Sans CJK SC", "PingFang SC", sans-serif'


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours for one ground.

    Attributes:
        name: ``"light"`` or ``"dark"``.
        ground: The page; also the halo round lines that cross a surface.
        panel: Raised areas: cards, the legend.
        ink: Text and axis titles.
        muted: Secondary text, ticks, baselines.
        grid: Hairlines.
        accent: The one accent: what the eye should find first.
        categories: Colours for lines and classes, most distinct first.
        ramp: Muted colours of a surface from low to high.
        sequential: Vivid colours for a measured quantity (points, heat maps).
        positive: Positive curvature, gains.
        negative: Negative curvature, losses.
        shade: Translucent fill of regions (where a surface is not convex).
        contour: Contour lines of a surface.
    """

    name: str
    ground: str
    panel: str
    ink: str
    muted: str
    grid: str
    accent: str
    categories: tuple[str, ...]
    ramp: tuple[str, ...]
    sequential: tuple[str, ...]
    positive: str
    negative: str
    shade: str
    contour: str

    def scale(self, colours: tuple[str, ...]) -> list[list[float | str]]:
        """``colours`` as an evenly spaced Plotly colour scale."""
        last = len(colours) - 1
        return [[i / last, colour] for i, colour in enumerate(colours)]

    def graded(self, share: float) -> str:
        """The colour that far along :attr:`sequential`, 0 … 1."""
        place = share * (len(self.sequential) - 1)
        before = min(int(place), len(self.sequential) - 2)
        return _mixed(self.sequential[before], self.sequential[before + 1], place - before)

    def mixed(self, colour: str, share: float) -> str:
        """``colour`` with that much of itself, the rest of the ground."""
        return _mixed(self.ground, colour, share)

    def translucent(self, colour: str, alpha: float) -> str:
        """``colour`` (``#rrggbb``) with an opacity."""
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red}, {green}, {blue}, {alpha:g})"


# Viridis-like in order of lightness, readable on both grounds (cividis, Nuñez et al. 2018).
_CIVIDIS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173",
    "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip

THEMES: Mapping[str, Theme] = {
    "light": Theme(
        name="light",
        ground="#ffffff",
        panel="#f5f6f7",
        ink="#1d2329",
        muted="#69737c",
        grid="#e3e6e9",
        accent="#0b6e99",
        categories=(
            "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1d2329",
        ),
        ramp=("#8fa3b3", "#a9b8c4", "#c1ccd4", "#d7dee3", "#eaeef0", "#f8f9fa"),
        sequential=_CIVIDIS,
        positive="#0072b2",
        negative="#d55e00",
        shade="rgba(213, 94, 0, 0.10)",
        contour="rgba(29, 35, 41, 0.16)",
    ),
    "dark": Theme(
        name="dark",
        ground="#101418",
        panel="#181d22",
        ink="#e6e9ec",
        muted="#98a2ab",
        grid="#2c343b",
        accent="#56b4e9",
        categories=(
            "#56b4e9", "#e8743b", "#26c596", "#dd92bb", "#f0b73f", "#4c9be8", "#e6e9ec",
        ),
        ramp=("#141a20", "#1c252d", "#27333d", "#33424e", "#41535f", "#506471"),
        sequential=_CIVIDIS[2:],  # its darkest blues would sink into the ground
        positive="#56b4e9",
        negative="#e8743b",
        shade="rgba(232, 116, 59, 0.16)",
        contour="rgba(230, 233, 236, 0.14)",
    ),
}  # fmt: skip


def theme(name: str | None) -> Theme:
    """The theme called ``name``; the light one when it is unknown or not yet told."""
    return THEMES.get(name or "light", THEMES["light"])


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How one compared run is drawn.

    Attributes:
        colour: Stroke colour.
        dash: Plotly's dash name (``"solid"``, ``"dash"``, ``"dot"`` …).
        marker: Plotly's marker symbol.
    """

    colour: str
    dash: str
    marker: str


_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "pentagon", "hexagon", "star-square")

# Optimizer → (index of its colour, index of its dash): the same on every page and chart. The
# seven that lessons compare most own a solid colour each.
_OPTIMIZER_STYLES: Mapping[str, tuple[int, int]] = {
    "sgd": (0, 0),
    "momentum": (1, 0),
    "adam": (2, 0),
    "rmsprop": (3, 0),
    "adagrad": (4, 0),
    "nesterov": (5, 0),
    "newton": (6, 0),
    "adamw": (2, 1),
    "lbfgs": (6, 1),
    "adadelta": (4, 1),
    "adamax": (3, 1),
    "nadam": (5, 1),
    "rprop": (1, 1),
    "asgd": (0, 1),
    "amsgrad": (2, 2),
    "radam": (3, 2),
    "adafactor": (4, 2),
    "muon": (5, 2),
}


def line_style(theme: Theme, optimizer: str, occurrence: int = 0) -> LineStyle:
    """The style of a run.

    Args:
        theme: The ground it is drawn on.
        optimizer: A key of ``optviz.core.optimizers.OPTIMIZERS``.
        occurrence: 0 for its first run in a picture, 1 for its second …; later runs keep the
            optimizer's colour and change dash and marker.
    """
    known = list(_OPTIMIZER_STYLES)
    colour, dash = _OPTIMIZER_STYLES.get(optimizer, (len(known), 3))
    marker = known.index(optimizer) if optimizer in known else len(known)
    own = theme.categories[colour % len(theme.categories)]
    # Twins keep the hue: the second is drawn towards the ink, the third towards the ground …
    towards = (theme.ink, theme.ground)[(occurrence - 1) % 2]
    share = 0.0 if not occurrence else 0.5
    return LineStyle(
        colour=_mixed(own, towards, share),
        dash=_DASHES[(dash + occurrence) % len(_DASHES)],
        marker=_MARKERS[(marker + occurrence) % len(_MARKERS)],
    )


def numbered_style(theme: Theme, place: int, dash: str | None = None) -> LineStyle:
    """The style of the ``place``-th of what is compared, where no optimizer's own colour will do.

    Args:
        theme: The ground it is drawn on.
        place: From 0.
        dash: Plotly's dash name; by default another for each place.
    """
    return LineStyle(
        theme.categories[place % len(theme.categories)],
        dash or _DASHES[place % len(_DASHES)],
        _MARKERS[place % len(_MARKERS)],
    )


def _mixed(colour: str, other: str, share: float) -> str:
    """``colour`` with a share of ``other``, both ``#rrggbb``."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def layout(theme: Theme, **changes: Any) -> dict[str, Any]:
    """Plotly layout shared by all charts; ``changes`` are merged in, one level deep."""
    axis: dict[str, Any] = {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": theme.grid,
        "tickfont": {"color": theme.muted, "size": 12},
        "title": {"font": {"color": theme.ink, "size": 13}, "standoff": 8},
        "automargin": True,
    }
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "color": theme.ink, "size": 13},
        "margin": {"l": 56, "r": 16, "t": 24, "b": 44},
        "colorway": list(theme.categories),
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {
            "bgcolor": theme.panel,
            "bordercolor": theme.grid,
            "font": {"family": FONT, "color": theme.ink, "size": 13},
        },
        "legend": {"orientation": "h", "x": 0, "y": -0.18, "yanchor": "top"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.accent},
        "uirevision": "keep",
    }
    for key, value in changes.items():
        old = base.get(key)
        base[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return base
