"""Layouts on demand: from the cache, or from a job that the page watches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from optviz.embedding.precomputed import LayoutKey, load_layouts
from optviz.embedding.projections import PROJECTIONS
from optviz.embedding.tasks import Layout
from optviz.jobs import Event, Job, default_backend
from optviz.ui.embeddings_data import Movies
from optviz.ui.state import remember

__all__ = ["Request", "Shown", "Watcher", "watcher"]

_KEPT = 48


class _Cache:
    """The layouts of all sessions, the least recently shown dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layouts: OrderedDict[LayoutKey, Layout] = OrderedDict()

    def get(self, key: LayoutKey) -> Layout | None:
        with self._lock:
            if key in self._layouts:
                self._layouts.move_to_end(key)
            return self._layouts.get(key)

    def put(self, key: LayoutKey, layout: Layout) -> None:
        with self._lock:
            self._layouts[key] = layout
            self._layouts.move_to_end(key)
            while len(self._layouts) > _KEPT:
                self._layouts.popitem(last=False)


_cache = _Cache()


@lru_cache(maxsize=1)
def _bundled() -> dict[LayoutKey, Layout]:
    return load_layouts()


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A layout that the page wants: of which movies, and how."""

    movies: Movies
    method: str
    dimensions: int
    parameters: dict[str, Any]
    key: LayoutKey


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A layout together with the movies it lays out."""

    request: Request
    layout: Layout
    bundled: bool


class Watcher:
    """One session's layouts: what it shows now, and the job that makes the next."""

    def __init__(self) -> None:
        self.last: Shown | None = None
        self.job: Job | None = None
        self._key: LayoutKey | None = None
        self._seen = 0
        self._glimpse: Event | None = None

    @property
    def working(self) -> bool:
        """Whether a map is being made."""
        return self.job is not None and not self.job.finished

    def ask(self, request: Request) -> Shown | None:
        """The layout if it is at hand; else None, and a job is on its way.

        What was cancelled or failed does not start again by itself; see :meth:`retry`.

        Raises:
            Problem: The settings cannot be used with these vectors.
        """
        PROJECTIONS[request.method].settings(request.parameters, len(request.movies.vectors))
        self._collect()
        layout, bundled = _cache.get(request.key), False
        if layout is None:
            layout = _bundled().get(request.key)
            bundled = layout is not None
        if layout is not None:
            self.drop()
            self.last = Shown(request, layout, bundled)
            return self.last
        if self._key != request.key:
            self.drop()
            self._key = request.key
            self.job = default_backend().submit(
                "optviz.embedding.tasks:projection_task",
                vectors=request.movies.vectors,
                method=request.method,
                dimensions=request.dimensions,
                parameters=request.parameters,
            )
        return None

    def _collect(self) -> None:
        if self.job is not None and self._key is not None and self.job.state == "done":
            _cache.put(self._key, self.job.result(timeout=0))
            self.drop()

    def drop(self) -> None:
        """Give up the job, if there is one."""
        if self.job is not None and self.working:
            self.job.cancel()
        self.job, self._key, self._seen, self._glimpse = None, None, 0, None

    def retry(self, request: Request) -> None:
        """Ask anew for what was cancelled or failed."""
        self.drop()
        self.ask(request)

    def cancel(self) -> None:
        """End the job, but remember which one, so that it does not start again by itself."""
        if self.job is not None:
            self.job.cancel()
        self._glimpse = None

    def glimpse(self) -> Event | None:
        """The newest look at the layout in the making."""
        if self.job is not None:
            for event in self.job.events(self._seen):
                self._seen = event.index + 1
                if event.kind == "glimpse":
                    self._glimpse = event
        return self._glimpse


def watcher(method: str = "") -> Watcher:
    """This session's watcher: of the one map, or of the map by ``method`` beside others."""
    return remember(f"embedding layouts by {method}" if method else "embedding layouts", Watcher)
