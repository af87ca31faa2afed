"""How soon a live t-SNE moves and ends: ``python -m benchmarks.live_tsne [n …]``.

The page's own job, in a warm worker, with the bundled movie factors and the default settings:
seconds from asking to the first frame, to the last one and to the measure of trust, and the
longest time between two frames. Beside them seconds of one processor core, which a busy machine
does not change: of the whole run, of scikit-learn's with the same settings, and milliseconds of
an update for openTSNE's two ways of finding the repulsion, a tree of points and interpolation on
a grid, on a small map (early on) and on a large one (late).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from optviz.embedding.live import LiveRun, LiveSettings
from optviz.embedding.projections import project
from optviz.jobs import WorkerBackend
from optviz.ui.embeddings_data import bundled_movies

TIMES = 3
"""Runs of a map of up to some thousand films; the median counts. Of larger ones there is one."""


def live(backend: WorkerBackend, vectors: np.ndarray) -> tuple[float, float, float, float]:
    """Seconds to the first frame, the last frame and the result; longest time between frames."""
    began = time.perf_counter()
    job = backend.submit(
        "optviz.embedding.live_tasks:live_task", vectors=vectors, settings=LiveSettings()
    )
    seen: list[float] = []
    while not job.finished:
        frames = sum(event.kind == "frame" for event in job.events())
        seen += [time.perf_counter() - began] * (frames - len(seen))
        time.sleep(0.01)
    job.result()
    whole = time.perf_counter() - began
    return seen[0], seen[-1], whole, max(np.diff(seen))


def core(work: Callable[[], Any]) -> float:
    """Seconds of one core that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def whole_run(vectors: np.ndarray) -> None:
    """A live run, with nobody watching."""
    run = LiveRun(vectors, LiveSettings())
    while not run.done:
        run.advance()


def repulsion(vectors: np.ndarray, method: str, early: bool) -> float:
    """Milliseconds for one update."""
    run = LiveRun(vectors, LiveSettings())
    for _ in range(3 if early else 60):
        run.advance()
    return core(lambda: run._map.optimize(25, negative_gradient_method=method)) / 25 * 1e3


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    movies = bundled_movies()
    backend = WorkerBackend(1)
    live(backend, movies.vectors[:100])  # imports and first-call costs
    project(movies.vectors[:100], max_iter=300)
    print("movies  first frame  last frame  measured  longest gap")
    print(
        "        seconds of a core: openTSNE, scikit-learn; ms an update: tree early, grid early,"
    )
    print("        tree late, grid late")
    for n in sizes:
        vectors = movies.most_rated(n).vectors
        first, last, whole, gap = (
            statistics.median(column)
            for column in zip(
                *(live(backend, vectors) for _ in range(TIMES if n < 5000 else 1)), strict=True
            )
        )
        print(f"{len(vectors):6} {first:10.2f} s {last:9.1f} s {whole:7.1f} s {gap:10.2f} s")
        ours, other = core(lambda v=vectors: whole_run(v)), core(lambda v=vectors: project(v))
        print(
            f"        {ours:6.1f} {other:6.1f}  "
            + "  ".join(
                f"{repulsion(vectors, method, early):6.1f}"
                for early in (True, False)
                for method in ("bh", "fft")
            )
        )
    backend.shutdown()


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1000, 9066])
