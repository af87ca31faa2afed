"""What a look-up costs: a product with one-hot rows against picking rows, as the table grows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from optviz.core.problem import Problem
from optviz.core.task import TaskContext

__all__ = ["BATCH", "DIM", "SIZES", "WAYS", "Cost", "CostPlan", "cost_task", "measure_costs"]

WAYS = ("one_hot", "dense", "sparse")
"""A product with one-hot rows; ``nn.Embedding``; the same with ``sparse=True``, whose gradient
holds only the rows that were picked."""

SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
"""Rows of the tables, half a decade apart."""
DIM = 50
"""Numbers in a row: as many as the movie factors have."""
BATCH = 64
"""Rows picked at once."""

_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class CostPlan:
    """What is measured.

    Attributes:
        sizes: Rows of each table.
        dim: Numbers in a row.
        batch: Rows picked at once.
        repeats: How often each is timed; the median counts.
        seed: Draws the tables and the rows that are picked.
    """

    sizes: tuple[int, ...] = SIZES
    dim: int = DIM
    batch: int = BATCH
    repeats: int = 9
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Forward and backward through one table, one way.

    Attributes:
        way: One of :data:`WAYS`.
        n: Rows of the table.
        seconds: Median time.
        made_bytes: Bytes of the tensors that a step makes beside the table: one-hot rows (as
            whole numbers, as torch makes them, then as floats), the rows found, the gradient.
    """

    way: str
    n: int
    seconds: float
    made_bytes: int


def measure_costs(plan: CostPlan, n: int) -> list[Cost]:
    """Time one size of table, all ways in turn, so that a busy moment strikes all alike.

    Raises:
        Problem: A size cannot be used.
    """
    if not 1 <= n <= _MOST_ROWS or min(plan.dim, plan.batch, plan.repeats) < 1:
        raise Problem("problem.embedding.cost_size", n=n, most=_MOST_ROWS)
    steps = _steps(plan, n)
    # The first call of anything pays for more than itself; its tensors can be weighed.
    made = {way: sum(map(_bytes, step())) for way, step in steps.items()}
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(plan.repeats):
        for way, step in steps.items():
            began = time.perf_counter()
            step()
            taken[way].append(time.perf_counter() - began)
    return [Cost(way, n, statistics.median(taken[way]), made[way]) for way in WAYS]


def _steps(plan: CostPlan, n: int) -> dict[str, Callable[[], list[Any]]]:
    """Way → forward and backward of the sum of what is looked up; returns what it made."""
    import torch

    random = torch.Generator().manual_seed(plan.seed)
    table = torch.randn(n, plan.dim, generator=random)
    rows = torch.randint(n, (plan.batch,), generator=random)
    weight = table.clone().requires_grad_()

    def one_hot() -> list[Any]:
        weight.grad = None
        marks = torch.nn.functional.one_hot(rows, n)
        factors = marks.to(torch.float32)
        found = factors @ weight
        found.sum().backward()  # type: ignore[no-untyped-call]
        return [marks, factors, found, weight.grad]

    def layer(sparse: bool) -> Callable[[], list[Any]]:
        made = torch.nn.Embedding(n, plan.dim, sparse=sparse, _weight=table.clone())

        def step() -> list[Any]:
            made.weight.grad = None
            found = made(rows)
            found.sum().backward()
            return [found, made.weight.grad]

        return step

    return {"one_hot": one_hot, "dense": layer(False), "sparse": layer(True)}


def _bytes(tensor: Any) -> int:
    if tensor.is_sparse:  # the rows that were picked, and their numbers
        return int(tensor._indices().nbytes + tensor._values().nbytes)
    return int(tensor.nbytes)


def cost_task(context: TaskContext, plan: CostPlan) -> Sequence[Cost]:
    """Measure one table after the other, the smallest first.

    Emits a ``"cost"`` event with the fields of each :class:`Cost`.

    Raises:
        Problem: A size cannot be used.
        Cancelled: Its user cancelled it.
    """
    found: list[Cost] = []
    for place, n in enumerate(plan.sizes):
        context.checkpoint()
        context.progress(place, len(plan.sizes))
        for cost in measure_costs(plan, n):
            found.append(cost)
            context.emit(
                "cost", way=cost.way, n=n, seconds=cost.seconds, made_bytes=cost.made_bytes
            )
    context.progress(len(plan.sizes), len(plan.sizes))
    return found
