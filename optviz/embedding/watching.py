"""Looking over the shoulder of scikit-learn's t-SNE without touching its sums.

scikit-learn reports nothing while it works. Running it in chunks, each from where the last
ended, would be another algorithm: every chunk starts with momentum and gains at zero. So the
one function that it calls at every update, the gradient of the loss, is given a front door:
it shows the current layout to a watcher, then calls the original with the same arguments and
hands back what that returns. A test compares the result with an unwatched run, bit for bit.

The function's name is private to scikit-learn. Should another version rename it, the run goes
unwatched, with the same result; a test tells us.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from optviz.embedding.projections import Glimpse, Watch

__all__ = ["watched"]

_GRADIENT = "_kl_divergence_bh"
_EXAGGERATED = 250
"""scikit-learn's number of updates with early exaggeration."""

# The door is one per process: two watched runs at once would see each other's layouts.
_one_at_a_time = threading.Lock()


@contextmanager
def watched(watch: Watch | None, n: int, dimensions: int, total: int) -> Iterator[None]:
    """While open, ``watch`` is called before every update of a t-SNE run on ``n`` points."""
    from sklearn.manifold import _t_sne

    original: Callable[..., tuple[float, Any]] | None = getattr(_t_sne, _GRADIENT, None)
    if watch is None or original is None:
        yield
        return
    made = 0
    loss: float | None = None

    def front_door(params: Any, *args: Any, **kwargs: Any) -> tuple[float, Any]:
        nonlocal made, loss

        def glimpse() -> Glimpse:
            layout = np.array(params, dtype=np.float32).reshape(n, dimensions)
            return Glimpse(made, total, layout, loss)

        watch(made, total, glimpse)
        error, grad = original(params, *args, **kwargs)
        made += 1
        if made > _EXAGGERATED and kwargs.get("compute_error"):
            loss = float(error)
        return error, grad

    with _one_at_a_time:
        setattr(_t_sne, _GRADIENT, front_door)
        try:
            yield
        finally:
            setattr(_t_sne, _GRADIENT, original)
