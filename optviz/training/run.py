"""A training run that can be stepped, stopped, saved and taken up again.

The run owns nothing global: it shuffles with a generator of its own, its schedule is a function
of the position, and its state is all there is. A run taken up from :meth:`TrainingRun.state_dict`
therefore ends exactly where the uninterrupted one does, to the last bit.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from optviz.core.engine import bare_step
from optviz.training.denormals import flush_denormals
from optviz.training.history import BatchRecord, EpochRecord, History
from optviz.training.schedules import Schedule

__all__ = ["TrainingRun"]

_WIDE = 4_000_000
"""Of more rows than this, indices stay as narrow as they come, and are widened batch by batch."""


class TrainingRun:
    """Trains a model on tensors held in memory.

    No DataLoader: index tensors are shuffled once an epoch and sliced, which for models this
    small is where nearly all the time would go otherwise.

    Args:
        model: Called as ``model(*inputs)``; gives predictions of the targets' shape. Where it
            is, the data are taken to.
        optimizer: Over the model's parameters.
        inputs: Tensors with one row an example.
        targets: (n,) what to predict.
        loss: Mean loss of a batch from predictions and targets.
        batch_size: Rows in a step; the last batch of an epoch may be smaller.
        epochs: Length of the run; fixes the schedule too.
        schedule: Epochs done → (lr, momentum or None).
        seed: Of the shuffling.
        generators: Further generators that the model draws from (dropout, say).
        validate: Gives the validation loss of the model in eval mode, after each epoch.

    Attributes:
        history: The records so far.
        diverged: Whether a loss was not finite; then the run is over.
        device: Where the model and the data are.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        inputs: Sequence[Tensor],
        targets: Tensor,
        *,
        loss: Callable[[Tensor, Tensor], Tensor],
        batch_size: int,
        epochs: int,
        schedule: Schedule,
        seed: int = 0,
        generators: Sequence[torch.Generator] = (),
        validate: Callable[[], float] | None = None,
    ) -> None:
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.batch_size, self.epochs, self.schedule = batch_size, epochs, schedule
        self.validate = validate
        self._move = bare_step(optimizer)
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.device = self._parameters[0].device
        self._rows = len(targets)
        whole = (tensor.to(self.device) for tensor in (*inputs, targets))
        self._data = tuple(_wide(part) if self._rows <= _WIDE else part for part in whole)
        self._shuffler = torch.Generator().manual_seed(seed)
        self.generators: tuple[torch.Generator, ...] = (self._shuffler, *generators)
        self.steps_per_epoch = math.ceil(self._rows / batch_size)
        self.history = History()
        self.diverged = False
        self._epoch, self._cursor, self._sum = 0, 0, 0.0
        self._begin_epoch()

    @property
    def steps_done(self) -> int:
        """Steps taken so far."""
        return len(self.history.batches)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def done(self) -> bool:
        """Whether there is no step left."""
        return self.diverged or self._epoch >= self.epochs

    def step(self) -> BatchRecord:
        """Take one step; at the end of an epoch, validate too.

        Raises:
            RuntimeError: The run is over.
        """
        if self.done:
            raise RuntimeError("the run is over")
        with flush_denormals():
            return self._step()

    def _step(self) -> BatchRecord:
        if not self.model.training:  # telling every module costs more than a small layer
            self.model.train()
        lr, momentum = self.schedule(self._epoch + self._cursor / self._rows)
        self._set_rates(lr, momentum)
        for parameter in self._parameters:
            parameter.grad = None
        before = self._cursor
        value = self.learn()
        self._sum += value * (self._cursor - before)
        if math.isfinite(value):
            with torch.no_grad():
                self._move()
        else:
            self.diverged = True
        record = BatchRecord(
            self.steps_done + 1, self._epoch + self._cursor / self._rows, lr, value
        )
        self.history.batches.append(record)
        if self.diverged or self._cursor == self._rows:
            self._end_epoch()
        return record

    def __iter__(self) -> Iterator[BatchRecord]:
        """Step to the end."""
        while not self.done:
            yield self.step()

    def learn(self) -> float:
        """Compute the loss of the next batch and, if it is finite, every parameter's gradient.

        A run may know a shorter way than autograd.
        """
        loss = self.next_loss()
        value = self.value_of(loss)
        if math.isfinite(value):
            self.backward(loss)
        return value

    def next_loss(self) -> Tensor:
        """The loss of the next batch, with its graph, and move on to the one after.

        This is what a learning-rate sweep calls; give it ``generators`` and, as ``stateful``,
        the run itself, and the run goes on afterwards as if nothing had been.
        """
        *inputs, targets = self.next_batch()
        return self.loss(self.model(*inputs), targets)

    def next_batch(self) -> list[Tensor]:
        """The inputs and the targets of the next batch; the run moves on to the one after."""
        if self._cursor == self._rows:
            self._begin_epoch()
        batch = slice(self._cursor, self._cursor + self.batch_size)
        self._cursor = min(batch.stop, self._rows)
        return self.rows(batch)

    def rows(self, part: slice) -> list[Tensor]:
        """Inputs and targets of a part of this epoch's order, ready for the model."""
        return [_wide(tensor[part]) for tensor in self._shuffled]

    def backward(self, loss: Tensor) -> None:
        """Give every parameter the gradient of this loss; a run may know a way of its own."""
        loss.backward()  # type: ignore[no-untyped-call]

    def value_of(self, loss: Tensor) -> float:
        """What is told of a loss that :meth:`next_loss` gave."""
        return loss.item()

    @property
    def data(self) -> tuple[Tensor, ...]:
        """The inputs and the targets, as they were given."""
        return self._data

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on, as copies."""
        return {
            "model": copy.deepcopy(self.model.state_dict()),
            "optimizer": copy.deepcopy(self.optimizer.state_dict()),
            "history": self.history.copy(),
            "diverged": self.diverged,
            "epoch": self._epoch,
            "cursor": self._cursor,
            "sum": self._sum,
            "order": self._order_state.clone(),
            "generators": [generator.get_state() for generator in self.generators],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of a run with the same data and settings."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        self.history = state["history"].copy()
        self.diverged, self._epoch = state["diverged"], state["epoch"]
        # The order of this epoch is drawn again rather than stored.
        self._shuffler.set_state(state["order"])
        self._begin_epoch()
        self._cursor, self._sum = state["cursor"], state["sum"]
        for generator, saved in zip(self.generators, state["generators"], strict=True):
            generator.set_state(saved)

    def order(self) -> Tensor:
        """Draw the order of the rows in the next epoch."""
        return torch.randperm(self._rows, generator=self._shuffler)

    def _begin_epoch(self) -> None:
        self._order_state = self._shuffler.get_state()
        order = self.order().to(self.device)
        self._shuffled = [tensor[order] for tensor in self._data]
        self._cursor, self._sum = 0, 0.0

    def _end_epoch(self) -> None:
        self._epoch += 1
        valid = math.nan
        if self.validate is not None and not self.diverged:
            self.model.eval()
            valid = self.validate()
            self.model.train()
        rows = max(self._cursor, 1)
        self.history.epochs.append(EpochRecord(self._epoch, self._sum / rows, valid))
        if not self.done:
            self._begin_epoch()

    def _set_rates(self, lr: float, momentum: float | None) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group.get("lr_share", 1)  # see training.groups.regroup
            if momentum is None:
                continue
            if "betas" in group:
                group["betas"] = (momentum, group["betas"][1])
            elif "momentum" in group:
                group["momentum"] = momentum


def _wide(batch: Tensor) -> Tensor:
    """With indices of 64 bits, by which torch adds rows up twice as fast as by 32."""
    return batch.long() if batch.dtype is torch.int32 else batch
