"""Fields of the Embeddings page's state that hold more than one thing: films, genres, guesses."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from optviz.core.problem import Problem
from optviz.embedding.illusions import ILLUSIONS
from optviz.embedding.search import title_test
from optviz.figures.embeddings_paint import COLUMN
from optviz.ui.fields import custom

__all__ = [
    "Guesses",
    "colour_name",
    "film_set",
    "genre_set",
    "guessed",
    "search_words",
]


Guesses = tuple[tuple[str, str], ...]
"""(puzzle, answer) for each puzzle that was guessed at, in their order."""

_READABLE = 8
_MOST_FILMS = 100_000
_MOST_GENRES, _LONGEST_GENRE = 30, 40
_LONGEST_SEARCH = 120
_LONGEST_COLUMN = 300


def film_set(default: tuple[int, ...] = ()) -> tuple[int, ...]:
    """A set of films by their raw ids, in ascending order.

    A few stand in a URL as they are (``1.260``). Many are packed: the differences from one to
    the next in seven-bit bytes, deflated, in the letters that a URL may hold. Three hundred
    films take about as many letters.
    """
    return custom(default, check=_check_films, parse=_read_films, write=_write_films)


def _check_films(value: Any) -> tuple[int, ...]:
    try:
        films = tuple(sorted({int(film) for film in value}))
    except (TypeError, ValueError, OverflowError):
        raise Problem("problem.embedding.films") from None
    if films and not (films[0] >= 0 and films[-1] <= 2**31 and len(films) <= _MOST_FILMS):
        raise Problem("problem.embedding.films")
    return films


def _write_films(films: Iterable[int]) -> str:
    films = tuple(films)
    if len(films) <= _READABLE:
        return ".".join(map(str, films))
    packed, before = bytearray(), 0
    for film in films:
        step, before = film - before, film
        while step >= 0x80:
            packed.append(step & 0x7F | 0x80)
            step >>= 7
        packed.append(step)
    return "~" + base64.urlsafe_b64encode(zlib.compress(bytes(packed), 9)).decode().rstrip("=")


def _read_films(written: str) -> tuple[int, ...]:
    if not written.startswith("~"):
        return tuple(int(film) for film in written.split(".") if film)
    letters = written[1:]
    try:
        deflated = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
        # No more is unpacked than that many films can take, whatever a link holds.
        packed = zlib.decompressobj().decompress(deflated, 5 * _MOST_FILMS)
    except (ValueError, zlib.error):
        raise Problem("problem.embedding.films") from None
    films, film, step, shift = [], 0, 0, 0
    for byte in packed:
        step |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            film += step
            films.append(film)
            step = shift = 0
    return tuple(films)


def genre_set() -> tuple[str, ...]:
    """A set of genres, in the order of the alphabet."""

    def check(value: Any) -> tuple[str, ...]:
        genres = tuple(sorted({str(genre) for genre in value}))
        if len(genres) > _MOST_GENRES or any(len(genre) > _LONGEST_GENRE for genre in genres):
            raise Problem("problem.embedding.genres", most=_MOST_GENRES)
        return genres

    default: tuple[str, ...] = ()
    return custom(
        default,
        check=check,
        parse=lambda written: tuple(filter(None, written.split("|"))),
        write="|".join,
    )


def colour_name(default: str, known: Sequence[str]) -> str:
    """One of ``known``, or a column of the user's own table."""

    def check(value: Any) -> str:
        name = str(value)
        if name not in known and not (name.startswith(COLUMN) and len(name) <= _LONGEST_COLUMN):
            raise Problem("problem.state.choice", value=name[:40], known=", ".join(known))
        return name

    return custom(default, check=check, parse=str, write=str)


def search_words() -> str:
    """What to look for in titles: words, or a regular expression between slashes."""

    def check(value: Any) -> str:
        if len(str(value)) > _LONGEST_SEARCH:
            raise Problem("problem.state.long", length=len(str(value)), longest=_LONGEST_SEARCH)
        title_test(str(value))
        return str(value)

    return custom("", check=check, parse=str, write=str)


def guessed() -> Guesses:
    """The guesses at the illusions; ``noise-one.gaps-ac`` in a URL."""
    return custom((), check=_check_guesses, parse=_read_guesses, write=_write_guesses)


def _check_guesses(value: Any) -> Guesses:
    given = dict(value)
    for name, answer in given.items():
        known = ILLUSIONS[name].answers if name in ILLUSIONS else tuple(ILLUSIONS)
        if answer not in known:
            raise Problem("problem.state.choice", value=answer, known=", ".join(known))
    return tuple((name, given[name]) for name in ILLUSIONS if name in given)


def _read_guesses(written: str) -> Guesses:
    pairs = (pair.partition("-") for pair in written.split("."))
    return tuple((name, answer) for name, _, answer in pairs)


def _write_guesses(value: Guesses) -> str:
    return ".".join(f"{name}-{answer}" for name, answer in value)
