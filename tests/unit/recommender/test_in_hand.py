"""Training that is held in the hand: one step, one epoch, back, another rate, early end."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optviz.core.task import SilentContext
from optviz.recommender import tasks
from optviz.recommender.config import MODELS, make_config
from optviz.recommender.fit import Fit, build_fit, fit_model
from optviz.recommender.fitted import FittedModel
from optviz.recommender.storage import dump_model, load_model
from optviz.training.checkpoints import Checkpoints
from optviz.training.history import EpochRecord, History

from .test_training import QUICK, small


class Hand(SilentContext):
    """Says what it has been told to say whenever the task holds itself; then it is stopped.

    Args:
        words: Of each turn; the first is said at once.
    """

    def __init__(self, *words: dict[str, Any]) -> None:
        self.words = list(words)
        self.now = [self.words.pop(0)] if words else []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.holds: list[int] = []
        self.stop_requested = False

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))

    def messages(self) -> list[dict[str, Any]]:
        told, self.now = self.now, []
        return told

    def hold(self) -> None:
        steps = [data["step"] for kind, data in self.events if kind == "batch"]
        self.holds.append(int(np.concatenate(steps)[-1]))
        self.stop_requested = not self.words
        self.now = [self.words.pop(0)] if self.words else []


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "read_again", lambda source: small())


def config(model: str, **controls: Any) -> dict[str, Any]:
    return make_config(model, **{**QUICK[model], "epochs": 4, **controls}).to_dict()


def same(one: FittedModel, other: FittedModel) -> None:
    """Bit for bit, the clock aside."""
    assert one.history.to_json() == other.history.to_json()
    assert one.valid_mse == other.valid_mse and one.changes == other.changes
    for name, array in one.weights.items():
        assert np.array_equal(array, other.weights[name]), name


@pytest.mark.parametrize("model", MODELS)
def test_one_batch_one_epoch_and_on(model: str) -> None:
    recipe = config(model)
    each = build_fit(make_config(**recipe), small()).run.steps_per_epoch
    hand = Hand({"until": "batch"}, {"until": "epoch"}, {"until": "epoch"}, {"until": "end"})
    result = tasks.train_task(hand, None, recipe)
    first = (1 // each + 1) * each  # an epoch that was begun is brought to its end
    assert hand.holds == [1, first, first + each]
    same(result, tasks.train_task(SilentContext(), None, recipe))


@pytest.mark.parametrize("model", MODELS)
def test_back_and_on_is_as_if_nothing_had_been(model: str, tmp_path: Path) -> None:
    recipe, folder = config(model), tmp_path / "run"
    whole = tasks.train_task(SilentContext(), None, recipe, folder=str(folder))
    kept = Checkpoints(folder)
    assert kept.epochs == [1, 2, 3, 4]
    for number, epoch in enumerate((3, 1)):
        kept = kept.move(tmp_path / f"again {number}", epoch)
        again = Hand()
        result = tasks.train_task(
            again, None, recipe, folder=str(tmp_path / f"again {number}"), start=epoch
        )
        same(result, whole)
        told = [data["epoch"] for kind, data in again.events if kind == "epoch"]
        assert told == list(range(epoch + 1, 5))
        assert len(result.clock) == 4 and list(result.clock) == sorted(result.clock)


def test_another_rate_holds_from_the_next_step_on(tmp_path: Path) -> None:
    recipe = config("dot_bias", lr=0.01, schedule="constant")
    hand = Hand({"until": "epoch"}, {"lr": 0.003, "until": "end"})
    changed = tasks.train_task(hand, None, recipe, folder=str(tmp_path / "run"))
    step = hand.holds[0]
    rates = [record.lr for record in changed.history.batches]
    assert rates == [0.01] * step + [0.003] * (len(rates) - step)
    assert changed.changes == ((step, 0.003),)
    # The same as a fit that goes on under the other recipe, whatever the schedule.
    first, second = (build_fit(make_config(**config("dot_bias", lr=lr, schedule="one_cycle")),
                               small()) for lr in (0.01, 0.003))  # fmt: skip
    for _ in range(step + 3):
        first.step()
    second.run.load_state_dict(first.run.state_dict())
    first.set_lr(0.003)
    finish(first)
    finish(second)
    assert first.run.history == second.run.history
    # It is remembered: back in time before it, and after it; and in a file.
    kept = Checkpoints(tmp_path / "run").move(tmp_path / "later", 2)
    same(tasks.train_task(SilentContext(), None, recipe, folder=str(tmp_path / "later"), start=2),
         changed)  # fmt: skip
    kept.move(tmp_path / "sooner", 1)
    before = tasks.train_task(
        SilentContext(), None, recipe, folder=str(tmp_path / "sooner"), start=1
    )
    same(before, fit_model(make_config(**recipe), small()))
    assert load_model(dump_model(changed)).changes == changed.changes


def finish(fit: Fit) -> None:
    while not fit.done:
        fit.step()


def test_als_has_no_rate_to_change() -> None:
    hand = Hand({"lr": 0.5})
    result = tasks.train_task(hand, None, config("als"))
    assert result.changes == ()


def test_patience_ends_a_run_that_gets_no_better() -> None:
    recipe = make_config("dot_bias", **{**QUICK["dot_bias"], "epochs": 40, "lr": 0.1})
    whole = fit_model(recipe, small())
    losses = [record.valid_loss for record in whole.history.epochs]
    for patience in (1, 3):
        ended = fit_model(recipe.replace(patience=patience), small())
        least = itertools.accumulate(losses, min)
        since = 0
        for epoch, (loss, best) in enumerate(zip(losses, least, strict=True), 1):
            since = 0 if loss == best and loss not in losses[: epoch - 1] else since + 1
            if since == patience:
                break
        assert len(ended.history.epochs) == epoch < 40
        assert ended.history.epochs == whole.history.epochs[:epoch]


def test_patience_counts_from_the_best() -> None:
    def history(*losses: float) -> History:
        return History([], [EpochRecord(i, 1.0, loss) for i, loss in enumerate(losses, 1)])

    assert not history(2, 1).stalled(1)
    assert history(2, 1, 1).stalled(1)  # equal is no better
    assert not history(2, 1, 3).stalled(2) and history(2, 1, 3, 2).stalled(2)
    assert not history(1, 2, 3).stalled(0)
    assert history(1, float("nan")).stalled(1)
    assert not history().stalled(1)
