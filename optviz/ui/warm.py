"""Imports made ahead, while the reader is still reading.

The first use of torch costs one to three seconds and up to 290 MiB. Pages do not wait for it when
they are opened, so whoever first presses Train, or first opens the Trajectories page, would.
Instead, once a page has been drawn, what its jobs need is imported in a waiting worker process,
and what the Trajectories page computes with in this process, on a thread. A worker that nobody
uses ends after five minutes and gives its memory back; the next look at a page warms another.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Mapping
from importlib import import_module

from optviz.core.problem import Problem
from optviz.jobs import default_backend

__all__ = ["HERE", "MODULES", "warm_up"]

# The first step of a training run imports torch's compiler, though it compiles nothing: another
# second, so that is made ahead too. (Trajectories do without: see core.engine.)
_TORCH = ("torch", "torch._dynamo")

MODULES: Mapping[str, tuple[str, ...]] = {
    "home": (*_TORCH, "optviz.core.engine"),
    "trajectories": (*_TORCH, "optviz.core.engine"),
    "batch_size": (*_TORCH, "optviz.core.engine", "optviz.core.stochastic"),
    "jacobian_hessian": (*_TORCH, "sympy", "optviz.training.full_loss", "scipy.sparse.linalg"),
    "learning_rate": (*_TORCH, "optviz.training.trainable", "pandas", "pyarrow.parquet"),
    "schedules": (*_TORCH, "optviz.recommender.fit", "pandas", "pyarrow.parquet"),
    "recommender": (*_TORCH, "optviz.recommender.fit", "pandas", "pyarrow.parquet"),
    "regularisation": (*_TORCH, "optviz.training.full_loss", "scipy.sparse.linalg"),
    "embeddings": ("sklearn.manifold", "openTSNE"),
}
"""Page → the modules that its jobs import before they begin."""

HERE = ("torch", "optviz.core.engine")
"""The modules that are imported in this process."""

DELAY = 2.0
"""Seconds after the first page: its scripts and pictures must have reached the browser."""


AGAIN = 60.0
"""Seconds for which a page that has been warmed up is taken to be warm."""

_asked: dict[str, float] = {}


def warm_up(page: str) -> None:
    """Have the modules of ``page`` imported in a waiting worker, and ours here; returns at once.

    Call it when the page has been drawn. The imports begin a little later: before, they would
    take processor time from the first picture.
    """
    now = time.monotonic()
    if now - _asked.get(page, -math.inf) < AGAIN:
        return
    _asked[page] = now
    # Not a daemon: the process must not end in the middle of loading a library.
    threading.Timer(DELAY, _import, (page,)).start()


def _import(page: str) -> None:
    with contextlib.suppress(Problem):  # whoever needs the backend will be told
        default_backend().warm(*MODULES[page])
    for module in HERE:
        with contextlib.suppress(ImportError):  # the page that needs it will say so
            import_module(module)
