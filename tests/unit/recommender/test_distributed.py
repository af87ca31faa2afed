"""Training in two processes is training in one, but for rounding."""

from __future__ import annotations

import re
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from optviz.core.problem import Problem
from optviz.recommender.config import TrainConfig, make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.distributed import ParallelRun, build_parallel_fit, process_group
from optviz.recommender.fit import Fit, build_fit
from optviz.recommender.storage import load_model

ROOT = Path(__file__).parents[3]

# The last batch of an epoch is a smaller one, and the seventh step belongs to the second epoch.
SETTINGS = {"n_factors": 6, "epochs": 2, "batch_size": 16_384}
STEPS = 7


@pytest.fixture
def config() -> TrainConfig:
    return make_config("dot_bias", **SETTINGS)


def trained(fit: Fit) -> Fit:
    for _ in range(STEPS):
        fit.step()
    return fit


def test_two_processes_take_the_steps_of_one(config: TrainConfig, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    settings = [f"{name}={value}" for name, value in SETTINGS.items()]
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*program, "--nproc-per-node=2", "-m", "scripts.train_distributed"]
    run = subprocess.run(
        [*command, f"--steps={STEPS}", f"--save={path}", *settings],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "trained by 2 process(es)" in run.stdout
    told = [float(loss) for loss in re.findall(r"step \d+: train ([\d.]+)", run.stdout)]

    one = trained(build_fit(config, load_ratings()))
    np.testing.assert_allclose(told, [r.train_loss for r in one.run.history.batches], rtol=1e-6)
    saved, whole = load_model(path, load_ratings()), one.model()  # as the page opens it
    assert saved.config == config
    assert saved.history.epochs[0].valid_loss == pytest.approx(
        whole.history.epochs[0].valid_loss, rel=1e-6
    )
    assert saved.valid_mse == pytest.approx(whole.valid_mse, rel=1e-6)
    for name, weight in whole.weights.items():
        np.testing.assert_allclose(saved.weights[name], weight, atol=1e-4)


def test_alone_it_is_the_plain_run_to_the_last_bit(config: TrainConfig) -> None:
    one = trained(build_fit(config, load_ratings()))
    with process_group() as (rank, world):
        assert (rank, world) == (0, 1)
        alone = trained(build_parallel_fit(config, load_ratings()))
    assert isinstance(alone.run, ParallelRun)
    assert alone.run.history == one.run.history
    for name, weight in one.weights().items():
        np.testing.assert_array_equal(alone.weights()[name], weight)


def test_nothing_of_a_group_outlives_it(config: TrainConfig) -> None:
    with process_group():
        build_parallel_fit(config, load_ratings()).step()
        group = weakref.ref(dist.group.WORLD)
        assert group() is not None
    assert group() is None  # and with it its threads, which could abort a process that ends


def test_what_cannot_be_shared_out(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    with process_group():
        monkeypatch.setattr("torch.distributed.get_world_size", lambda: 3)
        with pytest.raises(Problem, match="16384 rows cannot be shared out among 3"):
            build_parallel_fit(config, load_ratings())
        with pytest.raises(Problem, match="net cannot be trained in several"):
            build_parallel_fit(make_config("net"), load_ratings())
