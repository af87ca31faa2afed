"""From files to ratings: find the ratings and the movies among them, read and check both."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.archives import Member, Members, looks_like_text
from optviz.recommender.data import FEWEST, Ratings, make_ratings
from optviz.recommender.layouts import (
    Layout,
    movies_layout,
    plain_layout,
    ratings_layout,
    split,
)
from optviz.recommender.movies import decode, read_movies
from optviz.recommender.official import official_splits
from optviz.recommender.titles import split_title
from optviz.recommender.wrong_lines import wrong_lines

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["read_members"]

_MOVIES_FILE = {"100k": "u.item", "dat": "movies.dat", "csv": "movies.csv"}
_RATINGS_FILE = re.compile(r"(ratings?\.(csv|dat|txt)|u\.data)$", re.IGNORECASE)
_CONVERSION = re.compile(
    r"column #(\d+): CSV conversion error to [^:]*: invalid value '(.*?)'", re.S
)
LARGEST_RATING = 1000.0


def read_members(members: Members) -> Ratings:
    """The ratings among these files.

    Raises:
        Problem: There are none, or something about them is wrong.
    """
    heads = {member: _lines(member) for member in members.files}
    if members.alone or len(members.files) == 1:
        return _read_single(members.files[0], heads[members.files[0]])
    found = [
        (member, layout)
        for member, lines in heads.items()
        if (layout := ratings_layout(lines)) is not None
    ]
    if not found:
        _explain_absence(heads)
    # ml-100k carries parts of its ratings as files of their own: the largest is the whole.
    member, layout = max(found, key=lambda pair: (pair[0].size, pair[0].base))
    about = next(
        (
            read_movies(other, layout.kind)
            for other in sorted(heads, key=lambda other: -other.size)
            if movies_layout(heads[other]) == layout.kind
        ),
        None,
    )
    if about is None and layout.original:
        raise Problem("problem.data.no_movies", expected=_MOVIES_FILE[layout.kind])
    ratings = _read(member, layout, about, original=layout.original)
    if layout.kind != "100k":
        return ratings
    return dataclasses.replace(ratings, official=official_splits(members, ratings))


def _read_single(member: Member, lines: list[str]) -> Ratings:
    layout = ratings_layout(lines) or plain_layout(lines)
    if layout is None:
        raise Problem("problem.data.columns", found=_shown(lines))
    # A file named like MovieLens's may hold another scale; the two headerless forms may not.
    return _read(member, layout, None, original=layout.kind != "csv")


def _lines(member: Member) -> list[str]:
    head = member.head()
    if not looks_like_text(head):
        return []
    lines = decode(head).splitlines()
    if len(head) < member.size:
        lines = lines[:-1] or lines  # the last may be cut
    return [line for line in lines[:50] if line.strip()]


def _explain_absence(heads: dict[Member, list[str]]) -> None:
    for member, lines in heads.items():
        if _RATINGS_FILE.search(member.base):
            if not lines:
                raise Problem("problem.data.empty")
            raise Problem("problem.data.columns", found=_shown(lines))
    names = ", ".join(sorted(member.base for member in heads)[:6])
    raise Problem("problem.data.no_ratings", found=names or "–")


def _shown(lines: list[str]) -> str:
    first = lines[0] if lines else ""
    mark = "::" if "::" in first else max(",;\t|", key=first.count)
    fields = first.split(mark) if mark == "::" else split(first, mark)
    return ", ".join(f"“{field.strip()[:30]}”" for field in fields[:8]) or "–"


def _read(member: Member, layout: Layout, about: pd.DataFrame | None, *, original: bool) -> Ratings:
    import pandas as pd

    table = _table(member, layout)
    values = _values(member, layout, table)
    users, items = (_ids(member, layout, table, column) for column in ("user", "item"))
    stamps = _timestamps(table)
    if len(values) == 0:
        raise Problem("problem.data.empty")
    rating_range = _range(member, layout, values, original=original)
    if about is None:
        about = _own_titles(table, items)
    del table  # of 32 million ratings this is 0.8 GB
    if len(values) < FEWEST or len(pd.unique(users)) < 2 or len(pd.unique(items)) < 2:
        raise Problem(
            "problem.data.too_few",
            ratings=len(values),
            users=len(pd.unique(users)),
            items=len(pd.unique(items)),
            fewest=FEWEST,
        )
    if rating_range[0] == rating_range[1] or values.min() == values.max():
        raise Problem("problem.data.constant", value=f"{values[0]:g}")
    return make_ratings(users, items, values, stamps, about, rating_range=rating_range)


def _table(member: Member, layout: Layout) -> pa.Table:
    """Read the named columns; ids are as narrow as they fit, and text only where need be."""
    import pyarrow as pa

    ids = {"user": pa.int32(), "item": pa.int32()}
    wider = {pa.int32(): pa.int64(), pa.int64(): pa.string()}
    encoding = "utf8"
    while True:
        try:
            return _parse(member, layout, ids, encoding)
        except pa.ArrowInvalid as error:
            message = str(error)
            if "UTF8" in message and encoding == "utf8":
                encoding = "latin-1"
                continue
            match = _CONVERSION.search(message)
            if match is None:
                raise Problem("problem.data.columns", found=_shown(_lines(member))) from error
            role, value = layout.names[int(match[1])], match[2]
            if role in ids and ids[role] in (pa.int32(), *([] if layout.original else wider)):
                ids[role] = wider[ids[role]]
                continue
            told = {"name": member.base, "value": value[:40]} | wrong_lines(member, layout).told()
            if role == "rating":
                raise Problem("problem.data.not_number", **told) from error
            if role in ("user", "item"):
                raise Problem("problem.data.wrong_id", column=role, **told) from error
            raise Problem("problem.data.columns", found=_shown(_lines(member))) from error


def _parse(member: Member, layout: Layout, ids: dict[str, Any], encoding: str) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    wanted = [name for name in layout.names if not name.startswith("_")]
    types: dict[str, Any] = {**ids, "rating": pa.float64()}
    types |= {name: pa.string() for name in ("title", "genres", "year")}
    wrong: list[Any] = []

    def note(row: Any) -> str:
        wrong[:] = [row]
        return "error"  # the first one ends it: of a million, none is kept

    with member.open() as stream, _noted(member, layout, wrong):
        return csv.read_csv(
            stream,
            csv.ReadOptions(
                column_names=list(layout.names),
                skip_rows=int(layout.header),
                encoding=encoding,
                block_size=1 << 24,
            ),
            csv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char='"' if layout.kind == "csv" else False,
                invalid_row_handler=note,
            ),
            csv.ConvertOptions(
                include_columns=wanted,
                column_types={name: types[name] for name in wanted if name in types},
                strings_can_be_null=False,
            ),
        )


@contextmanager
def _noted(member: Member, layout: Layout, wrong: list[Any]) -> Iterator[None]:
    """Tell of the line that ended the reading, if one did."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowInvalid as error:
        if not wrong:
            raise
        expected = sum(not name.startswith("_") for name in layout.names)
        raise Problem(
            "problem.data.wrong_line",
            name=member.base,
            text=(wrong[0].text or "").strip()[:60],
            expected=len(layout.names) if layout.kind == "csv" else expected,
            **wrong_lines(member, layout).told(),
        ) from error


