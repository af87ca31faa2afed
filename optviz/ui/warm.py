"""Imports made ahead, in a worker process, while the reader is still reading.

``import torch`` takes two seconds and 220 MiB. The server process never pays them for a job,
but the first job of a worker would: so each page has what its jobs need imported in a waiting
worker once the page has been drawn. A worker that nobody uses ends after five minutes, and the
memory comes back; the next look at a page warms another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from optviz.jobs import default_backend

__all__ = ["MODULES", "warm_up"]

# The first optimizer that a process makes imports the compiler, though it compiles nothing:
# another second, so that is made ahead too.
_TORCH = ("torch", "torch._dynamo")

MODULES: Mapping[str, tuple[str, ...]] = {
    "home": (*_TORCH, "optviz.core.engine"),
    "trajectories": (*_TORCH, "optviz.core.engine"),
    "learning_rate": (*_TORCH, "optviz.training.trainable", "pandas", "pyarrow.parquet"),
    "recommender": (*_TORCH, "optviz.recommender.fit", "pandas", "pyarrow.parquet"),
    "embeddings": ("sklearn.manifold",),
}
"""Page → the modules that its jobs import before they begin."""


def warm_up(page: str) -> None:
    """Have the modules of ``page`` imported in a waiting worker; returns at once.

    Call it when the page has been drawn: before, the imports would take processor time from
    the first picture.

    Raises:
        Problem: The environment names no backend for jobs.
    """
    default_backend().warm(*MODULES[page])
