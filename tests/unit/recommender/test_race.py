"""Runs side by side: the best, the differences, the clock, and the files."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math

import numpy as np

from optviz.recommender.config import CONTROLS, DEFAULTS, make_config
from optviz.recommender.fit import build_fit, fit_model
from optviz.recommender.race import (
    Entry,
    best_of,
    counted,
    differing,
    setting,
    to_csv,
    to_json,
)
from optviz.recommender.storage import bundled_model, dump_model, load_model
from optviz.training.history import EpochRecord

from .test_training import QUICK, small


def entry(name: str, *valid: float, state: str = "done", **controls: object) -> Entry:
    epochs = tuple(EpochRecord(i, 1.0, loss) for i, loss in enumerate(valid, 1))
    clock = tuple(0.5 * record.epoch for record in epochs)
    config = make_config("dot_bias", **controls)
    return Entry(name, config, "small", state, epochs, clock, 7 * len(epochs), 2.5)


def test_the_best_is_the_lowest_finite_validation_loss() -> None:
    runs = [entry("a", 0.9, 0.8, 0.85), entry("b", math.nan), entry("c"), entry("d", 0.79)]
    assert runs[0].best == EpochRecord(2, 1.0, 0.8)
    assert runs[1].best is None and runs[2].best is None
    assert best_of(runs) == 3
    assert best_of(runs[1:3]) is None
    assert best_of([runs[0], runs[0]]) == 0


def test_only_settings_that_are_used_can_differ() -> None:
    als, dot = DEFAULTS["als"], DEFAULTS["dot_bias"]
    assert setting(als, "lr") is None and setting(dot, "regularization") is None
    assert differing([dot, dot]) == []
    assert differing([dot, dot.replace(momentum=0.5)]) == []  # Adam has no such momentum
    assert differing([dot, dot.replace(seed=1, lr=0.1)]) == ["lr", "seed"]
    told = differing([als, dot])
    assert told[0] == "model" and {"regularization", "lr", "optimizer"} <= set(told)
    assert "split" not in told


def test_the_clock_is_looked_at_after_every_epoch() -> None:
    fit = build_fit(make_config("dot_bias", **QUICK["dot_bias"]), small())
    while not fit.run.done:
        fit.step()
    model = fit.model()
    assert len(model.clock) == len(model.history.epochs) == 2
    assert 0 < model.clock[0] < model.clock[1] == model.seconds
    assert load_model(dump_model(model)).clock == model.clock


def test_older_files_have_no_clock() -> None:
    model = bundled_model()
    assert model.clock == () and model.history.epochs
    content = dump_model(fit_model(make_config("als", **QUICK["als"]), small()))
    assert b"clock" in content
    assert load_model(content.replace(b"clock", b"clack")).clock == ()


def test_a_look_at_the_clock_serves_all_that_lies_between() -> None:
    at, known, clock = np.array([0, 0.25, 1, 1.5, 2]), np.array([1.0, 2.0]), np.array([4.0, 10.0])
    assert counted(at, known, clock).tolist() == [0, 1, 4, 7, 10]
    assert counted(at, np.zeros(0), np.zeros(0)).tolist() == [0] * 5


def test_files_hold_every_setting_and_every_epoch() -> None:
    runs = [
        entry("=1, “two”\n", 0.9, 0.8, lr=0.02),
        entry("b", math.nan, state="running"),
    ]
    rows = list(csv.DictReader(io.StringIO(to_csv(runs))))
    assert [row["name"] for row in rows] == ["=1, “two”\n", "b"]
    assert set(CONTROLS) < set(rows[0])
    assert (rows[0]["lr"], rows[0]["best_valid_loss"], rows[0]["best_epoch"]) == (
        "0.02",
        "0.8",
        "2",
    )
    assert (rows[1]["best_valid_loss"], rows[1]["state"]) == ("", "running")
    told = json.loads(to_json(runs))
    assert make_config(**told[0]["config"]) == runs[0].config
    assert told[0]["epochs"][1] == {
        "epoch": 2, "train_loss": 1.0, "valid_loss": 0.8, "seconds": 1.0
    }  # fmt: skip
    assert told[1]["epochs"][0]["valid_loss"] is None
    changed = dataclasses.replace(runs[0], changes=((7, 0.003), (9, 0.5)))
    (row,) = csv.DictReader(io.StringIO(to_csv([changed])))
    assert row["lr_changes"] == "7:0.003 9:0.5"
    assert json.loads(to_json([changed]))[0]["lr_changes"][1] == {"step": 9, "lr": 0.5}
