"""Folding in beside training anew: the same ratings, the whole training once more, two lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.jobs import default_backend
from optviz.recommender.config import TrainConfig
from optviz.recommender.fold_in import Newcomer
from optviz.recommender.specs import MODELS
from optviz.ui.followed import Answered, Shelf
from optviz.ui.frame import Page
from optviz.ui.markdown import literal
from optviz.ui.recommender_runs import Run
from optviz.ui.state import remember
from optviz.ui.waiting import begin_or_cancel, keep_up, renewed, show_progress

__all__ = ["render_retraining"]

TASK = "optviz.recommender.newcomer:retrain_task"
_REFRESH = 0.4
_BEST = 10


@dataclass(frozen=True, slots=True)
class Request:
    """A training with a newcomer.

    Attributes:
        source: Where a worker finds the ratings; None for the bundled ones.
        key: Of the ratings.
        config: The recipe.
        rated: (item index, stars) of the newcomer's ratings.
    """

    source: str | None
    key: str
    config: TrainConfig
    rated: tuple[tuple[int, float], ...]


class Retraining(Answered):
    """One such training, under way or over; ``result`` is a ``Retrained`` once it is there."""


def _begin(request: Request) -> Retraining:
    job = default_backend().submit(
        TASK,
        source=request.source,
        config=request.config.to_dict(),
        items=[item for item, _ in request.rated],
        stars=[stars for _, stars in request.rated],
    )
    return Retraining(request, job)


def render_retraining(
    page: Page,
    run: Run,
    rated: Sequence[tuple[int, float]],
    newcomer: Newcomer,
    names: Sequence[str],
) -> None:
    """Draw the button, how far the training is, and then both lists side by side.

    Args:
        page: The page.
        run: Whose recipe is trained anew.
        rated: The newcomer's ratings.
        newcomer: The newcomer folded in.
        names: Of the movies, by item index.
    """
    text = page.text
    shelf: Shelf[Retraining] = remember("recommender retraining", lambda: Shelf(_begin))
    request = Request(run.data.source, run.data.ratings.key, run.config, tuple(rated))
    shelf.recall(request)
    st.markdown(f"**{text('recommender.mine.retrain.title')}**")
    st.caption(text("recommender.mine.retrain.about"))
    one = shelf.current
    begin_or_cancel(
        shelf, request,
        done=one is not None and one.request == request and one.result is not None,
        begin=("recommender.mine.retrain", text("recommender.mine.retrain.begin"),
               ":material/replay:"),
        cancel=("recommender.mine.cancel", text("recommender.mine.retrain.cancel")),
    )  # fmt: skip
    renewed(_live, shelf.busy, _REFRESH)(page, shelf, request, newcomer, names, shelf.busy)


def _live(
    page: Page,
    shelf: Shelf[Retraining],
    request: Request,
    newcomer: Newcomer,
    names: Sequence[str],
    working: bool,
) -> None:
    text, one = page.text, shelf.current
    if one is None:
        return
    keep_up(one, working)
    if not one.finished:
        show_progress(one.job, text("recommender.mine.retrain.working"))
    elif one.state == "failed":
        page.problem(one.problem or Problem("recommender.status.failed"))
    elif one.result is None:
        st.caption(text("recommender.mine.retrain.cancelled"))
    elif one.request != request:
        st.caption(f":material/history: {text('recommender.mine.retrain.stale')}")
    elif not np.isfinite(one.result.predicted).all():
        st.markdown(text("recommender.results.none"))
    else:
        _compare(page, request, newcomer, one.result, names)


def _compare(
    page: Page, request: Request, newcomer: Newcomer, retrained: Any, names: Sequence[str]
) -> None:
    text = page.text
    everything = np.arange(len(names))
    unseen = np.setdiff1d(everything, [item for item, _ in request.rated])
    predicted = {"folded": newcomer.predict(everything), "retrained": retrained.predicted}
    best = {name: _best(unseen, values) for name, values in predicted.items()}
    shared = set(best["folded"].tolist()) & set(best["retrained"].tolist())
    for column, (name, items) in zip(st.columns(2, gap="medium"), best.items(), strict=True):
        column.markdown(
            f"**{text(f'recommender.mine.retrain.{name}')}**\n\n"
            + "\n".join(
                f"{place + 1}. {_marked(names[item], item in shared)} · "
                f"{predicted[name][item]:.2f} ★"
                for place, item in enumerate(items.tolist())
            )
        )
    apart = np.abs(predicted["folded"] - predicted["retrained"])[unseen]
    farthest = int(unseen[np.argmax(apart)])
    st.markdown(
        text(
            "recommender.mine.retrain.verdict",
            shared=len(shared),
            of=len(best["folded"]),
            mean=f"{apart.mean():.2f}",
            most=f"{apart.max():.2f}",
            title=literal(names[farthest]),
            seconds=f"{retrained.seconds:.1f}",
        )
    )
    if MODELS[request.config.model].training == "solved":
        st.caption(text("recommender.mine.retrain.honest_solved"))
        return
    epochs = request.config.epochs
    met = epochs * len(request.rated)
    st.caption(text("recommender.mine.retrain.honest", epochs=epochs, met=met))


def _best(items: NDArray[np.int64], predicted: NDArray[np.float64]) -> NDArray[np.int64]:
    best: NDArray[np.int64] = items[np.argsort(-predicted[items], kind="stable")[:_BEST]]
    return best


def _marked(name: str, shared: bool) -> str:
    return f"**{literal(name)}**" if shared else literal(name)
