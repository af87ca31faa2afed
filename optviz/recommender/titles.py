"""MovieLens titles: ``"Matrix, The (1999)"`` is *The Matrix*, of 1999."""

from __future__ import annotations

import re

__all__ = ["split_title"]

# A year closes the title; series carry a span such as (1975-1979) or (2007-).
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\s*\)\s*$")
# English and the foreign articles that MovieLens moves behind a title. "Title, A" is one;
# "Bell, Book and Candle" is not, because what follows its comma is no article.
_ARTICLES = (
    "The|A|An|La|Le|Les|L'|L’|Il|I|Lo|Gli|El|Los|Las|Un|Una|Une|Uno|"
    "Der|Die|Das|Ein|Eine|Den|Det|De|O|Os|As|Het"
)
_TRAILING_ARTICLE = re.compile(rf"^(?P<name>.+?), (?P<article>{_ARTICLES})(?P<rest>\s*\(.*)?$")


def split_title(raw: str) -> tuple[str, int | None]:
    """The title as one says it, and its year.

    Args:
        raw: The title as a MovieLens file has it.

    Returns:
        The title without the year and with its article in front; the year, or None where the
        file gives none. Alternative titles in parentheses stay.

    Example:
        >>> split_title("Red Balloon, The (Ballon rouge, Le) (1956)")
        ('The Red Balloon (Ballon rouge, Le)', 1956)
        >>> split_title("Hyena Road")
        ('Hyena Road', None)
        >>> split_title("Big Bang Theory, The (2007-)")
        ('The Big Bang Theory', 2007)
    """
    title, year = raw.strip(), None
    if match := _YEAR.search(title):
        title, year = title[: match.start()].strip(), int(match.group(1))
    if match := _TRAILING_ARTICLE.match(title):
        article = match["article"]
        glue = "" if article.endswith(("'", "’")) else " "
        title = f"{article}{glue}{match['name']}{match['rest'] or ''}"
    return title, year
