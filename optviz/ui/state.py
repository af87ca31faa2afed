"""The session, and the only module that touches ``st.session_state`` and ``st.query_params``.

A :class:`Store` keeps one page's state (:mod:`optviz.ui.fields`) for the browser session, seeds
widgets from it, takes their changes back, and mirrors everything that differs from the defaults
in the address bar: a copied link shows the same page.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from optviz.core.problem import Problem
from optviz.language import LANGUAGES, Text
from optviz.ui.echoes import Address, Echoes
from optviz.ui.fields import PageState

__all__ = [
    "Store",
    "begin_page",
    "bind_language",
    "bind_typed",
    "bind_value",
    "forget",
    "guarded",
    "heard",
    "language",
    "mishaps",
    "remember",
]

V = TypeVar("V")
S = TypeVar("S", bound="PageState")

_log = logging.getLogger("optviz")


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
        query = dict(_address()) if own_address else {}
        # The browser may send an address that we wrote some runs ago; only one that we never
        # wrote (a pasted link) speaks for the user. Moving between pages empties the address.
        seen: set[Address] = remember(f"addresses:{cls.page}", set)
        address = tuple(query.items())
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
        _echoes().show(key, st.session_state[key])
        return {"key": key, "on_change": guarded(self._take), "args": (name,)}

    def _take(self, name: str) -> None:
        value = st.session_state[self.key(name)]
        # None: a pill or segment was un-picked: keep what there was
        if value is None or not _wanted(self.key(name), value):
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
        self._show(value, checked)  # of the others one may have changed, too, and is told next
        self._settle(checked)
        st.session_state[self._slot] = value

    def reset(self) -> None:
        """Back to the defaults."""
        self._show(self._cls())
        self._settle(field.name for field in dataclasses.fields(self._cls))
        st.session_state[self._slot] = self._cls()

    def _show(self, value: S, names: Iterable[str] | None = None) -> None:
        for name in [field.name for field in dataclasses.fields(value)] if names is None else names:
            key = self.key(name)
            new = getattr(value, name)
            if key in st.session_state and st.session_state[key] != new:
                st.session_state[key] = new

    def bind_typed(
        self, name: str, write: Callable[[Any], str], read: Callable[[str], Any]
    ) -> tuple[dict[str, Any], Problem | None]:
        """Tie a text box to a field whose value is typed; see :func:`bind_typed`.

        Args:
            name: The field.
            write: How its value stands in the box.
            read: The value that a text means; raises :class:`Problem` if it means none.
        """
        return bind_typed(
            self._draft(name),
            write(getattr(self.value, name)),
            lambda written: self.set(**{name: read(written)}),
        )

    def _draft(self, name: str) -> str:
        return f"{self.key(name)}.typed"

    def _settle(self, names: Iterable[str]) -> None:
        """Let typed fields show the state again: whatever stood there has been overruled."""
        for name in names:
            _typed(self._draft(name)).clear()

    def sync_url(self) -> None:
        """Mirror the state in the address bar."""
        query = self.value.to_query()
        address = tuple(sorted(query.items()))
        remember(f"addresses:{self._cls.page}", set[Any]).add(address)
        _echoes().end(address)
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


def guarded(call: Callable[..., object]) -> Callable[..., None]:
    """``call`` as a callback that cannot break its page.

    Streamlit runs callbacks before the page's script, outside the frame's safety net. What goes
    wrong in one is kept for the frame to say (:func:`mishaps`), and the page is drawn as it was.
    """

    def safely(*args: Any, **kwargs: Any) -> None:
        found: Problem | None = None
        try:
            call(*args, **kwargs)
            return
        except Problem as problem:
            found = problem
        except Exception:
            _log.exception("a callback failed")
        remember("mishaps", list[Problem | None]).append(found)

    return safely


def mishaps() -> list[Problem | None]:
    """What went wrong in callbacks since it was asked last; None for what has no sentence."""
    found: list[Problem | None] = remember("mishaps", list)
    forget("mishaps")
    return found


def heard(key: str, name: str, take: Callable[[Any], None]) -> Callable[[], None]:
    """A component's callback: ``take`` gets what the browser sent as ``name``, if it did."""

    def hear() -> None:
        # One dispatch serves all triggers of a component: those that did not fire hold None.
        sent = (st.session_state.get(key) or {}).get(name)
        if sent is not None:
            take(sent)

    return hear


