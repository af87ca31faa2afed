from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from optviz.embedding.columns import Column
from optviz.embedding.contrast import contrast, telling_classes

MEANS = np.array([4.0, 2.0, 3.0, 5.0])
COUNTS = np.array([10, 30, 5, 1])
YEARS = np.array([1980.0, np.nan, 2000.0, 1990.0])


def compare(chosen, labels=("",) * 4):
    return contrast(
        np.array(chosen, dtype=bool), means=MEANS, counts=COUNTS, years=YEARS, labels=labels
    )


def test_figures_by_hand() -> None:
    found = compare([1, 1, 0, 0])
    assert (found.n, found.rest) == (2, 2)
    assert found.rating.inside == pytest.approx((4 * 10 + 2 * 30) / 40)
    assert found.rating.outside == pytest.approx((3 * 5 + 5 * 1) / 6)
    assert (found.year.inside, found.year.outside) == (1980, 1995)
    assert (found.count.inside, found.count.outside) == (20, 3)


def test_all_and_none_and_no_year_have_nothing_to_compare_with() -> None:
    for chosen in ([1, 1, 1, 1], [0, 0, 0, 0]):
        found = compare(chosen, ["A"] * 4)
        assert found.labels == ()
        assert any(np.isnan([found.rating.inside, found.rating.outside]))
    assert np.isnan(compare([0, 1, 0, 0]).year.inside)


def test_a_label_that_is_telling_and_by_how_much() -> None:
    n = 200
    labels = ["Horror|Drama" if i < 20 else "Drama" if i % 2 else "" for i in range(n)]
    chosen = np.zeros(n, dtype=bool)
    chosen[10:40] = True
    found = contrast(
        chosen, means=np.ones(n), counts=np.ones(n, dtype=int), years=np.full(n, np.nan),
        labels=labels,
    )  # fmt: skip
    (horror,) = found.labels
    assert (horror.name, horror.count) == ("Horror", 10)
    assert horror.inside == pytest.approx(10 / 30)
    assert horror.outside == pytest.approx(10 / 170)
    chance = hypergeom(n, 20, 30)
    assert horror.z == pytest.approx((10 - chance.mean()) / chance.std())


def test_classes_that_are_more_frequent_than_by_chance() -> None:
    column = Column("kind", words=["a"] * 20 + ["b"] * 20 + [""] * 60)
    chosen = np.zeros(100, dtype=bool)
    chosen[:10] = True
    (share,) = telling_classes(chosen, column.classes())
    assert (share.name, share.count, share.inside) == ("a", 10, 1.0)
    assert share.outside == pytest.approx(10 / 90)
    assert telling_classes(~np.zeros(100, dtype=bool), column.classes()) == ()
