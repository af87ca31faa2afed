"""Typed page state, and the only module that touches ``st.session_state`` and ``st.query_params``.

Each page has one frozen dataclass derived from :class:`PageState`. Its fields are made with
:func:`choice`, :func:`number`, :func:`integer`, :func:`flag`, :func:`words` or :func:`custom`,
so that each knows how to check itself and how to stand in a URL. A :class:`Store` keeps one
value of it for the browser session, seeds widgets from it, takes their changes back, and
mirrors everything that differs from the defaults in the address bar: a copied link shows the
same page.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

import streamlit as st

from optviz.core.problem import Problem
from optviz.language import LANGUAGES, Text

__all__ = [
    "PageState",
    "Store",
    "bind_language",
    "bind_typed",
    "bind_value",
    "choice",
    "component_value",
    "custom",
    "flag",
    "forget",
    "integer",
    "language",
    "number",
    "remember",
    "words",
]

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

    def check(value: Any) -> float:
        if not minimum <= float(value) <= maximum:  # also refuses NaN
            raise Problem(
                "problem.state.range",
                value=f"{float(value):g}",
                minimum=f"{minimum:g}",
                maximum=f"{maximum:g}",
            )
        return float(value)

    return custom(default, check=check, parse=float, write=repr)


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


class Store(Generic[S]):
    """The state of one page in one browser session.

    Args:
        cls: The page's state class. Opening it again in the same session finds the same value.
        own_address: Whether the address bar speaks of this page. False for the state of
            another page, which one page may read and change for the user's next visit.
    """

    def __init__(self, cls: type[S], *, own_address: bool = True) -> None:
        self._cls = cls
        self._slot = f"state:{cls.page}"
        self.problems: list[Problem] = []
        query = st.query_params.to_dict() if own_address else {}
        query.pop(_LANGUAGE_PARAMETER, None)
        # The browser may send an address that we wrote some runs ago; only one that we never
        # wrote (a pasted link) speaks for the user. Moving between pages empties the address.
        seen: set[tuple[tuple[str, str], ...]] = remember(f"addresses:{cls.page}", set)
        address = tuple(sorted(query.items()))
        if self._slot not in st.session_state or (query and address not in seen):
            value, self.problems = cls.from_query(query)
            if self._slot in st.session_state:
                self._show(value)
            st.session_state[self._slot] = value
            seen.add(address)

    @property
    def value(self) -> S:
        """The current state."""
        return cast(S, st.session_state[self._slot])

    def key(self, name: str) -> str:
        """The widget key of a field."""
        return f"{self._cls.page}.{name}"

    def bind(self, name: str) -> dict[str, Any]:
        """Keyword arguments that tie a Streamlit widget to the field ``name``."""
        key = self.key(name)
        if key not in st.session_state:
            st.session_state[key] = getattr(self.value, name)
        return {"key": key, "on_change": self._take, "args": (name,)}

    def _take(self, name: str) -> None:
        value = st.session_state[self.key(name)]
        if value is None:  # a pill or segment was un-picked: keep what there was
            st.session_state[self.key(name)] = getattr(self.value, name)
            return
        try:
            self.set(**{name: value})
        except Problem:
            # A browser tells choices by their words, and after a change of language it may
            # still send those of the other one: no wish of the user's. Show what there is.
            st.session_state[self.key(name)] = getattr(self.value, name)

    def set(self, **changes: Any) -> None:
        """Change fields; call it in callbacks, or before the fields' widgets are drawn.

        Raises:
            Problem: A value is not acceptable; then nothing changes.
        """
        checked = {name: self._cls.codec(name).check(value) for name, value in changes.items()}
        value = dataclasses.replace(self.value, **checked)
        self._show(value)
        self._settle(checked)
        st.session_state[self._slot] = value

    def reset(self) -> None:
        """Back to the defaults."""
        self._show(self._cls())
        self._settle(field.name for field in dataclasses.fields(self._cls))
        st.session_state[self._slot] = self._cls()

    def _show(self, value: S) -> None:
        for field in dataclasses.fields(value):
            key = self.key(field.name)
            new = getattr(value, field.name)
            if key in st.session_state and st.session_state[key] != new:
                st.session_state[key] = new

    def draft(self, name: str) -> str:
        """The widget key under which a typed number keeps its raw text."""
        return f"{self.key(name)}.typed"

    def typed(self, name: str, shown: str) -> str:
        """The raw text of a typed field: what the user left there, else ``shown``.

        Text that was understood gives way to the state's own form, so that a preset or a link
        is seen in the box; text that was not is kept for the user to mend, also while another
        page is shown (Streamlit forgets widgets that are not), until the field changes.
        """
        key = self.draft(name)
        wrong = self._wrong()
        if st.session_state.get(f"{key}.shown") != shown:
            wrong.pop(key, None)
            st.session_state[key] = shown
        elif key not in st.session_state:
            st.session_state[key] = wrong[key][0] if key in wrong else shown
        st.session_state[f"{key}.shown"] = shown
        return cast(str, st.session_state[key])

    def take_typed(self, name: str, read: Callable[[str], Any]) -> None:
        """Read a typed field's text into the state; keep the text if it cannot be read."""
        key = self.draft(name)
        written = str(st.session_state[key])
        try:
            self.set(**{name: read(written)})
        except Problem as problem:
            self._wrong()[key] = written, problem

    def typed_problem(self, name: str) -> Problem | None:
        """What is wrong with the text that stands in a typed field."""
        found = self._wrong().get(self.draft(name))
        return found[1] if found else None

    @staticmethod
    def _wrong() -> dict[str, tuple[str, Problem]]:
        """Typed text that could not be read, and why, by widget key."""
        return remember("typed problems", dict)

    def _settle(self, names: Iterable[str]) -> None:
        """Let typed fields show the state again: whatever stood there has been overruled."""
        for name in names:
            self._wrong().pop(self.draft(name), None)
            st.session_state.pop(f"{self.draft(name)}.shown", None)

    def sync_url(self) -> None:
        """Mirror the state in the address bar."""
        query = self.value.to_query()
        remember(f"addresses:{self._cls.page}", set[Any]).add(tuple(sorted(query.items())))
        code = language().code
        wanted = query | ({_LANGUAGE_PARAMETER: code} if code != _DEFAULT_LANGUAGE else {})
        if st.query_params.to_dict() != wanted:
            st.query_params.from_dict(wanted)


