"""Which backend runs this process's jobs: by name, from the environment."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping

from optviz.core.problem import Problem
from optviz.jobs.cluster import ClusterBackend
from optviz.jobs.interface import Backend
from optviz.jobs.local import WorkerBackend

__all__ = ["BACKENDS", "SCHEDULER", "VARIABLE", "cluster", "default_backend", "make_backend"]

VARIABLE = "OPTVIZ_JOBS"
"""The environment variable that names the backend: ``scheme`` or ``scheme:detail``."""

SCHEDULER = "OPTVIZ_SCHEDULER"
"""The environment variable that names the scheduler of a Dask cluster, ``tcp://host:port``.

It goes before :data:`VARIABLE`, and is short for its ``dask:tcp://host:port``.
"""


def _workers(detail: str) -> Backend:
    if not detail:
        return WorkerBackend()
    if not detail.isdecimal():
        raise Problem("problem.jobs.worker_count", value=detail)
    return WorkerBackend(int(detail))


BACKENDS: Mapping[str, Callable[[str], Backend]] = {"workers": _workers, "dask": ClusterBackend}
"""Scheme → what makes the backend from the detail behind the colon (often empty)."""

_lock = threading.Lock()
_default: Backend | None = None


def make_backend(name: str) -> Backend:
    """Make a backend from its name.

    Args:
        name: ``"workers"``; or ``"workers:3"`` for at most three at a time; or
            ``"dask:tcp://host:8786"`` for a Dask cluster.

    Raises:
        Problem: There is no such backend, or the part after the colon makes no sense.
    """
    scheme, _, detail = name.partition(":")
    if scheme not in BACKENDS:
        raise Problem(
            "problem.jobs.unknown_backend",
            variable=VARIABLE,
            name=name,
            known=", ".join(BACKENDS),
        )
    return BACKENDS[scheme](detail)


def _name() -> str:
    scheduler = os.environ.get(SCHEDULER)
    return f"dask:{scheduler}" if scheduler else os.environ.get(VARIABLE) or "workers"


def cluster() -> str | None:
    """The address of the cluster that runs this process's jobs; None if they run here."""
    scheme, _, detail = _name().partition(":")
    return detail if scheme == "dask" else None


def default_backend() -> Backend:
    """The one backend of this process, made when first asked for, ended with the process.

    Raises:
        Problem: The environment names no backend that there is.
    """
    global _default
    with _lock:
        if _default is None:
            _default = make_backend(_name())
            atexit.register(_default.shutdown)
        return _default
