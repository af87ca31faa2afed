"""What the user wants, told apart from what the browser only repeats.

With every click a browser sends the values of all widgets as it shows them, and parts of a page
that look again by themselves send them, too. What leaves before the browser has received the page
drawn last therefore repeats values that the page has changed since (a scene was chosen, say, or a
file has brought its own settings), and Streamlit takes them for changes by the user: they would
undo the scene. But with the values comes the address, and each page drawn has one of its own: it
tells what the browser showed.
"""

from __future__ import annotations

import time
from typing import Any

__all__ = ["Address", "Echoes"]

Address = tuple[tuple[str, str], ...]
"""The query parameters, sorted."""

_PAGES = 30
_LATE = 10.0
"""Seconds after which no message is late: a browser might keep an address of its own."""


class Echoes:
    """What one browser session has been shown, page drawn by page drawn."""

    def __init__(self) -> None:
        self._name = ""
        self._shown: dict[str, Any] = {}
        self._pages: dict[Address, dict[str, Any]] = {}
        self._drawn = 0.0

    def begin(self, name: str) -> None:
        """The page ``name`` is about to be drawn, the whole of it."""
        if name != self._name:
            self._name, self._pages = name, {}
        self._shown = dict(self._shown)

    def show(self, key: str, value: Any) -> None:
        """The widget ``key`` is drawn, and shows ``value``."""
        self._shown[key] = value

    def end(self, address: Address) -> None:
        """The page has been drawn, and the browser told this address."""
        self._pages.pop(address, None)
        self._pages[address] = self._shown
        if len(self._pages) > _PAGES:
            del self._pages[next(iter(self._pages))]
        self._drawn = time.monotonic()

    def hear(self, address: Address, key: str, value: Any) -> bool:
        """Whether ``value`` is the user's wish, and not what the browser showed before.

        Args:
            address: Of the browser, when it sent the value.
            key: The widget, whose value is another one by now.
            value: What the browser says that it shows.
        """
        then = self._pages.get(address)
        if then is None or key not in then:
            return True
        if then[key] == value and time.monotonic() - self._drawn < _LATE:
            return False
        then[key] = value
        return True
