from __future__ import annotations

from typing import Any

import pytest
import torch

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.embedding.lookup_cost import WAYS, CostPlan, _steps, cost_task, measure_costs


def test_all_ways_find_the_same_rows_and_the_same_gradient() -> None:
    made = {way: step() for way, step in _steps(CostPlan(dim=5, batch=7), 20).items()}
    product, dense, sparse = (made[way] for way in WAYS)
    assert torch.equal(product[-2], dense[0])
    assert torch.equal(dense[0], sparse[0])
    assert sparse[1].is_sparse
    assert torch.equal(product[-1], dense[1])
    assert torch.equal(dense[1], sparse[1].to_dense())


def test_memory_grows_with_the_table_but_not_for_a_sparse_gradient() -> None:
    plan = CostPlan(dim=8, batch=4, repeats=1)
    small, large = (
        {cost.way: cost.made_bytes for cost in measure_costs(plan, n)} for n in (100, 1000)
    )
    found = 4 * 8 * 4  # a row of eight floats for each of four
    assert small["one_hot"] == found + 100 * (4 * 8 + 4 * 4 + 8 * 4)
    assert small["dense"] == found + 100 * 8 * 4
    assert small["sparse"] == large["sparse"] == 2 * found + 4 * 8
    assert large["one_hot"] - found == 10 * (small["one_hot"] - found)


def test_the_task_tells_each_table_as_it_is_measured() -> None:
    heard: list[dict[str, Any]] = []

    class Listener(SilentContext):
        def emit(self, kind: str, **data: Any) -> None:
            heard.append(data)

    found = cost_task(Listener(), CostPlan(sizes=(10, 20), dim=2, batch=3, repeats=3))
    assert [(cost.n, cost.way) for cost in found] == [(n, way) for n in (10, 20) for way in WAYS]
    assert [data["seconds"] for data in heard] == [cost.seconds for cost in found]
    assert all(cost.seconds > 0 for cost in found)


@pytest.mark.parametrize("n", [0, -1, 2_000_000])
def test_sizes_that_cannot_be_measured(n: int) -> None:
    with pytest.raises(Problem) as caught:
        measure_costs(CostPlan(), n)
    assert caught.value.key == "problem.embedding.cost_size"
