"""The gradients that are written out are autograd's, bit for bit."""

from __future__ import annotations

import pytest
import torch

from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.dot_run import DotRun
from optviz.recommender.fit import build_fit
from optviz.training.run import TrainingRun


class ByAutograd(DotRun):
    def learn(self) -> float:
        return TrainingRun.learn(self)


@pytest.mark.parametrize("batch_size", [1, 64, 1000])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "sparse_adam"])
@pytest.mark.parametrize("name", ["dot", "dot_bias"])
def test_steps_and_gradients_are_those_of_autograd(
    name: str, optimizer: str, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(name, n_factors=7, optimizer=optimizer, batch_size=batch_size, lr=0.01)
    ours = build_fit(config, load_ratings()).run
    monkeypatch.setattr("optviz.recommender.fit.DotRun", ByAutograd)
    theirs = build_fit(config, load_ratings()).run
    assert isinstance(ours, DotRun)
    assert isinstance(theirs, ByAutograd)
    for _ in range(20):
        assert ours.step() == theirs.step()
        for mine, yours in zip(ours.model.parameters(), theirs.model.parameters(), strict=True):
            assert mine.grad is not None
            assert yours.grad is not None
            assert torch.equal(mine.grad, yours.grad)
            assert torch.equal(mine, yours)
