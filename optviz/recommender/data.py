"""Ratings: who gave which movie how many stars.

:func:`load_ratings` reads the bundled MovieLens data, any original MovieLens archive or a plain
CSV, and returns one frozen :class:`Ratings` whatever the source.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.language import ENGLISH, Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KNOWN_VERSIONS", "Ratings", "Source", "load_ratings"]

Source = str | PathLike[str] | bytes | BinaryIO | None
"""What :func:`load_ratings` takes; None is the bundled data."""

KNOWN_VERSIONS: dict[tuple[int, int], str] = {
    (100_000, 943): "100K",
    (1_000_209, 6_040): "1M",
    (10_000_054, 69_878): "10M",
    (20_000_263, 138_493): "20M",
    (25_000_095, 162_541): "25M",
    (32_000_204, 200_948): "32M",
    (100_234, 718): "latest-small 2015",
    (100_004, 671): "latest-small 2016",
    (100_836, 610): "latest-small 2018",
}
"""(ratings, users) → MovieLens version; the counts are those the archives' READMEs state."""

_BLOCK = 1 << 20
"""Rows turned into bytes at once."""

FEWEST = 10
"""Fewer ratings than this cannot be split into training and validation rows."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings with dense indices beside the raw ids. Treat everything in here as read-only.

    Attributes:
        frame: One row a rating, in the source's own order: ``user_id``, ``item_id`` (int, or
            text where the source's ids are text), ``rating`` (float64), ``timestamp`` (seconds
            since 1970; nullable Int64, missing where the source has none).
        items: One row a *rated* item, row ``i`` for item index ``i``: ``item_id``, ``title``
            (article in front, without the year; ``""`` if unknown), ``year`` (nullable Int64),
            ``genres`` (joined by ``|``; ``""`` if none are listed).
        version: Such as ``"latest-small 2016"``; the counts in words for any other data.
        rating_range: Lowest and highest possible rating.
        user_ids: (n_users,) raw ids, ascending; position = user index.
        item_ids: (n_items,) raw ids, ascending; position = item index.
        user_idx: (n_ratings,) int32, user index of each row of ``frame``.
        item_idx: (n_ratings,) int32, item index of each row of ``frame``.
        key: Fingerprint of users, items and ratings, in order: equal keys, equal data.
        official: The splits that came along → their test rows; see
            :mod:`~optviz.recommender.official`.
    """

    frame: pd.DataFrame
    items: pd.DataFrame
    version: str
    rating_range: tuple[float, float]
    user_ids: NDArray[Any]
    item_ids: NDArray[Any]
    user_idx: NDArray[np.int32] = field(repr=False)
    item_idx: NDArray[np.int32] = field(repr=False)
    key: str
    official: Mapping[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)

    @property
    def n_users(self) -> int:
        """How many users rated something."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """How many items were rated."""
        return len(self.item_ids)

    @property
    def n_ratings(self) -> int:
        """How many ratings there are."""
        return len(self.user_idx)

    def label(self, text: Text = ENGLISH) -> str:
        """The data in a few words: the MovieLens version, or the counts where there is none."""
        if self.version in KNOWN_VERSIONS.values():
            return text("data.version.movielens", version=self.version)
        return _counts(text, self.n_ratings, self.n_users, self.n_items)

    def titles(self, item_idx: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """What to call these items: ``"The Matrix (1999)"``, or the raw id as ``"#2571"``."""
        rows = self.items.iloc[np.asarray(item_idx, dtype=np.int64)]
        return [
            (f"{title} ({year})" if isinstance(year, int | np.integer) else title)
            if title
            else f"#{item_id}"
            for title, year, item_id in zip(
                rows["title"], rows["year"].astype(object), rows["item_id"], strict=True
            )
        ]

    def user_index(self, user_id: Any) -> int:
        """The index of a raw user id.

        Raises:
            Problem: No such user.
        """
        place = int(np.searchsorted(self.user_ids, user_id))
        if place >= self.n_users or self.user_ids[place] != user_id:
            raise Problem("problem.data.no_user", user=user_id)
        return place


def _counts(text: Text, ratings: int, users: int, items: int) -> str:
    return text(
        "data.version.other", ratings=f"{ratings:,}", users=f"{users:,}", items=f"{items:,}"
    )


def load_ratings(source: Source = None) -> Ratings:
    """Read ratings.

    Args:
        source: None for the bundled MovieLens latest-small 2016; else a path, bytes or an open
            binary file: a zip or (path only) folder of any MovieLens version, one of its
            ratings files alone, or a CSV of user, item, rating (timestamp, title, year, genres
            optional). What it is is recognised by its content, never by its name. Zips are
            read in place; nothing is extracted.

    Raises:
        Problem: The source cannot be used; the sentence says why and what would be right.

    Example:
        >>> ratings = load_ratings()
        >>> ratings.version, ratings.n_ratings, ratings.n_users, ratings.n_items
        ('latest-small 2016', 100004, 671, 9066)
    """
    if source is None:
        return _bundled()
    from optviz.recommender.archives import open_members
    from optviz.recommender.formats import read_members

    with open_members(source) as members:
        return read_members(members)


@lru_cache(maxsize=1)
def _bundled() -> Ratings:
    import pyarrow.parquet as pq

    folder = files("optviz.recommender.bundled")
    read = {
        name: pq.read_table(BytesIO(folder.joinpath(name).read_bytes()), use_threads=False)
        for name in ("ratings.parquet", "items.parquet")
    }
    made = json.loads(folder.joinpath("checksums.json").read_text("utf-8"))
    frame = read["ratings.parquet"].to_pandas()
    return make_ratings(
        frame["user_id"].to_numpy(),
        frame["item_id"].to_numpy(),
        frame["rating"].to_numpy(np.float64),
        frame["timestamp"].to_numpy(),
        read["items.parquet"].to_pandas(),
        rating_range=(0.5, 5.0),
        key=made["key"],
    )


def make_ratings(
    users: NDArray[Any],
    items: NDArray[Any],
    values: NDArray[np.float64],
    timestamps: NDArray[np.int64] | None,
    about: pd.DataFrame,
    *,
    rating_range: tuple[float, float],
    key: str | None = None,
) -> Ratings:
    """Put checked columns together.

    Args:
        users: (n,) raw user ids.
        items: (n,) raw item ids.
        values: (n,) ratings.
        timestamps: (n,) seconds since 1970, or None.
        about: What is known of items: ``item_id``, ``title``, ``year``, ``genres``; any order,
            each id at most once. Items that nobody rated are dropped.
        rating_range: Lowest and highest possible rating.
        key: The fingerprint where it is known already.

    Raises:
        Problem: A user rated an item twice.
    """
    import pandas as pd

    user_ids, user_idx = dense(users)
    item_ids, item_idx = dense(items)
    if key is None:
        refuse_duplicates(user_ids, user_idx, item_ids, item_idx)
        key = fingerprint(users, items, values)
    n = len(values)
    stamps = (
        pd.array(np.ones(n, np.int64), dtype="Int64")
        if timestamps is None
        else pd.array(timestamps.astype(np.int64, copy=False), dtype="Int64", copy=False)
    )
    if timestamps is None:
        stamps[:] = pd.NA
    frame = pd.DataFrame(
        {"user_id": users, "item_id": items, "rating": values, "timestamp": stamps}, copy=False
    )
    return Ratings(
        frame,
        _align(about, item_ids),
        KNOWN_VERSIONS.get((n, len(user_ids))) or _counts(ENGLISH, n, len(user_ids), len(item_ids)),
        rating_range,
        user_ids,
        item_ids,
        user_idx,
        item_idx,
        key,
    )


def _align(about: pd.DataFrame, item_ids: NDArray[Any]) -> pd.DataFrame:
    table = about.set_index("item_id").reindex(item_ids)
    table.index.name = "item_id"
    table = table.reset_index()
    for name in ("title", "genres"):
        table[name] = table[name].astype("str").where(table[name].notna(), "")
    table["year"] = table["year"].astype("Int64")
    return table[["item_id", "title", "year", "genres"]]


def dense(ids: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Sorted unique ids, and for each entry its position among them (int32).

    Whole numbers of a moderate size are counted rather than sorted: 32 million rows then take
    a fraction of a second.
    """
    if ids.dtype.kind in "iu" and ids.size and ids.min() >= 0 and ids.max() < 50_000_000:
        present = np.zeros(int(ids.max()) + 1, dtype=bool)
        present[ids] = True
        unique = np.flatnonzero(present)
        place = np.cumsum(present, dtype=np.int32) - 1
        return unique.astype(ids.dtype), place[ids]
    unique, inverse = np.unique(ids, return_inverse=True)
    return unique, inverse.astype(np.int32)


