"""Work that a page waits for or follows, saying how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ParamSpec

import streamlit as st

from optviz.jobs import Job
from optviz.ui.followed import Followed, Shelf
from optviz.ui.state import guarded, remember

__all__ = [
    "awaited",
    "begin_or_cancel",
    "keep_up",
    "renewed",
    "show_progress",
    "wait_with_caption",
    "wait_with_progress",
]

P = ParamSpec("P")

_POLL = 0.05


def wait_with_caption(job: Job, words: str) -> None:
    """Wait until a job has ended, with ``words`` in its place."""
    _wait(job, lambda place: place.caption(words))


def wait_with_progress(job: Job, words: str) -> None:
    """Wait until a job has ended, with a bar that says how far it is."""
    _wait(job, lambda place: show_progress(job, words, place))


def show_progress(job: Job, words: str, place: Any = st) -> None:
    """Draw a bar that says how far a job is."""
    progress = job.progress
    place.progress(progress.fraction if progress is not None else 0.0, words)


def renewed(draw: Callable[P, None], working: bool, seconds: float = 0.3) -> Callable[P, None]:
    """``draw`` as a part of the page that can be drawn anew without the rest.

    Args:
        draw: Draws the part. It draws the whole page anew when it sees that the work has ended.
        working: Whether the part looks again by itself. Read it before anything is drawn that
            depends on it: else a change in between would go unseen.
        seconds: Between two looks.
    """

    def draw_once(*args: P.args, **kwargs: P.kwargs) -> None:
        # Alone in a container: when the part begins a look before a busy server has sent the
        # page that came before it, Streamlit drops what that page had drawn of the part. The
        # browser then lacks one element, and without the container the part would take the
        # place of its neighbour.
        with st.container():
            st.fragment(run_every=seconds if working else None)(draw)(*args, **kwargs)

    return draw_once


def keep_up(one: Followed | None, working: bool) -> None:
    """Take in what a job has told.

    Args:
        one: The job.
        working: Whether it was under way when the page was last drawn as a whole; if it has
            ended since, the page is drawn anew.
    """
    if one is None:
        return
    one.read()
    if working and one.finished:
        st.rerun()


def begin_or_cancel(
    shelf: Shelf[Any],
    request: object,
    *,
    done: bool,
    begin: tuple[str, str, str],
    cancel: tuple[str, str],
) -> None:
    """Draw two buttons side by side, each where it is at all times.

    Args:
        shelf: What they start and cancel.
        request: What is asked for.
        done: Whether its answer is there.
        begin: Key, words and icon of the first.
        cancel: Key and words of the second.
    """
    with st.container(horizontal=True, gap="small"):
        key, words, icon = begin
        st.button(
            words, key=key, icon=icon, disabled=shelf.busy or done,
            on_click=guarded(shelf.start), args=(request,),
        )  # fmt: skip
        key, words = cancel
        st.button(
            words, key=key, icon=":material/stop:", disabled=not shelf.busy,
            on_click=guarded(shelf.cancel),
        )  # fmt: skip


def awaited(name: str, asked: Any, submit: Callable[[], Job], words: str) -> Any:
    """What a job returns; a change of the settings interrupts the waiting and gives it up.

    Args:
        name: Of the work; the session keeps its last job under it.
        asked: Everything the work depends on; while it is the same, so is the job.
        submit: Begins it.
        words: What to say meanwhile.

    Raises:
        Problem: What the task raised; the next look tries again.
    """
    kept: dict[str, Any] = remember(name, dict)
    if kept.get("asked") != asked:
        kept.update(asked=asked, job=submit())
    job: Job = kept["job"]
    wait_with_caption(job, words)
    try:
        return job.result(timeout=0)
    except Exception:
        kept.clear()
        raise


def _wait(job: Job, show: Callable[[Any], Any]) -> None:
    place = st.empty()
    while not job.finished:
        # Every call of streamlit is a place at which a newer change may interrupt.
        show(place)
        time.sleep(_POLL)
    place.empty()
