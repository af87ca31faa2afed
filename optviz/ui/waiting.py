"""Work that a page waits for while its script runs, saying that it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from optviz.jobs import Job
from optviz.ui.state import remember

__all__ = ["awaited", "wait_with_caption", "wait_with_progress"]

_POLL = 0.05


def wait_with_caption(job: Job, words: str) -> None:
    """Wait until a job has ended, with ``words`` in its place."""
    _wait(job, lambda place: place.caption(words))


def wait_with_progress(job: Job, words: str) -> None:
    """Wait until a job has ended, with a bar that says how far it is."""

    def show(place: Any) -> None:
        progress = job.progress
        place.progress(progress.fraction if progress else 0.0, words)

    _wait(job, show)


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
