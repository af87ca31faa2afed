"""Part three: t-SNE read honestly. A map, a guess, and then the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.illusions import (
    ILLUSIONS,
    ITERATIONS,
    SEEDS,
    Illusion,
    farther,
    puzzle_runs,
    truth,
    wider,
)
from optviz.figures.illusions import Panel, illusion_figure
from optviz.jobs import Job, default_backend
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.embeddings_state import EmbeddingsState
from optviz.ui.followed import Asked, Shelf
from optviz.ui.frame import Page
from optviz.ui.state import Store, guarded, remember
from optviz.ui.waiting import keep_up, renewed

__all__ = ["render_illusions"]

PageStore = Store[EmbeddingsState]

_HEIGHT = 460
_COLUMNS = 3
_LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Request:
    """The maps of one puzzle from one first layout."""

    name: str
    seed: int


class Maps(Asked):
    """A puzzle's maps, made one after the other.

    Attributes:
        found: Number of the run → coordinates, for those that are there.
    """

    def __init__(self, request: Request, job: Job) -> None:
        super().__init__(request, job)
        self.found: dict[int, Any] = {}

    def take(self, kind: str, data: Any) -> None:
        """Keep a map."""
        if kind == "map":
            self.found[data["number"]] = data["coordinates"]

    def take_result(self, result: Any) -> None:
        """Keep them all."""
        self.found = dict(enumerate(result))


class MapsShelf(Shelf[Maps]):
    """Maps begin by themselves: a puzzle is nothing without them."""

    def starts_by_itself(self, request: Any) -> bool:
        """Always."""
        return True


def _begin(request: Request) -> Maps:
    job = default_backend().submit(
        "optviz.embedding.illusions:illusion_task", name=request.name, seed=request.seed
    )
    return Maps(request, job)


def render_illusions(page: Page, store: PageStore) -> None:
    """Draw the maps beside the question or, once it is answered, the truth."""
    every: MapsShelf = remember("illusions", lambda: MapsShelf(_begin))
    stage, side = st.columns([70, 30], gap="medium")
    with stage:
        _choices(page, store)
        puzzle = ILLUSIONS[store.value.puzzle]
        # Where the question itself is about starts, all of them are shown.
        request = Request(puzzle.name, store.value.start if puzzle.maps == 1 else 0)
        every.look(request, None)
        renewed(_live, every.busy)(page, store, every, request, every.busy)
    with side:
        _question(page, store, puzzle, every.current)


def _choices(page: Page, store: PageStore) -> None:
    """Which puzzle and, once it is answered, from which first layout."""
    text = page.text
    names = list(ILLUSIONS)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(text("illusions.puzzle"), width="content")
        controls.segment(
            store, "puzzle", text("illusions.puzzle"), names,
            lambda name: str(names.index(name) + 1), width="content", label_visibility="collapsed",
        )  # fmt: skip
        puzzle = ILLUSIONS[store.value.puzzle]
        if _guess(store) is not None and puzzle.maps == 1:
            st.markdown(text("illusions.start"), help=text("illusions.start_help"), width="content")
            st.segmented_control(
                text("illusions.start"), list(range(SEEDS)), default=store.value.start,
                format_func=lambda seed: str(seed + 1), width="content",
                label_visibility="collapsed", **store.bind("start"),
            )  # fmt: skip


def _guess(store: PageStore) -> str | None:
    return dict(store.value.guesses).get(store.value.puzzle)


def _question(page: Page, store: PageStore, puzzle: Illusion, maps: Maps | None) -> None:
    text, guess = page.text, _guess(store)
    st.markdown(f"##### {text(f'illusions.{puzzle.name}.question')}")
    if guess is None:
        st.caption(text("illusions.guess"))
        for answer in puzzle.answers:
            st.button(
                text(f"illusions.{puzzle.name}.{answer}"),
                key=f"embeddings.guess.{puzzle.name}.{answer}", width="stretch",
                on_click=guarded(_take), args=(store, answer),
            )  # fmt: skip
    else:
        _verdict(page, puzzle, guess, maps)
        _onwards(page, store, puzzle)
    guesses = dict(store.value.guesses)
    if guesses:
        right = sum(ILLUSIONS[name].right == answer for name, answer in guesses.items())
        st.caption(text("illusions.score", right=right, asked=len(guesses)))


def _take(store: PageStore, answer: str | None) -> None:
    """Keep a guess at the puzzle that is shown, or forget it."""
    guesses = dict(store.value.guesses)
    guesses.pop(store.value.puzzle, None)
    if answer is not None:
        guesses[store.value.puzzle] = answer
    store.set(guesses=tuple(guesses.items()))


def _verdict(page: Page, puzzle: Illusion, guess: str, maps: Maps | None) -> None:
    text = page.text
    if guess == puzzle.right:
        answer = text(f"illusions.{puzzle.name}.{guess}")
        st.success(text("illusions.right", answer=answer), icon=":material/check_circle:")
    else:
        answer = text(f"illusions.{puzzle.name}.{puzzle.right}")
        st.info(text("illusions.wrong", answer=answer), icon=":material/lightbulb:")
    seen = maps.found.get(0) if maps is not None else None
    if seen is not None:
        st.markdown(text(f"illusions.{puzzle.name}.why", **_measured(puzzle, seen)))


def _measured(puzzle: Illusion, seen: Any) -> dict[str, float]:
    """What the explanation needs to know of the data and of the map that was seen."""
    measure = {"sizes": wider, "gaps": farther}.get(puzzle.name)
    if measure is None:
        return {}
    data = truth(puzzle.name)
    return {"data": measure(data.vectors, data.groups), "map": measure(seen, data.groups)}


def _onwards(page: Page, store: PageStore, puzzle: Illusion) -> None:
    text = page.text
    names = list(ILLUSIONS)
    place = names.index(puzzle.name) + 1
    with st.container(horizontal=True, gap="small"):
        if place < len(names):
            st.button(
                text("illusions.next"), key="embeddings.next", type="primary",
                icon=":material/arrow_forward:",
                on_click=guarded(store.set), kwargs={"puzzle": names[place], "start": 0},
            )  # fmt: skip
        else:
            st.button(
                text("illusions.over"), key="embeddings.over", icon=":material/replay:",
                on_click=guarded(store.set),
                kwargs={"puzzle": names[0], "start": 0, "guesses": ()},
            )  # fmt: skip
        st.button(
            text("illusions.again"), key="embeddings.guess_again", type="tertiary",
            on_click=guarded(_take), args=(store, None),
        )  # fmt: skip


def _live(page: Page, store: PageStore, every: MapsShelf, request: Request, working: bool) -> None:
    maps = every.current
    assert maps is not None  # look() has begun them
    keep_up(maps, working)
    puzzle, answered = ILLUSIONS[request.name], _guess(store) is not None
    data = truth(request.name)
    panels = _panels(page, puzzle, request, maps, answered)
    figure = illusion_figure(
        panels,
        min(len(panels), _COLUMNS),
        data.groups if answered or puzzle.labelled else None,
        [page.text("illusions.group", name=name) for name in _LETTERS[: data.groups.max() + 1]]
        if puzzle.labelled
        else [],
        theme=page.theme,
        revision=f"{request}{answered}",
    )
    chart(figure, key="embeddings.illusions", height=_HEIGHT)
    _progress(page, every, request, maps)
    if answered:
        dimensions = data.vectors.shape[1]
        read = "flat" if dimensions == 2 else "deep"
        st.caption(
            page.text(f"illusions.read_{read}", dimensions=dimensions)
            + " "
            + page.text(
                "illusions.protocol",
                points=len(data.vectors), dimensions=dimensions, iterations=ITERATIONS,
            )
        )  # fmt: skip


def _panels(
    page: Page, puzzle: Illusion, request: Request, maps: Maps, answered: bool
) -> list[Panel]:
    """The question's maps or, once it is answered, the truth and all maps in their order."""
    text = page.text
    runs = list(enumerate(puzzle_runs(request.name, request.seed)))
    if not answered:
        runs = runs[: puzzle.maps]
    elif puzzle.maps == 1:
        runs.sort(key=lambda numbered: numbered[1].perplexity)
    found = []
    for number, run in runs:
        title = (
            text("illusions.map", perplexity=run.perplexity)
            if puzzle.maps == 1
            else text("illusions.map_start", start=run.seed + 1)
        )
        found.append(Panel(title, maps.found.get(number), answered and number < puzzle.maps))
    if answered:
        found.insert(0, Panel(text("illusions.truth"), truth(request.name).plane))
    return found


def _progress(page: Page, every: MapsShelf, request: Request, maps: Maps) -> None:
    text = page.text
    if maps.state == "done":
        return
    if maps.finished:
        if maps.problem is not None or maps.state == "failed":
            page.problem(maps.problem or Problem("embeddings.lost"))
        else:
            st.info(text("illusions.cancelled"))
        st.button(
            text("illusions.retry"), key="embeddings.maps_again", icon=":material/replay:",
            on_click=guarded(every.start), args=(request,),
        )  # fmt: skip
        return
    progress, total = maps.job.progress, len(puzzle_runs(request.name, request.seed))
    bar, button = st.columns([4, 1], vertical_alignment="center")
    bar.progress(
        progress.fraction if progress else 0.0,
        text("illusions.working", done=min(len(maps.found) + 1, total), total=total),
    )
    button.button(
        text("illusions.cancel"), key="embeddings.maps_cancel", icon=":material/stop_circle:",
        on_click=guarded(every.cancel), width="stretch",
    )  # fmt: skip
