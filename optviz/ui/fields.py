"""Typed page state: frozen dataclasses whose fields know how to check themselves.

Each page has one dataclass derived from :class:`PageState`. Its fields are made with
:func:`choice`, :func:`number`, :func:`integer`, :func:`flag`, :func:`words` or :func:`custom`,
so that each can tell a value that is acceptable and how it stands in a URL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from optviz.core.problem import Problem

__all__ = ["PageState", "choice", "custom", "flag", "integer", "number", "within", "words"]

V = TypeVar("V")
S = TypeVar("S", bound="PageState")


@dataclass(frozen=True)
class Codec(Generic[V]):
    """How one field checks itself and stands in a URL.

    Attributes:
        check: Returns the value, perhaps normalised; raises :class:`Problem`.
        parse: The value written in a URL; may raise ``ValueError`` or :class:`Problem`.
        write: The value's form in a URL; ``parse(write(v)) == v``.
    """

    check: Callable[[Any], V]
    parse: Callable[[str], V]
    write: Callable[[V], str]


def custom(
    default: V,
    *,
    check: Callable[[Any], V],
    parse: Callable[[str], V],
    write: Callable[[V], str],
) -> V:
    """A field with its own check and URL form. ``default`` must be immutable."""
    field: V = dataclasses.field(default=default, metadata={"codec": Codec(check, parse, write)})
    return field


def choice(default: str, options: Callable[[], Sequence[str]] | Sequence[str]) -> str:
    """One of ``options`` (given as a callable where listing them costs an import)."""

    def check(value: Any) -> str:
        known = options() if callable(options) else options
        if value not in known:
            raise Problem("problem.state.choice", value=value, known=", ".join(known))
        return str(value)

    return custom(default, check=check, parse=str, write=str)


def number(default: float, minimum: float, maximum: float) -> float:
    """A real number between ``minimum`` and ``maximum``, both allowed."""

    return custom(
        default, check=lambda value: within(value, minimum, maximum), parse=float, write=repr
    )


def within(value: Any, minimum: float, maximum: float) -> float:
    """``value`` as a number.

    Raises:
        Problem: It is none between ``minimum`` and ``maximum``.
    """
    if not minimum <= float(value) <= maximum:  # also refuses NaN
        raise Problem(
            "problem.state.range",
            value=f"{float(value):g}",
            minimum=f"{minimum:g}",
            maximum=f"{maximum:g}",
        )
    return float(value)


def integer(default: int, minimum: int, maximum: int) -> int:
    """A whole number between ``minimum`` and ``maximum``, both allowed."""

    def check(value: Any) -> int:
        if not minimum <= int(value) <= maximum:
            raise Problem("problem.state.range", value=value, minimum=minimum, maximum=maximum)
        return int(value)

    return custom(default, check=check, parse=int, write=str)


def flag(default: bool) -> bool:
    """On or off; ``1`` or ``0`` in a URL."""

    def parse(written: str) -> bool:
        if written not in ("0", "1"):
            raise ValueError(written)
        return written == "1"

    return custom(default, check=bool, parse=parse, write=lambda value: str(int(value)))


def words(default: str, longest: int = 200) -> str:
    """Free text of at most ``longest`` characters."""

    def check(value: Any) -> str:
        if len(str(value)) > longest:
            raise Problem("problem.state.long", length=len(str(value)), longest=longest)
        return str(value)

    return custom(default, check=check, parse=str, write=str)


@dataclass(frozen=True)
class PageState:
    """Base of all page states; ``page`` names the page in keys."""

    page: ClassVar[str]

    @classmethod
    def codec(cls, name: str) -> Codec[Any]:
        """The codec of the field ``name``."""
        return cast(Codec[Any], cls.__dataclass_fields__[name].metadata["codec"])

    def to_query(self) -> dict[str, str]:
        """What differs from the defaults, as query parameters."""
        return {
            field.name: self.codec(field.name).write(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_query(cls: type[S], query: Mapping[str, str]) -> tuple[S, list[Problem]]:
        """The state a URL describes, and one problem for each parameter it got wrong."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for field in dataclasses.fields(cls):
            if field.name not in query:
                continue
            codec = cls.codec(field.name)
            try:
                values[field.name] = codec.check(codec.parse(query[field.name]))
            except Problem as problem:
                problems.append(
                    Problem("problem.state.link", name=field.name, why=str(problem), inner=problem)
                )
            except (ValueError, TypeError, OverflowError):
                problems.append(
                    Problem("problem.state.unreadable", name=field.name, value=query[field.name])
                )
        return cls(**values), problems
