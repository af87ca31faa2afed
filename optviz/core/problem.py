"""The one exception a user may read: a sentence, from the catalogue, in their language."""

from __future__ import annotations

from typing import Any

from optviz.language import ENGLISH, Text

__all__ = ["Problem"]


class Problem(ValueError):
    """Something the user gave cannot be used; the message says what would be right.

    Raise it with the catalogue key of a sentence and the values that fill it. In Python it
    reads as the English sentence; a page shows ``problem.sentence(text)`` in the user's
    language, at the place where the input was typed.

    Args:
        key: A key of the language catalogue, ``"problem.<area>.<name>"`` by custom.
        **values: What fills the sentence's ``{placeholders}``.

    Example:
        >>> str(Problem("problem.core.unknown_name", kind="surface", name="bowl", known="booth"))
        'There is no surface called “bowl”. Known: booth.'
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key = key
        self.values = values
        super().__init__(key)

    def __str__(self) -> str:
        return self.sentence(ENGLISH)

    def __reduce__(self) -> tuple[Any, ...]:
        # Problems cross from a worker process to the page; keyword arguments need help.
        return _rebuild, (type(self), self.key, self.values)

    def sentence(self, text: Text) -> str:
        """The sentence in the language of ``text``."""
        return text(self.key, **self.values)


def _rebuild(kind: type[Problem], key: str, values: dict[str, Any]) -> Problem:
    return kind(key, **values)
