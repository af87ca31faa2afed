"""Adam for looked-up rows, against torch's SparseAdam and torch's Adam."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.training.sparse_adam import SparseAdam

ROWS, COLUMNS = 40, 6


def table(sparse: bool = False) -> nn.Embedding:
    generator = torch.Generator().manual_seed(0)
    weight = torch.rand(ROWS, COLUMNS, generator=generator) - 0.5
    return nn.Embedding(ROWS, COLUMNS, _weight=weight, sparse=sparse)


def batches(steps: int) -> list[tuple[Tensor, Tensor]]:
    """Rows to look up, among them some twice and the last never, and what they should be."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(ROWS - 1, (steps, 16), generator=generator)
    return [(row, torch.rand(16, COLUMNS, generator=generator)) for row in rows]


def descend(
    part: nn.Embedding, optimizer: torch.optim.Optimizer, rows: Tensor, target: Tensor
) -> None:
    optimizer.zero_grad()
    (part(rows) - target).square().mean().backward()
    optimizer.step()


def test_the_steps_are_those_of_torchs_sparse_adam() -> None:
    ours, theirs = table(), table(sparse=True)
    before = ours.weight.detach().clone()
    settings = {"lr": 0.02, "eps": 1e-20}  # the two add it at different places
    mine = SparseAdam(ours.parameters(), [ours.weight], **settings)
    reference = torch.optim.SparseAdam(theirs.parameters(), **settings)
    for rows, target in batches(60):
        descend(ours, mine, rows, target)
        descend(theirs, reference, rows, target)
    torch.testing.assert_close(ours.weight, theirs.weight, atol=1e-6, rtol=1e-6)
    assert torch.equal(ours.weight[-1], before[-1])
    assert not torch.equal(ours.weight[0], before[0])


def test_where_every_row_is_looked_up_it_is_adam() -> None:
    ours, theirs = table(), table()
    settings = {"lr": 0.02, "weight_decay": 0.01}
    mine = SparseAdam(ours.parameters(), [ours.weight], **settings)
    reference = torch.optim.Adam(theirs.parameters(), fused=True, **settings)
    target = torch.rand(ROWS, COLUMNS, generator=torch.Generator().manual_seed(2))
    for _ in range(30):
        descend(ours, mine, torch.arange(ROWS), target)
        descend(theirs, reference, torch.arange(ROWS), target)
    assert torch.equal(ours.weight, theirs.weight)


def test_what_is_no_table_moves_as_by_adam() -> None:
    # Without a gradient of its own, Adam's memory and the decay still move it.
    weights = [torch.ones(3, 2, requires_grad=True) for _ in range(2)]
    settings = {"lr": 0.1, "weight_decay": 0.1}
    optimizers = (
        SparseAdam(weights[:1], [], **settings),
        torch.optim.Adam(weights[1:], fused=True, **settings),
    )
    for gradient in (torch.ones(3, 2), torch.zeros(3, 2)):
        for weight, optimizer in zip(weights, optimizers, strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    assert torch.equal(*weights)
    assert (weights[0] < 0.85).all()


def test_a_training_moves_only_what_its_batches_look_up() -> None:
    config = make_config("net", optimizer="sparse_adam", batch_size=64, n_factors=5)
    run = build_fit(config, load_ratings()).run
    before = [weight.detach().clone() for weight in run.model.parameters()]
    users, items = (side[:64].unique() for side in run._shuffled[:2])
    run.step()
    tables = {id(run.model.user_factors.weight): users, id(run.model.item_factors.weight): items}
    for weight, old in zip(run.model.parameters(), before, strict=True):
        moved = (weight != old).flatten(1).any(1) if weight.dim() > 1 else weight != old
        if id(weight) in tables:
            assert set(moved.nonzero().flatten().tolist()) <= set(tables[id(weight)].tolist())
        assert moved.any()
