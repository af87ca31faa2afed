"""Many sweeps of one recipe: with other seeds, and of each parameter group alone."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optviz.core.task import TaskContext
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import Values
from optviz.training.sweeps import SmallSetup, SweepPlan

if TYPE_CHECKING:
    from optviz.training.trainable import Trainable

__all__ = [
    "GroupSweep",
    "GroupSweeps",
    "SeedSweeps",
    "group_sweeps_task",
    "seed_sweep_task",
]


@dataclass(frozen=True, slots=True)
class SeedSweeps:
    """The same sweep with several seeds.

    Attributes:
        setup: What is swept; its own seed does not matter.
        plan: How; no checks are made.
        seeds: How many: 0, 1, …
    """

    setup: RecommenderSetup | SmallSetup
    plan: SweepPlan
    seeds: int

    def task(self) -> str:
        """What computes one of them."""
        return "optviz.recommender.many_sweeps:seed_sweep_task"

    def subject(self, seed: int) -> Trainable:
        """The run of one seed before its first step."""
        if isinstance(self.setup, SmallSetup):
            return dataclasses.replace(self.setup, seed=seed).build()[0]
        config = self.setup.config.replace(seed=seed)
        return dataclasses.replace(self.setup, config=config).build()


@dataclass(frozen=True, slots=True)
class GroupSweeps:
    """Each parameter group swept alone, while the others keep the recipe's own rate.

    Attributes:
        setup: What is swept; here the recipe's ``lr`` matters.
        plan: How; no checks are made.
    """

    setup: RecommenderSetup
    plan: SweepPlan

    def task(self) -> str:
        """What computes it."""
        return "optviz.recommender.many_sweeps:group_sweeps_task"


@dataclass(frozen=True, slots=True, eq=False)
class GroupSweep:
    """One group's sweep beside the same steps without it.

    Attributes:
        name: As :func:`~optviz.recommender.layers.layer_groups` has it.
        lrs: (n,) the group's rate in each step.
        losses: (n,) the loss of each step's batch.
        still: (n,) the loss in the same steps while the group stands still.
    """

    name: str
    lrs: Values
    losses: Values
    still: Values


def seed_sweep_task(context: TaskContext, request: SeedSweeps, seed: int) -> tuple[Values, Values]:
    """The sweep of one seed of several: each is a job of its own. Progress counts steps.

    Returns:
        (rates, losses).

    Raises:
        Problem: The data, the recipe or the plan cannot be used.
        Cancelled: Its user cancelled it.
    """
    found = _swept(context, request.subject(seed), request.plan)
    context.progress(request.plan.n_iter, request.plan.n_iter)
    return found


def group_sweeps_task(context: TaskContext, request: GroupSweeps) -> tuple[GroupSweep, ...]:
    """Sweep each group, and take the same steps with it standing still. Progress counts groups.

    Raises:
        Problem: The data, the recipe or the plan cannot be used.
        Cancelled: Its user cancelled it.
    """
    from optviz.recommender.layers import layer_groups
    from optviz.training.groups import regroup
    from optviz.training.lr_finder import constant_rates

    config = request.setup.config
    subject = request.setup.build()
    groups = layer_groups(subject.model)
    regroup(subject.optimizer, list(groups.values()), [config.lr] * len(groups))
    found: list[GroupSweep] = []
    for place, name in enumerate(groups):
        if context.stop_requested:
            break
        lrs, losses = _swept(context, subject, request.plan, place)
        steps = constant_rates(
            subject.model, subject.optimizer, subject.next_loss, lrs=[0.0], n_steps=len(lrs),
            generators=subject.generators, stateful=subject.stateful, group=place,
        )  # fmt: skip
        still = np.full(len(lrs), np.nan)
        with closing(steps):
            for step in steps:
                still[step.step] = step.loss
                context.checkpoint()
        found.append(GroupSweep(name, lrs, losses, still))
        context.progress(place + 1, len(groups))
    return tuple(found)


def _swept(
    context: TaskContext, subject: Trainable, plan: SweepPlan, group: int | None = None
) -> tuple[Values, Values]:
    """(rates, losses) of a sweep; the subject is left as it was."""
    from optviz.training.lr_finder import lr_range_test

    points = lr_range_test(
        subject.model, subject.optimizer, subject.next_loss,
        start_lr=plan.start_lr, end_lr=plan.end_lr, n_iter=plan.n_iter,
        generators=subject.generators, stateful=subject.stateful, group=group,
    )  # fmt: skip
    taken: list[tuple[float, float]] = []
    with closing(points):
        for point in points:
            taken.append((point.lr, point.loss))
            context.checkpoint()
    lrs, losses = np.array(taken).T
    return lrs, losses
