"""A Plotly chart that is updated in place, keeps zoom and camera, and reports exact clicks.

``st.plotly_chart`` rebuilds the graph at every change and returns nothing for clicks on
contours, heat maps and 3D surfaces. This one hands the figure to ``Plotly.react``: nothing
flickers, what the reader zoomed into stays (through ``uirevision``), and a click tells its
coordinates in data units wherever it falls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from optviz.language import Text
from optviz.ui import state
from optviz.ui.components import assets

__all__ = ["ChartEvents", "Click", "Figure", "Point", "Selection", "chart"]


class Figure(Protocol):
    """What a figure must be able to do; Plotly's figures can."""

    def to_json(self) -> Any:
        """The figure as JSON text."""


@dataclass(frozen=True, slots=True)
class Point:
    """A drawn point under a click or inside a selection.

    Attributes:
        trace: Index of its trace in the figure.
        index: Index of the point in its trace; for a grid its (row, column).
        x: Data coordinate.
        y: Data coordinate.
        z: Data coordinate or value, if the trace has one.
        customdata: What the figure attached to it.
    """

    trace: int
    index: int | tuple[int, ...]
    x: Any
    y: Any
    z: Any = None
    customdata: Any = None


@dataclass(frozen=True, slots=True)
class Click:
    """A click or a tap inside the axes.

    Attributes:
        x: Where, in data units, exact to the pixel; None in 3D, unless on a point.
        y: As ``x``.
        point: The drawn point that was hit, if one was.
    """

    x: Any
    y: Any
    point: Point | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a box or a lasso holds; no points at all when it was cleared."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ChartEvents:
    """What happened since the last run; each is None when it did not happen."""

    click: Click | None = None
    selection: Selection | None = None


_mount = assets.declared("chart", '<div class="ov-chart"></div>', "chart.css")


def chart(
    figure: Figure,
    *,
    key: str,
    height: int = 420,
    on_click: Callable[[Click], None] | bool = False,
    on_select: Callable[[Selection], None] | bool = False,
    toolbar: bool = False,
    linked: str = "",
) -> ChartEvents:
    """Draw ``figure`` or update the one already drawn under ``key``.

    Args:
        figure: A Plotly figure. Large arrays travel as base64 in their own dtype: use float32.
        key: Names the chart; must stay the same for it to be updated in place.
        height: Height in CSS pixels; the width follows the page.
        on_click: Called with each click before the script reruns; True reports clicks in the
            return value only. While False, clicks cause no rerun.
        on_select: The same for box and lasso (set ``dragmode`` in the layout, or use the
            toolbar).
        toolbar: Whether to show Plotly's buttons (zoom, pan, select, reset, save) on hover.
        linked: A name that charts of the same things share: what the mouse is on in one, the
            others point at too. Things are told by the first value of their ``customdata``.

    Returns:
        The events that caused this run.
    """
    callbacks: dict[str, Any] = {}
    if on_click:
        callbacks["on_click_change"] = state.guarded(
            state.heard(key, "click", lambda sent: _tell(on_click, _click(sent)))
        )
    if on_select:
        callbacks["on_select_change"] = state.guarded(
            state.heard(key, "select", lambda sent: _tell(on_select, _selection(sent)))
        )
    result = _mount(
        key=key,
        data=assets.mounted(
            key,
            "chart.js",
            figure=figure.to_json(),
            height=height,
            reports=[name for name, on in (("click", on_click), ("select", on_select)) if on],
            toolbar=toolbar,
            linked=linked,
            words=words(state.language()),
        ),
        **callbacks,
    )
    return ChartEvents(_click(result.get("click")), _selection(result.get("select")))


def words(text: Text) -> dict[str, Any]:
    """What the chart itself may say, and the names of Plotly's buttons."""
    names = (
        "zoom", "pan", "zoom_in", "zoom_out", "reset", "autoscale", "box", "lasso", "save",
        "save_svg",
    )  # fmt: skip
    return {
        "failed": text("stage.chart.failed"),
        "code": text.code,
        "buttons": {name: text(f"stage.chart.{name}") for name in names},
    }


def _tell(callback: Callable[[Any], None] | bool, event: Any) -> None:
    if callable(callback):
        callback(event)


def _point(sent: Mapping[str, Any]) -> Point:
    index = sent["index"]
    return Point(
        trace=sent["trace"],
        index=tuple(index) if isinstance(index, list) else index,
        x=sent.get("x"),
        y=sent.get("y"),
        z=sent.get("z"),
        customdata=sent.get("customdata"),
    )


def _click(sent: Mapping[str, Any] | None) -> Click | None:
    if sent is None:
        return None
    point = sent.get("point")
    return Click(sent.get("x"), sent.get("y"), _point(point) if point else None)


def _selection(sent: Mapping[str, Any] | None) -> Selection | None:
    return None if sent is None else Selection(tuple(map(_point, sent["points"])))