def _values(member: Member, layout: Layout, table: pa.Table) -> NDArray[np.float64]:
    column = table["rating"]
    values = np.asarray(column.to_numpy(), dtype=np.float64)
    missing = int((~np.isfinite(values)).sum())
    if missing:
        told = wrong_lines(member, layout).told()
        raise Problem("problem.data.missing_rating", name=member.base, **told)
    return values


def _ids(member: Member, layout: Layout, table: pa.Table, role: str) -> NDArray[Any]:
    import pyarrow as pa

    column = table[role]
    if pa.types.is_string(column.type):
        ids = np.array([value.strip() for value in column.to_pylist()], dtype=str)
        empty = ids == ""
    else:
        empty = column.is_null().to_numpy()
    if empty.any():
        told = wrong_lines(member, layout).told()
        raise Problem("problem.data.wrong_id", name=member.base, column=role, value="", **told)
    if pa.types.is_string(column.type):
        return ids
    whole: NDArray[Any] = column.to_numpy()
    return whole


def _range(
    member: Member, layout: Layout, values: NDArray[np.float64], *, original: bool
) -> tuple[float, float]:
    lowest, highest = float(values.min()), float(values.max())
    if original:
        whole = layout.kind == "100k" or (
            layout.kind == "dat" and lowest >= 1 and bool((values == np.floor(values)).all())
        )
        low = 1.0 if whole else 0.5
        for extreme in (lowest, highest):
            if not low <= extreme <= 5.0:
                told = wrong_lines(member, layout, lambda stars: low <= stars <= 5.0).told()
                raise Problem(
                    "problem.data.out_of_range",
                    name=member.base,
                    value=f"{extreme:g}",
                    low=f"{low:g}",
                    high="5",
                    **told,
                )
        steps = values * (1 if layout.kind == "100k" else 2)
        if (off := steps != np.floor(steps)).any():
            each = 1 if layout.kind == "100k" else 2
            told = wrong_lines(member, layout, lambda stars: (each * stars).is_integer()).told()
            value = f"{values[off][0]:g}"
            raise Problem("problem.data.off_grid", name=member.base, value=value, **told)
        return (low, 5.0)
    for extreme in (lowest, highest):
        if abs(extreme) > LARGEST_RATING:
            told = wrong_lines(member, layout, lambda stars: abs(stars) <= LARGEST_RATING).told()
            raise Problem("problem.data.huge", name=member.base, value=f"{extreme:g}", **told)
    half_stars = layout.original and lowest >= 0.5 and highest <= 5
    if half_stars and bool((values * 2 == np.floor(values * 2)).all()):
        return (0.5, 5.0)
    return (lowest, highest)


def _timestamps(table: pa.Table) -> NDArray[np.int64] | None:
    import pyarrow as pa

    if "timestamp" not in table.column_names:
        return None
    column = table["timestamp"]
    if column.null_count:
        return None
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return None  # clock times without a date and the like: of no use to anybody
    stamps = column.to_numpy()
    return stamps.astype(np.int64, copy=False) if np.isfinite(stamps).all() else None


def _own_titles(table: pa.Table, items: NDArray[Any]) -> pd.DataFrame:
    """What a plain table itself says of its items: each item's first row counts."""
    import pandas as pd

    n = len(items)
    columns = {
        name: table[name].to_pandas() if name in table.column_names else pd.Series([""] * n)
        for name in ("title", "year", "genres")
    }
    about = pd.DataFrame({"item_id": items, **columns}).drop_duplicates("item_id")
    years = pd.to_numeric(about["year"], errors="coerce")
    pairs = [split_title(title) for title in about["title"]]
    about["title"] = [title for title, _ in pairs]
    own = pd.array([year for _, year in pairs], dtype="Int64")
    about["year"] = (
        years.where(years == years.round())
        .astype("Int64")
        .fillna(pd.Series(own, index=about.index))
    )
    return about
