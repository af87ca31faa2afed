"""Words that come from data, where Streamlit would read them as markdown."""

from __future__ import annotations

import re

__all__ = ["literal"]

_MARKS = re.compile(r"([\\`*_\[\]$~<>])")


def literal(words: str) -> str:
    r"""``words`` as markdown that shows just them.

    Example:
        >>> literal("[REC]")
        '\\[REC\\]'
    """
    return _MARKS.sub(r"\\\1", words)
