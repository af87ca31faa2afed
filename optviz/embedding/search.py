"""Finding titles: by words, or by a regular expression between slashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from optviz.core.problem import Problem

__all__ = ["title_test"]

_LONGEST = 100
_MOST_REPEATS, _MOST_WAYS = 2, 6
_REPEAT = re.compile(r"(?:[*+]|\{\d*,\d*\})[?+]?")  # a fixed number, {4}, leaves no choice
_GROUP = re.compile(r"\(([^()]*)\)([*+]|\{\d*,?\d*\})?")


def title_test(written: str) -> Callable[[str], bool]:
    """What tells whether a title is meant by ``written``.

    Words are found wherever they stand, whatever their case and accents. ``/…/`` is a regular
    expression (Python's), case left out too.

    Raises:
        Problem: The expression is not one, or could search for ever.

    Example:
        >>> test = title_test("amelie")
        >>> test("Amélie (2001)"), test("Aliens (1986)")
        (True, False)
        >>> title_test("/^alien(s|³)?/")("Aliens (1986)")
        True
    """
    wanted = written.strip()
    if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
        found = _expression(wanted[1:-1]).search
        return lambda title: found(title) is not None
    plain = _plain(wanted)
    return lambda title: plain in _plain(title)


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _expression(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _LONGEST:
        raise Problem("problem.embedding.regex_long", length=len(pattern), longest=_LONGEST)
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        place = getattr(error, "pos", None)
        raise Problem(
            "problem.embedding.regex",
            pattern=pattern,
            place=1 if place is None else place + 1,
            why=str(getattr(error, "msg", error)),
        ) from None
    if _may_run_away(pattern):
        raise Problem("problem.embedding.regex_slow", pattern=pattern)
    return compiled


def _may_run_away(pattern: str) -> bool:
    """Whether a search could take exponentially many steps, or many times the square of a title.

    Python's engine tries one way after the other and cannot be interrupted. It runs away where
    something repeats that can itself be read in several ways: a repetition or a choice inside a
    repeated group. Some harmless expressions are caught as well; no harmful one gets through.
    """
    plain = re.sub(r"\\.", "x", pattern)  # an escaped character is one character
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", plain)  # and so is a class
    plain = re.sub(r"\(\?[:=!<]*(?:P<\w+>)?", "(", plain)  # what kind of group is no matter
    repeats, rest = len(_REPEAT.findall(plain)), _REPEAT.sub("", plain)
    choices = rest.count("?") + _grouped_bars(rest)
    if repeats > _MOST_REPEATS or 3 * repeats + choices > _MOST_WAYS:
        return True
    # From the innermost group outwards: what is inside a group that repeats must be simple.
    while found := _GROUP.search(plain):
        inside, repeated = found.groups()
        simple = not re.search(r"[*+|?{]", inside)
        if repeated and not simple:
            return True
        # The group around it takes over what it holds.
        left = "x" if simple and not repeated else "x*"
        plain = plain[: found.start()] + left + plain[found.end() :]
    return False


def _grouped_bars(plain: str) -> int:
    """Choices inside groups: one after the other, they multiply."""
    depth = bars = 0
    for letter in plain:
        depth += (letter == "(") - (letter == ")")
        bars += letter == "|" and depth > 0
    return bars
