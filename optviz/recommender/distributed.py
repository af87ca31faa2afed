"""One training in several processes, on one machine or many: each takes its part of each batch.

Data-parallel training with torch's own package (``torch.distributed``, gloo): all processes hold
the same model; of every batch each computes the loss and the gradient of its own rows;
:class:`~torch.nn.parallel.DistributedDataParallel` adds the gradients up; all take the same step.
The batches are those of one process with the same recipe, so the losses are the same too, but
for the rounding of sums in another order.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
import torch.distributed as dist

# The functions of this module hold for good whatever group stands at its first import, and
# DistributedDataParallel imports it: before there is a group, they hold none.
import torch.distributed.nn.functional
from torch import Tensor

from optviz.core.problem import Problem
from optviz.recommender.config import TrainConfig
from optviz.recommender.data import Ratings
from optviz.recommender.fit import Fit, build_fit
from optviz.training.run import TrainingRun

__all__ = ["ParallelRun", "build_parallel_fit", "process_group"]


@contextmanager
def process_group() -> Iterator[tuple[int, int]]:
    """Join the processes that ``torchrun`` started: ``with process_group() as (rank, world): …``.

    Without torchrun, this process is the only one: (0, 1). Leave no run that the group trained
    behind it: a run holds the group, and threads of a group that still stands when Python ends
    may abort the process.
    """
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo")
    else:
        alone = dist.HashStore()  # type: ignore[attr-defined]
        dist.init_process_group("gloo", store=alone, rank=0, world_size=1)
    try:
        yield dist.get_rank(), dist.get_world_size()
    finally:
        dist.destroy_process_group()
        gc.collect()  # a run is held by its own methods, and holds the group


class ParallelRun(TrainingRun):
    """A run of which this process takes every ``world``-th row of the shuffled order.

    Args:
        run: A fresh run, the same in all processes; this one takes its place.
        seed: Of the shuffling, as ``run`` was given it.

    Raises:
        Problem: A batch cannot be shared out evenly.
    """

    def __init__(self, run: TrainingRun, seed: int) -> None:
        self._rank, self._world = dist.get_rank(), dist.get_world_size()
        if run.batch_size % self._world:
            raise Problem(
                "problem.model.batch_share", batch_size=run.batch_size, processes=self._world
            )
        self._shared = torch.nn.parallel.DistributedDataParallel(run.model)
        *inputs, targets = run.data
        super().__init__(
            run.model,
            run.optimizer,
            inputs,
            targets,
            loss=run.loss,
            batch_size=run.batch_size,
            epochs=run.epochs,
            schedule=run.schedule,
            seed=seed,
            generators=run.generators[1:],
            validate=None if run.validate is None else self._validated,
        )
        self._validate = run.validate

    def next_loss(self) -> Tensor:
        """This process's share of the next batch's loss; all shares add up to it.

        DistributedDataParallel takes the mean of the gradients, so each share counts ``world``
        times.
        """
        if self._cursor == self._rows:
            self._begin_epoch()
        start, stop = self._cursor, min(self._cursor + self.batch_size, self._rows)
        self._cursor = stop
        # Row i of ours is row i * world + rank of the order; the last batch may give us none.
        mine = slice(start // self._world, -(-(stop - self._rank) // self._world))
        *inputs, targets = self.rows(mine)
        predicted = self._shared(*inputs)
        share = len(targets) / (stop - start)
        mean = self.loss(predicted, targets) if share else predicted.sum()
        return mean * (share * self._world)

    def value_of(self, loss: Tensor) -> float:
        """The loss of the whole batch: the same number in every process."""
        total = loss.detach().clone()
        dist.all_reduce(total)
        return total.item() / self._world

    def _validated(self) -> float:
        """What the first process finds; the others would only find the same."""
        loss = torch.zeros(1, dtype=torch.float64)
        if self._rank == 0 and self._validate is not None:
            loss += self._validate()
        dist.broadcast(loss, 0)
        return loss.item()

    def order(self) -> Tensor:
        """Our rows of the shuffled order."""
        return super().order()[self._rank :: self._world]


def build_parallel_fit(config: TrainConfig, ratings: Ratings) -> Fit:
    """As :func:`~optviz.recommender.fit.build_fit`, for one of several processes.

    Args:
        config: The recipe; ``batch_size`` is that of all processes together.
        ratings: The same data in all processes.

    Raises:
        Problem: The recipe cannot be trained so, or its split leaves too few rows.
    """
    if config.model != "dot_bias":
        raise Problem("problem.model.parallel", model=config.model)
    fit = build_fit(config, ratings)
    fit.run = ParallelRun(cast(TrainingRun, fit.run), config.seed)
    return fit
