"""How soon a live t-SNE moves and ends: ``python -m benchmarks.live_tsne [n …]``.

The page's own job, in a warm worker, with the bundled movie factors and the default settings:
seconds from asking to the first frame, to the last one and to the measure of trust, and the
longest time between two frames. Beside it scikit-learn's t-SNE with the same settings, and
openTSNE's two ways of finding the repulsion, a tree of points and interpolation on a grid, for
25 updates of a small map (early on) and of a large one (late).
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from optviz.embedding.live import LiveRun, LiveSettings
from optviz.embedding.projections import project
from optviz.jobs import WorkerBackend
from optviz.ui.embeddings_data import bundled_movies

TIMES = 3


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


def repulsion(vectors: np.ndarray, method: str, early: bool) -> float:
    """Milliseconds for one update."""
    run = LiveRun(vectors, LiveSettings())
    for _ in range(3 if early else 60):
        run.advance()
    began = time.perf_counter()
    run._map.optimize(25, negative_gradient_method=method)
    return (time.perf_counter() - began) / 25 * 1e3


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    movies = bundled_movies()
    backend = WorkerBackend(1)
    live(backend, movies.vectors[:100])  # imports and first-call costs
    project(movies.vectors[:100], max_iter=300)
    print("movies  first frame  last frame  measured  longest gap  scikit-learn")
    print("        ms an update: tree early, grid early, tree late, grid late")
    for n in sizes:
        vectors = movies.most_rated(n).vectors
        first, last, whole, gap = (
            statistics.median(column)
            for column in zip(*(live(backend, vectors) for _ in range(TIMES)), strict=True)
        )
        began = time.perf_counter()
        project(vectors)
        other = time.perf_counter() - began
        print(
            f"{len(vectors):6} {first:10.2f} s {last:9.1f} s {whole:7.1f} s {gap:10.2f} s "
            f"{other:11.1f} s"
        )
        print(
            "        "
            + "  ".join(
                f"{repulsion(vectors, method, early):6.1f}"
                for early in (True, False)
                for method in ("bh", "fft")
            )
        )
    backend.shutdown()


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1000, 9066])
