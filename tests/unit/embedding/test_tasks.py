from __future__ import annotations

import pickle

import numpy as np
import pytest

from optviz.core.task import Cancelled, SilentContext
from optviz.embedding import tasks
from optviz.embedding.projections import project

CLOUD = np.random.default_rng(0).standard_normal((60, 8))
SETTINGS = {"perplexity": 8.0, "max_iter": 300, "seed": 3}


class Watcher(SilentContext):
    def __init__(self, cancel_at: int | None = None) -> None:
        self.events: list[tuple[str, dict]] = []
        self.steps: list[float] = []
        self.checks = 0
        self.cancel_at = cancel_at

    def emit(self, kind, **data):
        self.events.append((kind, data))

    def progress(self, done, total):
        self.steps.append(done / total)

    def checkpoint(self):
        self.checks += 1
        if self.checks == self.cancel_at:
            raise Cancelled


def test_the_task_streams_and_returns_what_project_does(monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_SECONDS_BETWEEN_GLIMPSES", 0.0)
    context = Watcher()
    layout = tasks.projection_task(context, CLOUD, "tsne", 2, SETTINGS)
    assert (
        layout.projection.coordinates.tobytes() == project(CLOUD, **SETTINGS).coordinates.tobytes()
    )
    assert layout.quality is not None
    assert layout.quality.trustworthiness > 0.6
    assert len(context.events) == 300
    assert context.steps == sorted(context.steps)
    kind, data = context.events[-1]
    assert kind == "glimpse"
    assert data["coordinates"].shape == (60, 2)


def test_cancelling_ends_it() -> None:
    context = Watcher(cancel_at=20)
    with pytest.raises(Cancelled):
        tasks.projection_task(context, CLOUD, "tsne", 2, SETTINGS)
    assert context.checks == 20


def test_three_points_have_no_measure_of_trust_beyond_one_neighbour() -> None:
    layout = tasks.projection_task(SilentContext(), CLOUD[:3], "pca", 2, {})
    assert layout.quality is not None
    assert layout.quality.k == 1


def test_lookup_task() -> None:
    assert tasks.lookup_task(SilentContext(), 1, [[1.0], [2.0]]).product == (2.0,)


def test_a_layout_can_travel_between_processes() -> None:
    layout = tasks.projection_task(SilentContext(), CLOUD, "pca", 3, {})
    back = pickle.loads(pickle.dumps(layout))
    assert back.projection.settings == layout.projection.settings
    assert back.projection.coordinates.tobytes() == layout.projection.coordinates.tobytes()