def refuse_duplicates(
    user_ids: NDArray[Any],
    user_idx: NDArray[np.int32],
    item_ids: NDArray[Any],
    item_idx: NDArray[np.int32],
) -> None:
    """Check that nobody rated anything twice.

    Raises:
        Problem: Somebody did; the sentence names the first such pair and counts the rows.
    """
    pairs = user_idx.astype(np.int64)
    pairs *= len(item_ids)
    pairs += item_idx
    if (pairs[1:] > pairs[:-1]).all():  # MovieLens's own order: nothing to sort
        return
    pairs.sort()
    again = pairs[1:][pairs[1:] == pairs[:-1]]
    if again.size:
        user, item = divmod(int(again[0]), len(item_ids))
        raise Problem(
            "problem.data.duplicates",
            count=f"{again.size:,}",
            user=user_ids[user],
            item=item_ids[item],
        )


def fingerprint(users: NDArray[Any], items: NDArray[Any], values: NDArray[np.float64]) -> str:
    """Sixteen hex digits that stand for these rows in this order, on any machine."""
    digest = hashlib.sha256()
    for column, kind in ((users, "<i8"), (items, "<i8"), (values, "<f8")):
        if column.dtype.kind in "iuf":
            for start in range(0, len(column), _BLOCK):
                digest.update(np.ascontiguousarray(column[start : start + _BLOCK], kind).data)
        else:
            digest.update("\0".join(map(str, column)).encode())
    return digest.hexdigest()[:16]