def remember(name: str, make: Callable[[], V]) -> V:
    """An object that lives as long as the browser session; made once by ``make``."""
    key = f"kept:{name}"
    if key not in st.session_state:
        st.session_state[key] = make()
    return cast(V, st.session_state[key])


def forget(name: str) -> None:
    """Drop what :func:`remember` keeps under ``name``."""
    st.session_state.pop(f"kept:{name}", None)


def component_value(key: str) -> Mapping[str, Any]:
    """What a browser component under ``key`` has sent; empty before it first spoke."""
    value: Any = st.session_state.get(key)
    return value if value is not None else {}


def bind_value(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """Keyword arguments that make a widget show ``value`` and hand its changes to ``take``.

    For what is part of a field (one run of several, say): the state stays the only truth, and
    the widget follows it in every run.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value

    def changed() -> None:
        with contextlib.suppress(Problem):  # words of another language, as in Store._take
            take(st.session_state[key])

    return {"key": key, "on_change": changed}


def bind_typed(
    key: str, shown: str, read: Callable[[str], None]
) -> tuple[dict[str, Any], Problem | None]:
    """Tie a text box to a value that is typed: as :func:`bind_value`, but wrong text stays.

    Args:
        key: Widget key.
        shown: How the state writes the value now.
        read: Takes the text over into the state; raises :class:`Problem` if it cannot.

    Returns:
        The widget's keyword arguments, and what is wrong with the text that stands there.
    """
    kept: dict[str, Any] = remember(f"typed {key}", dict)
    if kept.get("shown") != shown:  # the value was changed, here or elsewhere
        kept.clear()
    kept["shown"] = shown
    wanted = kept.get("written", shown)
    # Only what differs is set: setting it again would wipe out what is being typed just now.
    if key not in st.session_state or st.session_state[key] != wanted:
        st.session_state[key] = wanted

    def take() -> None:
        written = str(st.session_state[key])
        kept.pop("written", None)
        kept.pop("problem", None)
        try:
            read(written)
        except Problem as problem:
            kept.update(written=written, problem=problem)

    return {"key": key, "on_change": take}, kept.get("problem")


_LANGUAGE_PARAMETER = "lang"
_DEFAULT_LANGUAGE = "en"
_LANGUAGE_KEY = "language"


def language() -> Text:
    """The session's language: the switch, else the link, else the browser's own."""
    if "language code" not in st.session_state:
        wanted = st.query_params.get(_LANGUAGE_PARAMETER) or (st.context.locale or "")[:2]
        st.session_state["language code"] = wanted if wanted in LANGUAGES else _DEFAULT_LANGUAGE
    return Text(st.session_state["language code"])


def bind_language() -> dict[str, Any]:
    """Keyword arguments that tie a widget to the session's language."""
    if _LANGUAGE_KEY not in st.session_state:
        st.session_state[_LANGUAGE_KEY] = language().code

    def take() -> None:
        picked = st.session_state[_LANGUAGE_KEY]
        if picked is None:
            st.session_state[_LANGUAGE_KEY] = language().code
        else:
            st.session_state["language code"] = picked

    return {"key": _LANGUAGE_KEY, "on_change": take}
