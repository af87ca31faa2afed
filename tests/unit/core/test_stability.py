"""Theory's limits against torch.optim itself: stable just below, divergent just above."""

from __future__ import annotations

import math

import pytest

from optviz.core.stability import largest_stable_lr, stability_bound
from optviz.core.trajectory import trajectory

CASES = [
    ("sgd", {}),
    ("momentum", {"momentum": 0.5}),
    ("momentum", {"momentum": 0.9}),
    ("momentum", {"momentum": 0.9, "dampening": 0.5}),
    ("momentum", {"momentum": 0.9, "dampening": 0.9}),
    ("nesterov", {"momentum": 0.5}),
    ("nesterov", {"momentum": 0.9}),
    ("sgd", {"weight_decay": 3.0}),
]


@pytest.mark.parametrize(("optimizer", "settings"), CASES)
def test_limit_is_torchs_own(optimizer: str, settings: dict[str, float]) -> None:
    limit = largest_stable_lr(optimizer, settings, 100.0)
    assert limit is not None
    ends = {
        share: trajectory(
            "ravine", optimizer, (0.0, 1.0), 3000, lr=share * limit, **settings
        ).points[-1, 1]
        for share in (0.99, 1.01)
    }
    assert abs(ends[0.99]) < 1e-3
    assert not abs(ends[1.01]) < 1e3


def test_printed_values() -> None:
    assert stability_bound("nesterov", {"momentum": 0.9}) == pytest.approx(1.357, abs=5e-4)
    assert stability_bound("momentum", {"momentum": 0.9, "dampening": 0.9}) == pytest.approx(38)
    assert largest_stable_lr("sgd", {}, 1001.60064) == pytest.approx(0.00199680, abs=1e-8)


def test_where_there_is_no_limit() -> None:
    assert stability_bound("adam", {}) is None
    assert largest_stable_lr("sgd", {}, -1.0) == math.inf
    assert largest_stable_lr("momentum", {"momentum": 0.9, "dampening": 1.0}, 1.0) == math.inf
