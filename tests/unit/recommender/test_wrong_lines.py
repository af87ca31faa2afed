"""A file full of wrong lines is told of by their number and the first few, soon and in little."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from optviz.core.problem import Problem
from optviz.language import Text
from optviz.recommender import wrong_lines as module
from optviz.recommender.data import load_ratings

from .movielens_archives import changed_files, ml_1m, zipped

GOOD = [f"{u},{i},{1 + (u * i) % 5}" for u in range(1, 10) for i in range(1, 10)]


def csv(*lines: str) -> bytes:
    return "\n".join(["user,item,rating", *lines]).encode()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((*GOOD, "1,99,good", *GOOD[:0], "2,99,bad"), "Lines concerned: 2 (83, 84)"),
        (("1,98", *GOOD, "", "2,98,3,4,5"), "Lines concerned: 2 (2, 85)"),
        ((*GOOD[:5], "", ",7,3", *GOOD[5:]), "Lines concerned: 1 (8)"),
        ((*GOOD, *["1,97,"] * 5), "Lines concerned: 5 (83, 84, 85, …)"),
        ((*GOOD, "1,97,2000", '"a, b",97,3'), "Lines concerned: 1 (83)"),
    ],
    ids=["not a number", "fields", "no id", "no rating", "huge"],
)
def test_the_lines_are_those_that_an_editor_shows(lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(Problem) as caught:
        load_ratings(csv(*lines))
    assert said in str(caught.value)
    assert "{" not in caught.value.sentence(Text("zh"))


def test_the_files_of_movielens_are_looked_through_as_they_are() -> None:
    files = changed_files(ml_1m(), "ratings.dat", b"7::1::2", b"7::1::x")
    with pytest.raises(Problem, match=r"Lines concerned: 1 \(4\)"):
        load_ratings(zipped(files))
    files = changed_files(ml_1m(), "ratings.dat", b"7::1::2", b"7::1::9")
    with pytest.raises(Problem, match=r"rating of 9.*Lines concerned: 1 \(4\)"):
        load_ratings(zipped(files))


def test_a_million_wrong_lines_take_about_a_second() -> None:
    content = csv(*GOOD, *["1,2"] * 1_000_000)
    started = time.process_time()
    with pytest.raises(Problem, match=r"Lines concerned: 1,000,000 \(83, 84, 85, …\)"):
        load_ratings(content)
    assert time.process_time() - started < 10  # of a machine that has other work, too


@pytest.mark.parametrize("row", ["1,2", "1,2,none", "1,2,", ",2,3"])
def test_nothing_of_them_is_kept(row: str) -> None:
    content = csv(*GOOD, *[row] * 50_000)
    tracemalloc.start()
    with pytest.raises(Problem, match=r"Lines concerned: 50,000 \(83, 84, 85, …\)"):
        load_ratings(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6  # a list of them would take more than that


def test_a_file_without_end_is_told_of_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 100)
    with pytest.raises(Problem, match=r"Lines concerned: ≥ 19 \(82, 83, 84, …\)"):
        load_ratings(csv(*GOOD[:80], *["1,2"] * 500))
