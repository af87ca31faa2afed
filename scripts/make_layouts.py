"""Compute the layouts that the Embeddings page opens on: ``python -m scripts.make_layouts``.

One for each of its scenes, and the default map of each projection in both dimensions, from
the factors that come with the package, by the same task that
the page runs. Run it again whenever those factors or the scenes' settings change; a test says
when that is due. What is there already stays as it is, unless ``--anew`` is given.
"""

from __future__ import annotations

import sys
import time

from optviz.core.task import SilentContext
from optviz.embedding.precomputed import (
    FILE,
    Layout,
    LayoutKey,
    layout_key,
    load_layouts,
    save_layouts,
)
from optviz.embedding.projections import PROJECTIONS
from optviz.embedding.tasks import projection_task
from optviz.ui.embeddings_data import bundled_movies
from optviz.ui.embeddings_state import SCENES, EmbeddingsState


def wanted() -> dict[LayoutKey, EmbeddingsState]:
    """The distinct layouts that scenes and defaults show, and a state that shows each."""
    movies = bundled_movies()
    keys: dict[LayoutKey, EmbeddingsState] = {}
    defaults = [{"method": method, "dimensions": d} for method in PROJECTIONS for d in ("2", "3")]
    for fields in [*SCENES.values(), *defaults]:
        state = EmbeddingsState(**fields)
        settings = PROJECTIONS[state.method].settings(state.parameters(), state.n_movies)
        vectors = movies.most_rated(state.n_movies).vectors
        keys.setdefault(layout_key(vectors, state.method, int(state.dimensions), settings), state)
    return keys


def compute(state: EmbeddingsState) -> Layout:
    """One layout, as the page's job computes it."""
    vectors = bundled_movies().most_rated(state.n_movies).vectors
    return projection_task(
        SilentContext(), vectors, state.method, int(state.dimensions), state.parameters()
    )


def main() -> None:
    """Write them all."""
    known = {} if "--anew" in sys.argv[1:] else load_layouts()
    layouts = []
    for key, state in wanted().items():
        began = time.perf_counter()
        layout = known[key] if key in known else compute(state)
        print(key[1:], f"{time.perf_counter() - began:.1f} s", layout.quality)
        layouts.append((key, layout))
    save_layouts(layouts)
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
