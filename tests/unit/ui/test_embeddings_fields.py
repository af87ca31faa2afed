from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.ui.embeddings_state import EmbeddingsState

CODEC = EmbeddingsState.codec("chosen")


@pytest.mark.parametrize(
    "films",
    [(), (5,), (1, 260, 2**31), tuple(range(9)), tuple(range(0, 160_000, 17)), (0, *range(9, 99))],
)
def test_films_come_back_from_an_address(films: tuple[int, ...]) -> None:
    state = EmbeddingsState(chosen=films)
    back, problems = EmbeddingsState.from_query(state.to_query())
    assert (back, problems) == (state, [])


def test_a_few_films_can_be_read_and_many_are_short() -> None:
    assert CODEC.write((1, 260)) == "1.260"
    rng = np.random.default_rng(0)
    films = CODEC.check(rng.choice(100_000, 300, replace=False))
    assert len(CODEC.write(films)) < 900


def test_films_are_a_set() -> None:
    assert CODEC.check([5, 1, 5]) == (1, 5)


@pytest.mark.parametrize(
    "value", [[-1], [2**31 + 1], ["x"], [None], [float("inf")], range(100_001), 7]
)
def test_what_is_no_set_of_films(value) -> None:
    with pytest.raises(Problem) as caught:
        CODEC.check(value)
    assert caught.value.key == "problem.embedding.films"


def test_a_link_cannot_unpack_without_end() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"\x01" * 10**8)).decode()
    state, problems = EmbeddingsState.from_query({"chosen": f"~{bomb}"})
    assert state == EmbeddingsState()
    assert len(problems) == 1
    _, problems = EmbeddingsState.from_query({"chosen": "~" + bomb[: len(bomb) // 2 * 2 - 7]})
    assert len(problems) == 1


def test_a_search_that_cannot_be_made_is_refused_in_a_link_too() -> None:
    state, problems = EmbeddingsState.from_query({"find": "/(/", "genres": "Western|War|War"})
    assert [problem.values["inner"].key for problem in problems] == ["problem.embedding.regex"]
    assert state.genres == ("War", "Western")
    assert not EmbeddingsState(find="  ").filtered
    assert EmbeddingsState(last_year=1990).filtered
