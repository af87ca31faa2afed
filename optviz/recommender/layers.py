"""The recommender's network with a rate for each of its layer groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optviz.core.task import TaskContext
from optviz.recommender.config import make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.training.layers import Moves, watch_layers

__all__ = ["NET_GROUPS", "layer_groups", "net_run", "net_task"]

NET_GROUPS = ("embeddings", "hidden", "output")
"""EmbeddingNet's layers from its input to its output, as fastai groups them."""


def layer_groups(model: Any) -> dict[str, tuple[Any, ...]]:
    """A recommender's parameters in groups that may learn at rates of their own.

    Args:
        model: An ``EmbeddingNet`` (groups :data:`NET_GROUPS`), an ``EmbeddingDotBias``, or an
            ``EmbeddingDot``, which has no biases.
    """
    users, items = (tuple(m.parameters()) for m in (model.user_factors, model.item_factors))
    if hasattr(model, "lin1"):
        hidden = (*model.lin1.parameters(), *(model.norm.parameters() if model.norm else ()))
        parts = ((*users, *items), hidden, tuple(model.lin2.parameters()))
        return dict(zip(NET_GROUPS, parts, strict=True))
    groups = {"user_factors": users, "item_factors": items}
    if hasattr(model, "user_bias"):
        groups["biases"] = (*model.user_bias.parameters(), *model.item_bias.parameters())
    return groups


def net_run(
    ratings: Ratings, rates: Sequence[float], *, optimizer: str, epochs: int, seed: int
) -> Any:
    """EmbeddingNet with its defaults, a constant rate for each of :data:`NET_GROUPS`.

    Returns:
        (the :class:`~optviz.training.run.TrainingRun`, its groups' parameters by name).
    """
    from optviz.recommender.fit import build_fit
    from optviz.training.groups import regroup

    config = make_config(
        "net", lr=max(rates), optimizer=optimizer, epochs=epochs, seed=seed, schedule="constant"
    )
    run: Any = build_fit(config, ratings).run
    groups = layer_groups(run.model)
    regroup(run.optimizer, list(groups.values()), rates)
    return run, groups


def net_task(
    context: TaskContext, rates: Sequence[float], optimizer: str, epochs: int, seed: int
) -> Moves:
    """:func:`~optviz.training.layers.watch_layers` for :func:`net_run` on the bundled ratings."""
    run, groups = net_run(load_ratings(), rates, optimizer=optimizer, epochs=epochs, seed=seed)
    return watch_layers(context, run, groups)
