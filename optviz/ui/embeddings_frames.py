"""What runs that are watched frame by frame share: which frames are sent, and their buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import streamlit as st

from optviz.jobs import Job
from optviz.language import Text
from optviz.ui.followed import Followed
from optviz.ui.state import guarded

__all__ = ["Filmed", "run_buttons"]

F = TypeVar("F")

_BYTES_AT_ONCE = 2_000_000
_BYTES_A_POINT = 4


class Filmed(Followed, Generic[F]):
    """A run, under way or over, and its frames.

    Args:
        job: The job.

    Attributes:
        frames: In their order.
        measuring: Whether the map stands still and what ends it is being measured.
        sent: Frames that the browser has been sent.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.frames: list[F] = []
        self.measuring = False
        self.sent = 0
        self._tries = 1

    @property
    def run(self) -> str:
        """What its frames are kept under in the browser; another one if it begins anew."""
        return f"{self.job.id}-{self._tries}"

    def forget(self) -> None:
        """Begin without a frame."""
        self.frames = []
        self.measuring, self.sent = False, 0
        self._tries += 1

    def unsent(self, n: int) -> tuple[int, list[F]]:
        """The next frames to send, of ``n`` points each, and the number of the first of them."""
        first = min(self.sent, len(self.frames))
        fresh = self.frames[first : first + max(1, _BYTES_AT_ONCE // (_BYTES_A_POINT * n))]
        self.sent = first + len(fresh)
        return first, fresh

    def missing(self, first: int) -> None:
        """The browser has no frames from ``first`` on."""
        self.sent = first


def run_buttons(
    text: Text, prefix: str, shown: Filmed[Any], again: Callable[[], object]
) -> Callable[..., None]:
    """Draw the buttons that start, hold and end a run, in the container that is open.

    Args:
        text: The catalogue; the words are those under ``embeddings.live``.
        prefix: Of the buttons' keys.
        shown: The run.
        again: Starts another.

    Returns:
        Draws one more button: (its name, icon, what it does).
    """
    job = shown.job

    def offer(name: str, icon: str, act: Any, **more: Any) -> None:
        st.button(
            text(f"embeddings.live.{name}"), key=f"{prefix}.{name}",
            icon=f":material/{icon}:", on_click=guarded(act), **more,
        )  # fmt: skip

    if shown.finished:
        offer("start", "play_arrow", again, type="primary")
    elif job.state == "paused":
        offer("resume", "play_arrow", job.resume, type="primary")
    else:
        offer("pause", "pause", job.pause, type="primary")
    end = job.cancel if shown.measuring else job.stop  # the measuring has nothing to keep
    offer("stop", "stop", end, disabled=shown.finished)
    return offer
