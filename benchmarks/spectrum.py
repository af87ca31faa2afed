"""How long a look at a network's Hessian takes: ``python -m benchmarks.spectrum``.

On one thread, as a worker of the page has it; each figure the median of three. For the small
network over all 1,797 digits and for both recommenders over 20,000 training rows, all before
training: one product of the Hessian with a vector, the five largest eigenvalues, the density as
the page computes it. Then what the page shows first (two runs of 2,000 steps at the edge of
stability), and for comparison torch's own dense Hessian of a small network, against all that
the products tell of the same one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from optviz.core.task import SilentContext
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.landscape import RowLoss, sampled_rows
from optviz.recommender.spectrum import EFFORT
from optviz.training.digits import digits_net
from optviz.training.edge import EdgePlan, edge_task
from optviz.training.full_loss import FullLoss
from optviz.training.hessian import HessianProducts
from optviz.training.run import TrainingRun
from optviz.training.spectrum import quadrature, top_eigenpairs
from optviz.training.spectrum_tasks import Effort

Loss = Callable[[Mapping[str, Tensor]], Tensor]


def median(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in seconds: the median of three."""
    seen = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        seen.append(time.perf_counter() - began)
    return statistics.median(seen)


def models() -> Iterator[tuple[str, nn.Module, Loss, Effort]]:
    """Each model with its loss, and how much the page computes of it."""
    net = digits_net(2, False, 0)
    yield "digits", net, FullLoss(net), Effort()
    ratings = load_ratings(None)
    for name in ("dot_bias", "net"):
        run = build_fit(DEFAULTS[name], ratings).run
        assert isinstance(run, TrainingRun)
        rows = sampled_rows(ratings, DEFAULTS[name])
        yield name, run.model, RowLoss(run.model, ratings, rows), EFFORT


def dense(loss: Loss, weights: Mapping[str, Tensor]) -> np.ndarray:
    """The whole Hessian by torch."""
    shapes = {name: w.shape for name, w in weights.items()}

    def flat(vector: Tensor) -> Tensor:
        parts = torch.split(vector, [shape.numel() for shape in shapes.values()])
        return loss({n: p.reshape(s) for (n, s), p in zip(shapes.items(), parts, strict=True)})

    start = torch.cat([w.detach().reshape(-1) for w in weights.values()])
    return np.asarray(torch.autograd.functional.hessian(flat, start).numpy())


def main() -> None:
    """Print one line a figure."""
    torch.set_num_threads(1)
    for name, model, loss, effort in models():
        products = HessianProducts(loss, dict(model.named_parameters()))
        size = len(products)
        vector = np.random.default_rng(0).standard_normal(size)
        once = median(lambda p=products, v=vector: [p(v) for _ in range(10)]) / 10
        five = median(lambda p=products, n=size: top_eigenpairs(p, n, 5))
        density = median(
            lambda p=products, n=size, e=effort: list(
                quadrature(p, n, probes=e.probes, steps=e.steps)
            )
        )
        print(f"{name}, {size:,} weights")
        print(f"  one product                  {1000 * once:.1f} ms")
        print(f"  five largest eigenvalues     {five:.2f} s")
        print(
            f"  density, {effort.probes} × {effort.steps} steps       {density:.2f} s", flush=True
        )
    plan = EdgePlan()
    print(f"edge of stability, {len(plan.rates)} × {plan.steps} steps",
          f"{median(lambda: edge_task(SilentContext(), plan)):.1f} s", flush=True)  # fmt: skip
    net = nn.Sequential(nn.Linear(64, 10))
    small = FullLoss(net)
    weights = dict(net.named_parameters())
    products = HessianProducts(small, weights)
    size = len(products)
    print(f"one layer on digits, {size} weights")
    whole = median(lambda: np.linalg.eigvalsh(dense(small, weights)))
    print(f"  dense Hessian and all of it  {whole:.2f} s")
    print(
        f"  five largest by products     {median(lambda: top_eigenpairs(products, size, 5)):.2f} s"
    )


if __name__ == "__main__":
    main()
