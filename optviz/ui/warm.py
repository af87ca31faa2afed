"""Imports made ahead, while the reader is still reading.

The first use of torch costs one to three seconds and up to 290 MiB. Pages do not wait for it when
they are opened, so whoever first presses Train, or first opens the Trajectories page, would.
Instead, once a page has been drawn, what its jobs need is imported in a waiting worker process,
and what the Trajectories page computes with in this process, on a thread. A worker that nobody
uses ends after five minutes and gives its memory back; the next look at a page warms another.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from optviz.jobs import default_backend

__all__ = ["HERE", "MODULES", "warm_up"]

# The first step of a training run imports torch's compiler, though it compiles nothing: another
# second, so that is made ahead too. (Trajectories do without: see core.engine.)
_TORCH = ("torch", "torch._dynamo")

MODULES: Mapping[str, tuple[str, ...]] = {
    "home": (*_TORCH, "optviz.core.engine"),
    "trajectories": (*_TORCH, "optviz.core.engine"),
    "learning_rate": (*_TORCH, "optviz.training.trainable", "pandas", "pyarrow.parquet"),
    "recommender": (*_TORCH, "optviz.recommender.fit", "pandas", "pyarrow.parquet"),
    "embeddings": ("sklearn.manifold",),
}
"""Page → the modules that its jobs import before they begin."""

HERE = ("torch", "optviz.core.engine")
"""The modules that are imported in this process."""

DELAY = 2.0
"""Seconds after the first page: its scripts and pictures must have reached the browser."""


def warm_up(page: str) -> None:
    """Have the modules of ``page`` imported in a waiting worker, and ours here; returns at once.

    Call it when the page has been drawn: before, the imports would take processor time from
    the first picture.

    Raises:
        Problem: The environment names no backend for jobs.
    """
    default_backend().warm(*MODULES[page])
    _import_here()


@cache  # once in the life of this process
def _import_here() -> None:
    # Not a daemon: the process must not end in the middle of loading a library.
    threading.Timer(DELAY, _import_all).start()


def _import_all() -> None:
    for module in HERE:
        with contextlib.suppress(ImportError):  # the page that needs it will say so
            import_module(module)
