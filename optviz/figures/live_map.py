"""A map that moves: which film each mark shows, where the films are in each frame, the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.embeddings import map_figure
from optviz.figures.films import Items
from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme
from optviz.language import Text

__all__ = [
    "ASPECT",
    "Moment",
    "divergence_figure",
    "moving_figure",
    "packed_alike",
    "packed_frames",
]

ASPECT = 1.5
"""Width by height of a map whose two axes have one scale."""

_NAMES = 80
_FULL = 32767
_EDGE = 1.06  # room between the outermost point and the edge of the picture
_TICKS = (10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame's numbers.

    Attributes:
        iteration: Updates made.
        kl_divergence: In nats; None where it is not known.
        exaggeration: In force for the updates that led here.
        early: Whether those belonged to the phase of early exaggeration.
        did: What the reader did just before, in words.
    """

    iteration: int
    kl_divergence: float | None
    exaggeration: float
    early: bool
    did: str = ""


def moving_figure(
    items: Items,
    *,
    text: Text,
    theme: Theme,
    colour: str = "year",
    highlighted: NDArray[np.bool_] | None = None,
    sized: bool = False,
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    measured: Mapping[str, NDArray[Any]] = MappingProxyType({}),
    true_scale: bool = False,
    unnamed: Sequence[int] = (),
    revision: str = "live",
) -> tuple[go.Figure, list[NDArray[np.int32]]]:
    """The map's figure without places, and the film that each mark of each trace shows.

    The marks are those of :func:`optviz.figures.embeddings.map_figure`, drawn once with the row
    of each film in place of its coordinates: whatever a trace holds then tells its film. With
    ``true_scale`` a unit is as long on both axes, as :func:`packed_alike` packs them.
    Films of the rows ``unnamed`` are no landmarks: somebody else writes their names.

    Returns:
        The figure, and for each trace the rows of its marks; −1 is a gap in a line. An
        annotation at ``x = row`` belongs to the film of that row.
    """
    places = np.repeat(np.arange(len(items), dtype=np.float32)[:, None], 2, axis=1)
    figure = map_figure(
        places, items, text=text, theme=theme, colour=colour, highlighted=highlighted,
        sized=sized, selected=selected, neighbours=neighbours, measured=measured,
        revision=revision,
    )  # fmt: skip
    rows = []
    for trace in figure.data:
        names = trace.mode == "text"
        row = np.asarray(trace.x, dtype=np.float64)
        if names:
            kept = np.flatnonzero(~np.isin(row, unnamed))[:_NAMES]
            row = row[kept]
            trace.update(text=[trace.text[place] for place in kept])
        rows.append(np.where(np.isfinite(row), row, -1).astype(np.int32))
        trace.update(x=None, y=None)
    for axis in ("xaxis", "yaxis"):
        figure.update_layout({axis: {"range": [-_EDGE, _EDGE], "autorange": False}})
    if true_scale:
        high = _EDGE / ASPECT
        figure.update_layout(yaxis={"range": [-high, high], "scaleanchor": "x"})
    return figure, rows


def packed_frames(frames: Sequence[NDArray[np.float32]]) -> NDArray[np.int16]:
    """(frames, n, 2): every frame stretched to fill the picture, in 65,535 steps a side.

    A t-SNE starts on a patch of a ten-thousandth and ends a hundred across; drawn to one scale
    it would be a dot for the first half. A step is far below a pixel.
    """
    packed = np.zeros((len(frames), *np.shape(frames[0])) if frames else (0, 0, 2), dtype=np.int16)
    for i, frame in enumerate(frames):
        low, high = frame.min(axis=0), frame.max(axis=0)
        half = np.maximum((high - low) / 2, np.finfo(np.float32).tiny)
        packed[i] = np.round((frame - (low + high) / 2) / half * _FULL)
    return packed


def packed_alike(
    frames: Sequence[NDArray[np.float32]], reaches: Sequence[float]
) -> NDArray[np.int16]:
    """(frames, n, 2): every frame about the origin, both axes to one scale.

    Args:
        frames: (n, 2) each.
        reaches: For each the length that fills half the picture's width; see :data:`ASPECT`.
    """
    n = len(frames[0]) if frames else 0
    packed = np.zeros((len(frames), n, 2), dtype=np.int16)
    for i, (frame, reach) in enumerate(zip(frames, reaches, strict=True)):
        packed[i] = np.round(np.clip(frame / max(reach, 1e-30), -1, 1) * _FULL)
    return packed


def divergence_figure(moments: Sequence[Moment], *, text: Text, theme: Theme) -> go.Figure:
    """KL divergence over the frames; exaggerated phases are shaded, what the reader did is marked.

    One unit of the horizontal axis is a frame; its ticks tell iterations.
    """
    values = np.array(
        [np.nan if m.kl_divergence is None else m.kl_divergence for m in moments], dtype=np.float64
    )
    ticks = _ticks(moments)
    figure = stacked_figure(
        [Row(text("embeddings.live.kl"), False, [values])],
        [LineStyle(theme.accent, "solid", "circle")],
        theme=theme,
        xaxis={
            "tickmode": "array", "tickvals": ticks,
            "ticktext": [f"{moments[frame].iteration:,}" for frame in ticks],
        },
    )  # fmt: skip
    figure.update_layout(margin={"l": 36, "r": 20}, yaxis={"nticks": 3})
    for begin, end, factor, early in _phases(moments):
        figure.add_vrect(
            x0=begin, x1=end, fillcolor=theme.shade, line_width=0, layer="below",
        )  # fmt: skip
        key = "early" if early else "exaggerated"
        figure.add_annotation(
            text=text(f"embeddings.live.{key}", factor=factor), x=begin, xanchor="left",
            y=0 if early else 1, yref="paper", yanchor="bottom" if early else "top",
            showarrow=False, font={"size": 11, "color": theme.negative},
        )  # fmt: skip
    for frame, moment in enumerate(moments):
        if moment.did:
            figure.add_vline(x=frame, line={"color": theme.muted, "width": 1, "dash": "dot"})
            figure.add_annotation(
                text=moment.did, x=frame, y=0.45 if moment.early else 1, yref="paper",
                yanchor="middle" if moment.early else "top", showarrow=False,
                xanchor="left" if 2 * frame < len(moments) else "right",
                font={"size": 11, "color": theme.muted},
            )  # fmt: skip
    return figure


def _ticks(moments: Sequence[Moment]) -> list[int]:
    """The frames under which an iteration is written: six at most, at round numbers."""
    last = moments[-1].iteration if moments else 0
    each = next((step for step in _TICKS if last <= 6 * step), _TICKS[-1])
    return [frame for frame, moment in enumerate(moments) if moment.iteration % each == 0]


def _phases(moments: Sequence[Moment]) -> list[tuple[int, int, float, bool]]:
    """(first frame, last frame, factor, whether early) of each exaggerated stretch."""
    found: list[tuple[int, int, float, bool]] = []
    for frame, moment in enumerate(moments[1:], start=1):
        if moment.exaggeration == 1:
            continue
        if found and found[-1][1:] == (frame - 1, moment.exaggeration, moment.early):
            found[-1] = (found[-1][0], frame, moment.exaggeration, moment.early)
        else:
            found.append((frame - 1, frame, moment.exaggeration, moment.early))
    return found
