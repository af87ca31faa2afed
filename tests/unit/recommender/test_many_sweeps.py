"""Sweeps with other seeds are those seeds' sweeps; a group's sweep moves that group alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender.config import NEURAL, make_config
from optviz.recommender.fit import build_fit
from optviz.recommender.layers import layer_groups
from optviz.recommender.many_sweeps import (
    GroupSweeps,
    SeedSweeps,
    group_sweeps_task,
    seed_sweep_task,
)
from optviz.recommender.sweeps import RecommenderSetup, recommender_sweep_task
from optviz.training.groups import regroup
from optviz.training.lr_finder import lr_range_test
from optviz.training.suggestions import suggest_group_lr
from optviz.training.sweeps import SmallSetup, SweepPlan, small_sweep_task

from .test_training import QUICK, small

PLAN = SweepPlan(1e-4, 1.0, 30)


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optviz.recommender.sweeps.read_again", lambda source: small())


def setup(model: str, **more: Any) -> RecommenderSetup:
    return RecommenderSetup(make_config(model, **{**QUICK[model], **more}))


@pytest.mark.parametrize("model", [*NEURAL, "digits"])
def test_each_seed_s_sweep_is_the_sweep_of_that_seed(model: str) -> None:
    if model == "digits":
        own: Any = SmallSetup("digits", "adam", seed=7)
        alone = small_sweep_task(SilentContext(), SmallSetup("digits", "adam", seed=1), PLAN)
    else:
        own = setup(model, seed=7)
        alone = recommender_sweep_task(SilentContext(), setup(model, seed=1), PLAN)
    request = SeedSweeps(own, PLAN, 2)
    first, second = (seed_sweep_task(SilentContext(), request, seed) for seed in range(2))
    np.testing.assert_array_equal(second[0], alone.lrs)
    np.testing.assert_array_equal(second[1], alone.losses)
    assert (first[1] != second[1]).any()


@pytest.mark.parametrize("model", NEURAL)
def test_a_group_is_swept_alone_and_the_others_keep_their_rate(model: str) -> None:
    run: Any = build_fit(setup(model).config, small()).run
    groups = layer_groups(run.model)
    together = [id(p) for group in groups.values() for p in group]
    assert sorted(together) == sorted(id(p) for p in run.model.parameters())
    regroup(run.optimizer, list(groups.values()), [0.01] * len(groups))
    for point in lr_range_test(
        run.model, run.optimizer, run.next_loss, start_lr=1e-4, end_lr=1.0, n_iter=9,
        generators=run.generators, stateful=(run,), group=1,
    ):  # fmt: skip
        rates = [group["lr"] for group in run.optimizer.param_groups]
        assert rates.pop(1) == point.lr and set(rates) == {0.01}


@pytest.mark.parametrize("model", NEURAL)
def test_a_group_that_stands_still_does_not_move(model: str) -> None:
    found = group_sweeps_task(SilentContext(), GroupSweeps(setup(model), PLAN))
    run: Any = build_fit(setup(model).config, small()).run
    assert [sweep.name for sweep in found] == list(layer_groups(run.model))
    for place, sweep in enumerate(found):
        assert len(sweep.lrs) == len(sweep.losses) == len(sweep.still)
        # The very steps with that group's parameters left out of the optimizer.
        run = build_fit(setup(model).config, small()).run
        groups = list(layer_groups(run.model).values())
        others = [p for at, group in enumerate(groups) if at != place for p in group]
        config = setup(model).config
        plain = torch.optim.Adam(
            others, lr=config.lr, weight_decay=config.weight_decay, fused=True
        )  # fmt: skip
        losses = []
        run.model.train()
        for _ in sweep.lrs:
            run.model.zero_grad()
            loss = run.next_loss()
            losses.append(float(loss.detach()))
            loss.backward()
            plain.step()
        np.testing.assert_array_equal(sweep.still, losses)
        assert sweep.losses[0] == losses[0]
    assert any((sweep.losses != sweep.still).any() for sweep in found)


def test_a_group_s_advice_is_about_its_own_doing() -> None:
    lrs = np.geomspace(1e-4, 1.0, 60)
    still = np.linspace(2.0, 1.0, 60)  # the others learn meanwhile
    dip = np.exp(-((np.log10(lrs) + 1) ** 2) / 0.1)
    at = suggest_group_lr(lrs, still - 0.1 * dip, still)
    assert at == pytest.approx(0.01, rel=0.1)
    with pytest.raises(Problem, match="hardly at all"):
        suggest_group_lr(lrs, still - 1e-4 * dip, still)
    bump = np.exp(-((np.log10(lrs) + 2.3) ** 2) / 0.1)
    suggest_group_lr(lrs, still - 0.1 * dip + 0.04 * bump, still)
    with pytest.raises(Problem, match="chance"):
        suggest_group_lr(lrs, still - 0.1 * dip + 0.06 * bump, still)
    with pytest.raises(Problem, match="only rose"):
        suggest_group_lr(lrs, still[::-1], still)
