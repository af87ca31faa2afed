"""What is measured on a finished map by a job: how far to trust it, and its crowded places."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.quality import Measures
from optviz.figures.embeddings_paint import MEASURED
from optviz.jobs import Job, default_backend
from optviz.ui import controls
from optviz.ui.embeddings_layouts import Shown
from optviz.ui.embeddings_state import EmbeddingsState
from optviz.ui.frame import Page
from optviz.ui.state import Store, remember
from optviz.ui.waiting import awaited

__all__ = ["known_measures", "render_measures"]

_NEIGHBOURS = 10
_KEPT = 24


def _known() -> OrderedDict[Any, Any]:
    """(kind, key of the layout) → what was measured, the oldest first."""
    return remember("embeddings measured", OrderedDict)


def known_measures(shown: Shown) -> Mapping[str, NDArray[Any]]:
    """Those of the paint's ``MEASURED`` that are known of a map."""
    found: dict[str, NDArray[Any]] = {}
    measures: Measures | None = _known().get(("quality", shown.request.key))
    if measures is not None:
        found["quality"] = measures.per_point
    clusters = _known().get(("cluster", shown.request.key))
    if clusters is not None:
        found["cluster"] = clusters
    return found


def render_measures(page: Page, store: Store[EmbeddingsState], shown: Shown) -> None:
    """Draw the switch and the table of measures; have measured what the colours ask for.

    Call it last: it may wait.
    """
    text, state = page.text, store.value
    n = len(shown.request.movies)
    k = min(_NEIGHBOURS, (n - 1) // 2)
    controls.switch(store, "trust", text("embeddings.trust.all"))
    lacking = state.colour in MEASURED and state.colour not in known_measures(shown)
    try:
        if state.trust:
            _table(page, shown, _measured(page, "quality", shown, k))
        if lacking:
            _measured(page, state.colour, shown, k)
    except Problem as problem:
        page.problem(problem)
        return
    if lacking:
        st.rerun()  # the map above was drawn in grey


def _measured(page: Page, kind: str, shown: Shown, k: int) -> Any:
    key = (kind, shown.request.key)
    known = _known()
    if key not in known:
        known[key] = awaited(
            f"embeddings {kind}", key, lambda: _begin(kind, shown, k),
            page.text(f"embeddings.trust.wait_{kind}"),
        )  # fmt: skip
        while len(known) > _KEPT:
            known.popitem(last=False)
    return known[key]


def _begin(kind: str, shown: Shown, k: int) -> Job:
    coordinates = shown.layout.projection.coordinates
    if kind == "cluster":
        return default_backend().submit(
            "optviz.embedding.map_tasks:cluster_task", coordinates=coordinates
        )
    return default_backend().submit(
        "optviz.embedding.map_tasks:measure_task",
        vectors=shown.request.movies.vectors,
        coordinates=coordinates,
        k=k,
        normalize=bool(shown.layout.projection.settings["normalize"]),
    )


def _table(page: Page, shown: Shown, found: Measures) -> None:
    text = page.text
    values = {
        "trustworthiness": found.trustworthiness,
        "continuity": found.continuity,
        "recall": found.kept,
        "ranks": found.rank_correlation,
    }
    kl = shown.layout.projection.kl_divergence
    if kl is not None:
        values["kl"] = kl
    rows = [
        f"| {text(f'embeddings.trust.{name}')} | {_number(value)} "
        f"| {text(f'embeddings.trust.{name}_note', k=found.k, ranked=f'{found.ranked:,}')} |"
        for name, value in values.items()
    ]
    head = f"| {text('embeddings.trust.measure')} | | {text('embeddings.trust.meaning')} |"
    with st.container(key="embeddings-measures"):
        st.html("<style>.st-key-embeddings-measures td:last-child { white-space: normal; }</style>")
        st.markdown("\n".join([head, "| --- | ---: | --- |", *rows]))
    worst = np.sort(found.per_point)[: max(1, len(found.per_point) // 10)]
    st.caption(text("embeddings.trust.worst", share=100 * float(worst.mean()), k=found.k))


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}".replace("-", "−")
