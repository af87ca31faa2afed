"""How long a map takes: ``python -m benchmarks.projections [n …]``.

t-SNE, UMAP (default settings) and PCA of the bundled movie factors, with and without somebody
watching, plus the measure of trust and a neighbour query. One warm-up, then the median of three.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from optviz.embedding.neighbours import nearest
from optviz.embedding.projections import project
from optviz.embedding.quality import quality
from optviz.ui.embeddings_data import bundled_movies


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """Median duration."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    movies = bundled_movies()
    project(movies.vectors[:100], "tsne", max_iter=300)  # imports and first-call costs
    began = time.perf_counter()
    project(movies.vectors[:100], "umap")
    print(f"UMAP's first map in a process, compiling included: {time.perf_counter() - began:.1f} s")
    print(
        f"{'movies':>7} {'t-SNE':>8} {'watched':>8} {'UMAP':>8} {'PCA':>8} {'trust':>8} "
        f"{'nearest':>9}"
    )
    for n in sizes:
        vectors = movies.most_rated(n).vectors
        flat = project(vectors, "pca").coordinates
        row = (
            seconds(lambda v=vectors: project(v)),
            seconds(lambda v=vectors: project(v, watch=lambda i, n, look: None)),
            seconds(lambda v=vectors: project(v, "umap")),
            seconds(lambda v=vectors: project(v, "pca")),
            seconds(lambda v=vectors, f=flat: quality(v, f, 10)),
            seconds(lambda v=vectors: nearest(v, 0, 8)),
        )
        tsne, watched, umap, pca, trust, near = row
        print(
            f"{len(vectors):7} {tsne:6.2f} s {watched:6.2f} s {umap:6.2f} s {pca:6.3f} s "
            f"{trust:6.3f} s {near * 1e3:6.2f} ms"
        )


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1000, 3000])