def bind_value(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """Keyword arguments that make a widget show ``value`` and hand its changes to ``take``.

    For what is part of a field (one run of several, say): the state stays the only truth, and
    the widget follows it in every run.
    """

    def usable(new: Any) -> None:
        with contextlib.suppress(Problem):  # words of another language, as in Store._take
            take(new)

    taken = _whole(key, usable)
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return {"key": key, "on_change": guarded(_on_change(key, value, taken))}


def bind_typed(
    key: str, shown: str, read: Callable[[str], None]
) -> tuple[dict[str, Any], Problem | None]:
    """Tie a text box to a value that is typed: as :func:`bind_value`, but wrong text stays.

    Args:
        key: Widget key.
        shown: How the state writes the value now.
        read: Takes the text over into the state; raises :class:`Problem` if it cannot.

    Returns:
        The widget's keyword arguments (its default among them, as :mod:`optviz.ui.controls`
        explains), and what is wrong with the text that stands there.
    """
    kept = _typed(key)

    def understand(written: str) -> None:
        kept.pop("written", None)
        kept.pop("problem", None)
        try:
            read(written)
        except Problem as problem:
            kept.update(written=written, problem=problem)

    taken = _whole(key, understand)
    if kept.get("shown") != shown:  # the value was changed, here or elsewhere
        kept.clear()
    kept["shown"] = shown
    wanted = kept.get("written", shown)
    # Only what differs is set: setting it again would wipe out what is being typed just now.
    if key not in st.session_state or st.session_state[key] != wanted:
        st.session_state[key] = wanted
    changed = guarded(_on_change(key, wanted, taken))
    return {"key": key, "value": wanted, "on_change": changed}, kept.get("problem")


def _on_change(key: str, value: Any, take: Callable[[Any], None]) -> Callable[[], None]:
    """A callback of a widget that shows ``value``: hand ``take`` what the user changes it to."""
    _echoes().show(key, value)

    def changed() -> None:
        if _wanted(key, st.session_state[key]):
            take(st.session_state[key])

    return changed


def begin_page(name: str) -> None:
    """Call it before a page is drawn, the whole of it."""
    _echoes().begin(name)


def _echoes() -> Echoes:
    return remember("echoes", Echoes)


def _address() -> Address:
    """What the browser's address says of the page."""
    query = st.query_params.to_dict()
    query.pop(_LANGUAGE_PARAMETER, None)
    return tuple(sorted(query.items()))


def _wanted(key: str, value: Any) -> bool:
    """Whether the user wants it, or the browser only has not been told of a newer value."""
    return _echoes().hear(_address(), key, value)


def _typed(key: str) -> dict[str, Any]:
    """What is known of a typed box: the value it showed last, and text that could not be read."""
    return remember(f"typed {key}", dict)


def _whole(key: str, take: Callable[[Any], None]) -> Callable[[Any], None]:
    """``take``, carried through though a newer change of the page interrupts it.

    Streamlit ends a run for the next one wherever it touches the session's state, callbacks
    included, and the next run finds the widget unchanged: what takes a moment to be taken over,
    a typed function, say, would be lost with a click that follows at once. So a wish is noted
    before it is acted on, and whoever draws the widget next sees it through.
    """
    wishes: dict[str, Any] = remember("wishes", dict)

    def taken(wish: Any) -> None:
        wishes[key] = wish
        try:
            take(wish)
        except Exception:  # it failed, which is not to be interrupted: it would fail again
            del wishes[key]
            raise
        del wishes[key]

    if key in wishes:
        taken(wishes[key])
        st.rerun()
    return taken


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

    return {"key": _LANGUAGE_KEY, "on_change": guarded(take)}
