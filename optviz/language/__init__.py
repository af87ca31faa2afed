"""Every word a user reads, in plain text files: one folder a language, one file an area.

The files are TOML (``en/home.toml``, ``zh/home.toml`` …): nested tables make dotted keys, so
``[home]`` with ``title = "…"`` is ``home.title``. All languages hold the same keys; a test
compares them. The package imports nothing of ours, so that every layer may speak through it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["ENGLISH", "LANGUAGES", "Text", "catalogue"]

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}
"""Language code → the name by which its speakers know it."""

_FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)(?::([^{}]*))?\}")


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """All texts of one language, by dotted key.

    Raises:
        KeyError: The language is not one of :data:`LANGUAGES`.
        ValueError: Two files define the same key, or a text is not a string.
    """
    if code not in LANGUAGES:
        raise KeyError(code)
    texts: dict[str, str] = {}
    for file in sorted((_FOLDER / code).glob("*.toml")):
        with file.open("rb") as stream:
            for key, value in _flatten(tomllib.load(stream)):
                if key in texts:
                    raise ValueError(f"{file.name} defines {key} a second time")
                texts[key] = value
    return texts


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            pairs += _flatten(value, f"{key}.")
        elif isinstance(value, str):
            pairs.append((key, value.strip()))
        else:
            raise ValueError(f"{key} is not a text")
    return pairs


@dataclass(frozen=True, slots=True)
class Text:
    """Looks texts up in one language.

    ``text("home.title")`` is the text as written; with keyword values, each ``{name}`` or
    ``{name:.3g}`` whose name is among them is filled in. Other braces (LaTeX) stay as they are.
    """

    code: str

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text under ``key``.

        Raises:
            KeyError: No such key.
        """
        text = catalogue(self.code)[key]
        if not values:
            return text

        def fill(match: re.Match[str]) -> str:
            name, form = match.groups()
            if name not in values:
                return match.group()
            return format(values[name], form) if form else str(values[name])

        return _PLACEHOLDER.sub(fill, text)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds ``key``."""
        return key in catalogue(self.code)


ENGLISH = Text("en")
"""The language of exceptions, notebooks and logs."""
