from __future__ import annotations

import numpy as np
import pytest

from optviz.embedding.columns import MOST_CLASSES, Column


def test_numbers_of_few_whole_values_are_classes_in_their_order() -> None:
    digits = Column("digit", numbers=np.array([10.0, 2.0, np.nan, 2.0]))
    assert not digits.graded
    found = digits.classes()
    assert found.names == ("2", "10")
    assert found.codes.tolist() == [1, 0, -1, 0]


@pytest.mark.parametrize("numbers", [[0.5, 1.5, 2.0], list(range(30))])
def test_other_numbers_are_a_scale(numbers: list[float]) -> None:
    assert Column("x", numbers=np.array(numbers, dtype=np.float64)).graded


def test_words_are_classes_by_how_often_they_occur() -> None:
    found = Column("kind", words=["b", "a", "b", ""]).classes()
    assert found.names == ("b", "a")
    assert found.codes.tolist() == [0, 1, 0, -1]
    assert not found.rare


def test_rare_words_share_one_place() -> None:
    words = [f"w{i:03}" for i in range(60)] + [f"w{i:03}" for i in range(20, 60)]
    found = Column("word", words=words).classes()
    assert len(found.names) == MOST_CLASSES
    assert found.rare
    assert found.names[0] == "w020"
    assert (found.codes == -1).sum() == 100 - (2 * 40 + 7)


def test_rows_keep_their_cells() -> None:
    for column in (
        Column("n", numbers=np.array([1.0, 2.5, np.nan])),
        Column("w", words=list("abc")),
    ):
        some = column.rows(np.array([2, 1]))
        assert [some.cell(0), some.cell(1)] == [column.cell(2), column.cell(1)]
    assert Column("n", numbers=np.array([1.0, 0.1])).cell(0) == "1"
