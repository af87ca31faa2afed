"""A job that a cluster begins anew: what was taken in before is forgotten, not shown twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.jobs.handle import RecordedJob
from optviz.jobs.record import Record
from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.ui.embeddings_live_runs import LiveShown
from optviz.ui.learning_rate_sweeps import SweepRun
from optviz.ui.recommender_run import Data, Run
from optviz.ui.schedules_jobs import Training

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def record() -> Record:
    record = Record("id", "module:task")
    record.enter("running")
    return record


def tell(record: Record, told: Told) -> None:
    for kind, data in told:
        record.add_event(kind, data, 0.0)


def batch(step: int) -> tuple[str, dict[str, Any]]:
    return "batch", {
        "epoch": [step / 2], "train_loss": [1 / step], "step": [step], "seconds": float(step)
    }  # fmt: skip


EPOCH = "epoch", {"epoch": 1, "train_loss": 1.0, "valid_loss": 0.5, "seconds": 2.0}


def test_a_training_run(record: Record) -> None:
    job = RecordedJob(record, lambda *words: None)
    run = Run(make_config("dot_bias"), Data(load_ratings()), job)
    told = [batch(1), ("lr", {"step": 1, "lr": 0.1}), batch(2), EPOCH, batch(3)]
    tell(record, told)
    run.read()
    assert run.curve().steps.tolist() == [1, 2, 3]
    record.restart()
    tell(record, told[:3])
    run.read()
    curve = run.curve()
    assert curve.steps.tolist() == [1, 2]
    assert curve.epochs.size == 0
    assert curve.looks.tolist() == [0.5, 1.0]
    assert run.changes == [(1, 0.1)]


def test_a_training_run_that_went_on_from_an_epoch(record: Record, tmp_path: Any) -> None:
    first = Record("first", "module:task")
    first.enter("running")
    run = Run(
        make_config("dot_bias"),
        Data(load_ratings()),
        RecordedJob(first, lambda *words: None),
    )
    tell(first, [batch(1), batch(2), EPOCH, batch(3)])
    run.read()
    run.begin_again(RecordedJob(record, lambda *words: None), tmp_path, 1)
    tell(record, [batch(3)])
    run.read()
    record.restart()
    tell(record, [batch(3), batch(4)])
    run.read()
    assert run.curve().steps.tolist() == [1, 2, 3, 4]
    assert run.curve().epochs.tolist() == [1]


def test_a_sweep_and_a_schedule(record: Record) -> None:
    job = RecordedJob(record, lambda *words: None)
    sweep, training = SweepRun(None, job), Training("constant", job)  # type: ignore[arg-type]
    told: Told = [
        ("sweep", {"lrs": np.array([0.1, 0.2]), "losses": np.array([2.0, 1.0])}),
        ("moves", {"epochs": np.array([1.0]), "norms": np.ones((1, 3))}),
    ]
    tell(record, told)
    for followed in (sweep, training):
        followed.read()
    record.restart()
    tell(record, told)
    for followed in (sweep, training):
        followed.read()
    assert sweep.curve.lrs.tolist() == [0.1, 0.2]
    assert training.moves.epochs.tolist() == [1.0]


def test_a_live_map(record: Record) -> None:
    live = LiveShown(None, None, None, RecordedJob(record, lambda *words: None))  # type: ignore[arg-type]
    before = live.run
    frame = {
        "iteration": 1, "coordinates": np.zeros((2, 2)), "kl_divergence": 1.0, "exaggeration": 1.0,
        "seconds": 0.1, "perplexities": (30.0,),
    }  # fmt: skip
    tell(record, [("frame", frame), ("frame", frame | {"iteration": 2})])
    live.read()
    live.sent = 2
    record.restart()
    tell(record, [("frame", frame)])
    live.read()
    assert [shown.iteration for shown in live.frames] == [1]
    assert len(live.sides) == 1
    assert live.sent == 0
    assert live.run != before
