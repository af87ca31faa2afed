"""What large files of one's own cost: ``python -m benchmarks.own_embeddings [n] [d] [updates]``.

Made-up vectors (twenty heaps, 100,000 × 512 by default) are written in each form and read by the
page's own task; then the page's PCA with its measure of trust, the figure, neighbours of one
point, and the beginning of a live t-SNE: its start (neighbours included), the mean of the first
updates and what 1,000 of that pace would take. One run each; seconds by the clock, then seconds of
a processor core, which a busy machine hardly changes; and the most memory that this process held.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from optviz.core.task import SilentContext
from optviz.embedding.live import EVERY, LiveRun, LiveSettings
from optviz.embedding.neighbours import nearest
from optviz.embedding.own_table import OwnTable, points_of
from optviz.embedding.own_tasks import own_task
from optviz.embedding.precomputed import layout_key
from optviz.embedding.tasks import projection_task
from optviz.figures.embeddings import map_figure
from optviz.figures.theme import theme
from optviz.language import Text
from optviz.ui.embeddings_own import points_as_movies


def timed(words: str, work: Callable[[], Any]) -> Any:
    """The result of some work; how long it took is printed, by the clock and of a core."""
    began, core = time.perf_counter(), time.process_time()
    found = work()
    clock, core = time.perf_counter() - began, time.process_time() - core
    print(f"{words:<44} {clock:8.2f} s {core:8.2f} s", flush=True)
    return found


def written(folder: Path, n: int, d: int) -> dict[str, Path]:
    """The same table in each form."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    random = np.random.default_rng(0)
    heap = random.integers(0, 20, n)
    vectors = random.normal(size=(20, d)).astype(np.float32)[heap]
    vectors += random.normal(size=(n, d)).astype(np.float32)
    table = pa.table(
        {"name": [f"point {i}" for i in range(n)], "heap": [f"heap {i}" for i in heap]}
        | {f"dim_{i}": vectors[:, i] for i in range(d)}
    )
    paths = {kind: folder / f"points.{kind}" for kind in ("npy", "parquet", "csv")}
    np.save(paths["npy"], vectors)
    parquet.write_table(table, paths["parquet"])
    csv.write_csv(table, paths["csv"])
    return paths


def main(n: int = 100_000, d: int = 512, updates: int = 30) -> None:
    """Print a line for each step."""
    print(f"{n:,} × {d}")
    with tempfile.TemporaryDirectory() as folder:
        own: OwnTable | None = None
        for kind, path in written(Path(folder), n, d).items():
            words = f"read {kind} ({path.stat().st_size / 1e6:,.0f} MB)"
            given = [(path.name, str(path))]
            own = timed(words, lambda given=given: own_task(SilentContext(), given))
    assert own is not None
    table = own
    movies = timed("points", lambda: points_as_movies("", points_of(table, table.described)))
    timed("fingerprint", lambda: layout_key(movies.vectors, "pca", 2, {}))
    layout = timed(
        "PCA and its measure of trust",
        lambda: projection_task(SilentContext(), movies.vectors, "pca", 2, {}),
    )
    print(f"{'of which PCA':<44} {layout.projection.seconds:8.2f} s", flush=True)
    figure = timed(
        "figure",
        lambda: map_figure(
            layout.projection.coordinates, movies.items, text=Text("en"), theme=theme("light"),
            colour="column:heap",
        ),
    )  # fmt: skip
    content = timed("figure as text", figure.to_json)
    print(f"{'its size':<44} {len(content) / 1e6:8.2f} MB")
    timed("ten neighbours of a point", lambda: nearest(movies.vectors, 7, 10))
    run = timed("live t-SNE: start", lambda: LiveRun(movies.vectors, LiveSettings()))
    began = time.process_time()
    timed(f"{updates} updates", lambda: [run.advance() for _ in range(updates // EVERY)])
    each = (time.process_time() - began) / updates
    print(f"{'so 1,000 updates, of a core':<44} {1000 * each:8.0f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'most memory':<44} {peak:8.2f} GiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
