from __future__ import annotations

import re

import pytest

from optviz.core.problem import Problem
from optviz.embedding.search import title_test
from optviz.language import LANGUAGES, Text


@pytest.mark.parametrize(
    ("written", "title", "meant"),
    [
        ("star wars", "Star Wars: Episode IV (1977)", True),
        ("  Wars ", "Star Wars: Episode IV (1977)", True),
        ("AMÉLIE", "Amelie (2001)", True),
        ("(1977)", "Star Wars: Episode IV (1977)", True),
        (".*", "Alien (1979)", False),
        ("/", "Face/Off (1997)", True),
        ("//", "Face/Off (1997)", True),  # the empty expression fits everything
        ("/^alien/", "Aliens (1986)", True),
        ("/^alien/", "Cowboys & Aliens (2011)", False),
        (r"/\(19[78]\d\)/", "Alien (1979)", True),
        (r"/\(19[78]\d\)/", "Alien³ (1992)", False),
        ("/rocky( [iv]+)? \\(/", "Rocky III (1982)", True),
        ("/a|b/", "Brazil (1985)", True),
    ],
)
def test_what_is_meant(written: str, title: str, meant: bool) -> None:
    assert title_test(written)(title) is meant


@pytest.mark.parametrize(
    ("written", "place"), [("/(/", 1), ("/[a/", 1), ("/a**/", 3), ("/*x/", 1), ("/(?P<n/", 5)]
)
def test_a_broken_expression_says_where(written: str, place: int) -> None:
    with pytest.raises(Problem) as caught:
        title_test(written)
    assert caught.value.key == "problem.embedding.regex"
    assert caught.value.values["place"] == place
    for code in LANGUAGES:
        assert written[1:-1] in caught.value.sentence(Text(code))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(.*)*x", "(a|a)*b", "(a|ab)+c", "((a)+)+", "(?:a?){20}b", "(x+x+)+y",
        ".*.*.*.*x", "(?P<n>a*)*", "((a|b))*", "(([a-z])+.)+[A-Z]", "(a{1,9}){1,9}",
        ".?" * 12, "(.|.)" * 12, "(a?b){9}",
    ],
)  # fmt: skip
def test_what_could_search_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(Problem) as caught:
        title_test(f"/{pattern}/")
    assert caught.value.key == "problem.embedding.regex_slow"


@pytest.mark.parametrize(
    "pattern",
    [
        "(ab)+",
        "(a|b)c*",
        r"[*+]+ \(\d+\)",
        r"(\*)+",
        "(?i:abc)*",
        "x{2,3}y*",
        "[^]a]*",
        r"\(\d{4}\)",
        "a|b|c|d|e|f|g|h|i|j|k",
        ".*?x+?",
        "(ab){3}",
    ],
)
def test_what_cannot_is_not(pattern: str) -> None:
    assert title_test(f"/{pattern}/")("") is (re.search(pattern, "") is not None)


def test_a_very_long_expression_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        title_test("/" + "a" * 101 + "/")
    assert caught.value.key == "problem.embedding.regex_long"
