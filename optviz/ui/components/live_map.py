"""A map that moves while its points find their places, and can be played again afterwards.

Two components that meet in the browser: :func:`live_map` draws, and is sent again only when the
picture's colours change; :func:`live_feed` brings frames, and may be called as often as there is
news. Every frame travels once; what gets lost on the way the browser asks for again. Playing
and scrubbing happen in the browser, without the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.ui import state
from optviz.ui.components import assets
from optviz.ui.components.chart import Figure, words
from optviz.ui.components.stage import packed, plain_colours

__all__ = ["live_feed", "live_map"]

_map = assets.declared(
    "live_map", '<div class="ov-stage ov-live"></div>', "stage.css", "live_map.css"
)
_feed = assets.declared("live_feed", "<i hidden></i>")


def live_map(
    figure: Figure,
    rows: Sequence[NDArray[np.int32]],
    *,
    key: str,
    run: str,
    each: int,
    selected: int | None,
    text: Text,
    theme: Theme,
    on_pick: Callable[[int], None],
    trails: Sequence[Mapping[str, Any]] = (),
    height: int = 322,
    curve: int = 94,
) -> None:
    """Draw the map of a run, its player and its loss.

    Args:
        figure: The map without places (``optviz.figures.live_map.moving_figure``).
        rows: For each of its traces the rows that its marks show.
        key: Names the map.
        run: The run whose frames it shows.
        each: Updates between two frames.
        selected: The row whose way is drawn.
        text: The catalogue.
        theme: Colours.
        on_pick: Told the row of a film that was clicked.
        trails: Films whose ways are drawn too: ``row``, ``name`` and ``colour`` of each.
        height: Pixels of the map.
        curve: Pixels of the curves below it.
    """

    _map(
        key=key,
        data=assets.mounted(
            key,
            "live_map.js",
            figure=figure.to_json(),
            rows=[packed(row, np.int32) for row in rows],
            run=run,
            each=each,
            selected=-1 if selected is None else selected,
            trails=list(map(dict, trails)),
            height=height,
            curve=curve,
            theme=plain_colours(theme),
            words=words(text) | {"stage": _words(text), "live": _live_words(text)},
        ),
        on_pick_change=state.guarded(state.heard(key, "pick", lambda row: on_pick(int(row)))),
    )


def live_feed(
    frames: NDArray[np.int16],
    *,
    key: str,
    run: str,
    n: int,
    first: int,
    total: int,
    facts: Sequence[tuple[Any, ...] | str],
    history: Figure,
    on_missing: Callable[[int], None],
    names: Sequence[str] = (),
) -> None:
    """Hand frames to the map of a run.

    Args:
        frames: (count, n, 2), see ``optviz.figures.live_map.packed_frames``.
        key: Names the feed.
        run: The run they belong to.
        n: Points of a frame.
        first: The number of the first of them.
        total: Frames there are, the ones sent before included.
        facts: For each of all frames: KL divergence, seconds, side of the map, phase; or what
            is to be said of it, in words.
        history: The loss, one unit of its horizontal axis a frame.
        on_missing: Told from where on the browser has no frames.
        names: What the player calls each of all frames, where a number does not do.
    """

    _feed(
        key=key,
        data=assets.mounted(
            key,
            "live_feed.js",
            frames=packed(frames, np.int16),
            run=run,
            n=n,
            first=first,
            total=total,
            facts=[fact if isinstance(fact, str) else list(fact) for fact in facts],
            names=list(names),
            history=history.to_json(),
        ),
        on_missing_change=state.guarded(state.heard(key, "missing", lambda n: on_missing(int(n)))),
    )


def _words(text: Text) -> Mapping[str, str]:
    """What the player says."""
    names = ("play", "pause", "back", "forward", "first", "last", "speed")
    own = {name: text(f"embeddings.live.{name}") for name in ("step", "scrub")}
    return {name: text(f"trajectories.stage.{name}") for name in names} | own


def _live_words(text: Text) -> Mapping[str, str]:
    return {name: text(f"embeddings.live.fact_{name}") for name in ("kl", "seconds", "side")}
