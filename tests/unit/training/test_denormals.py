"""A step takes as long after a thousand steps as at first; what the caller had set stays."""

from __future__ import annotations

import pytest
import torch

from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.training.denormals import flush_denormals

TINY = torch.finfo(torch.float32).tiny


def flushes() -> bool:
    return (torch.tensor(TINY) * 0.5).item() == 0.0


@pytest.mark.parametrize("set_before", [False, True])
def test_the_setting_is_put_back(set_before: bool) -> None:
    torch.set_flush_denormal(set_before)
    try:
        with flush_denormals():
            assert flushes()
        assert flushes() == set_before
        with pytest.raises(ZeroDivisionError), flush_denormals():
            _ = 1 / 0
        assert flushes() == set_before
    finally:
        torch.set_flush_denormal(False)


def test_adam_keeps_no_memory_too_small_for_the_fast_path() -> None:
    config = make_config("dot_bias", n_factors=4, batch_size=64, epochs=2, weight_decay=0.0)
    run = build_fit(config, load_ratings()).run
    while not run.done:
        run.step()
    for state in run.optimizer.state.values():
        for memory in (state["exp_avg"], state["exp_avg_sq"]):
            small = memory.abs()
            assert not ((small > 0) & (small < TINY)).any()
    assert not flushes()
