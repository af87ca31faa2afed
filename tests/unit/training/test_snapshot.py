"""Whatever is tried, everything is afterwards as it was: later training is equal bit for bit."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optviz.training.lr_finder import constant_rates, lr_range_test, set_lr
from optviz.training.snapshot import restored


class Session:
    """A model with dropout and batch norm, trained from every source of randomness there is."""

    def __init__(self, optimizer: str, scheduler: str | None) -> None:
        torch.manual_seed(3)
        np.random.seed(4)  # noqa: NPY002
        random.seed(5)
        self.numpy = np.random.default_rng(6)
        self.torch = torch.Generator().manual_seed(7)
        self.model = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1)
        )
        parameters = [
            {"params": self.model[0].parameters(), "lr": 0.01},
            {"params": self.model[4].parameters(), "lr": 0.02},
        ]
        self.optimizer: torch.optim.Optimizer
        if optimizer == "sgd":
            self.optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
        else:
            kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[optimizer]
            self.optimizer = kind(parameters, lr=0.01, amsgrad=True)
        self.scheduler: Any = None
        if scheduler == "step":
            self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 3, 0.5)
        elif scheduler == "one_cycle":
            self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
                self.optimizer, max_lr=0.1, total_steps=40
            )

    def next_loss(self) -> torch.Tensor:
        shift = random.random() + float(np.random.random())  # noqa: NPY002
        inputs = torch.randn(16, 4, generator=self.torch) + shift
        noise = torch.tensor(self.numpy.normal(size=(16, 1)), dtype=torch.float32)
        target = inputs.sum(1, keepdim=True) + 0.1 * noise + 0.1 * torch.randn(16, 1)
        return nn.functional.mse_loss(self.model(inputs), target)

    def train(self, steps: int) -> list[float]:
        losses = []
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = self.next_loss()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            if self.scheduler is not None:
                self.scheduler.step()
            losses.append(loss.item())
        return losses

    def everything(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "gradients": [None if p.grad is None else p.grad for p in self.model.parameters()],
            "training": [module.training for module in self.model.modules()],
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler else None,
            "torch": torch.get_rng_state(),
            "numpy": np.random.get_state()[1:3],  # noqa: NPY002
            "python": random.getstate(),
            "own torch": self.torch.get_state(),
            "own numpy": self.numpy.bit_generator.state,
        }

    def sweep(self, **settings: Any) -> Iterator[Any]:
        return lr_range_test(
            self.model, self.optimizer, self.next_loss, scheduler=self.scheduler,
            generators=[self.torch, self.numpy], **settings,
        )  # fmt: skip


def same(a: Any, b: Any) -> bool:
    """Equality, bit for bit, NaN equal to itself."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a.nan_to_num(1e30), b.nan_to_num(1e30))
    if isinstance(a, np.ndarray):
        return bool((a == b).all())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def run_to_end(session: Session) -> None:
    assert len(list(session.sweep(n_iter=30, stop_factor=float("inf")))) >= 20


def diverge(session: Session) -> None:
    points = list(session.sweep(start_lr=1.0, end_lr=1e30, n_iter=30, stop_factor=float("inf")))
    assert not np.isfinite(points[-1].loss)


def leave_early(session: Session) -> None:
    points = session.sweep(n_iter=30)
    for _ in range(7):
        next(points)
    points.close()  # type: ignore[attr-defined]


def break_off(session: Session) -> None:
    calls = iter(range(1000))

    def failing() -> torch.Tensor:
        if next(calls) == 5:
            raise RuntimeError("no more batches")
        return session.next_loss()

    with suppress(RuntimeError):
        list(
            lr_range_test(
                session.model, session.optimizer, failing, scheduler=session.scheduler,
                generators=[session.torch, session.numpy],
            )
        )  # fmt: skip
    assert next(calls) == 6


def try_rates(session: Session) -> None:
    steps = constant_rates(
        session.model, session.optimizer, session.next_loss, lrs=[1e-3, 1e9], n_steps=8,
        generators=[session.torch, session.numpy],
    )  # fmt: skip
    assert len(list(steps)) > 8


@pytest.mark.parametrize("before", [0, 6])
@pytest.mark.parametrize("scheduler", [None, "step", "one_cycle"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "adamw"])
def test_later_training_is_bit_equal(optimizer: str, scheduler: str | None, before: int) -> None:
    plain, swept = Session(optimizer, scheduler), None
    plain.train(before)
    losses = plain.train(12)
    expected = copy.deepcopy(plain.everything())

    swept = Session(optimizer, scheduler)
    swept.train(before)
    run_to_end(swept)
    assert swept.train(12) == losses
    assert same(swept.everything(), expected)


@pytest.mark.parametrize("tried", [run_to_end, diverge, leave_early, break_off, try_rates])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_everything_is_put_back(optimizer: str, tried: Callable[[Session], None]) -> None:
    session = Session(optimizer, "step")
    session.train(5)
    session.model.eval()
    session.model[3].train()  # a mixture: dropout on, batch norm fixed
    saved = copy.deepcopy(session.everything())
    parameters = list(session.model.parameters())
    gradients = [p.grad for p in parameters]
    tried(session)
    assert same(session.everything(), saved)
    # The very same objects: whoever held a reference still holds the right thing.
    assert all(a is b for a, b in zip(session.model.parameters(), parameters, strict=True))
    assert all(p.grad is g for p, g in zip(parameters, gradients, strict=True))


def test_a_fresh_optimizer_is_fresh_again() -> None:
    session = Session("adam", None)
    run_to_end(session)
    assert len(session.optimizer.state) == 0
    assert all(parameter.grad is None for parameter in session.model.parameters())


def test_a_rate_kept_in_a_tensor_stays_that_tensor() -> None:
    model = nn.Linear(2, 1)
    rate = torch.tensor(0.01)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    with restored(model, optimizer):
        set_lr(optimizer, 5.0)
        assert rate.item() == 5.0
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.01)


def test_replaced_parts_and_frozen_parameters_come_back() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    weight, buffer = model[0].weight, model[1].running_mean
    with restored(model, optimizer):
        model[0].weight = nn.Parameter(torch.zeros(2, 2))
        model[1].running_mean = torch.ones(2)
        model[0].bias.requires_grad_(False)
        optimizer.param_groups[0]["momentum"] = 0.5
        optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))]})
    assert model[0].weight is weight and model[1].running_mean is buffer
    assert model[0].bias.requires_grad
    assert len(optimizer.param_groups) == 1 and optimizer.param_groups[0]["momentum"] == 0


def test_what_has_a_state_is_put_back() -> None:
    class Loader:
        place = 3

        def state_dict(self) -> dict[str, int]:
            return {"place": self.place}

        def load_state_dict(self, state: dict[str, int]) -> None:
            self.place = state["place"]

    model, loader = nn.Linear(1, 1), Loader()
    with restored(model, torch.optim.SGD(model.parameters(), lr=1.0), stateful=[loader]):
        loader.place = 9
    assert loader.place == 3
