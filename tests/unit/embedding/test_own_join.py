from __future__ import annotations

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.embedding.columns import Column
from optviz.embedding.own_join import joined

IDS = np.array([10, 20, 30])
TITLES = ["Heat", "Sabrina", "Sabrina"]
YEARS = np.array([1995.0, 1954.0, 1995.0])


def test_by_number_whatever_the_order() -> None:
    table = [
        Column("movieId", numbers=np.array([30.0, 99.0, 10.0])),
        Column("length", numbers=np.array([3.0, 9.0, 1.0])),
        Column("kind", words=["c", "x", "a"]),
    ]
    found, matched = joined(table, IDS, TITLES, YEARS)
    assert matched == 2
    assert [found["length"].cell(row) for row in range(3)] == ["1", "", "3"]
    assert list(found["kind"].words or ()) == ["a", "", "c"]
    assert "movieId" not in found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["sabrina (1995)", "HEAT", "Sabrina (1954)"], ["2", "3", "1"]),
        (["Sabrina", "Heat (1995)", "other"], ["2", "1", "1"]),
    ],
)
def test_by_title_with_or_without_the_year(written: list[str], expected: list[str]) -> None:
    table = [Column("Title", words=written), Column("n", numbers=np.array([1.0, 2.0, 3.0]))]
    found, matched = joined(table, IDS, TITLES, YEARS)
    assert [found["n"].cell(row) for row in range(3)] == expected
    assert matched == 3


def test_what_cannot_be_joined_gets_a_sentence() -> None:
    for table, key in (
        ([Column("n", numbers=np.array([1.0]))], "join"),
        ([Column("title", words=["Nothing"]), Column("n", numbers=np.array([1.0]))], "no_match"),
    ):
        with pytest.raises(Problem) as caught:
            joined(table, IDS, TITLES, YEARS)
        assert caught.value.key == f"problem.own.{key}"
        assert str(caught.value)
