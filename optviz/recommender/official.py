"""The splits that MovieLens 100K brings along: u1 to u5, ua and ub, as files .base and .test.

u1 to u5 are a five-fold cross-validation; ua and ub hold out ten ratings of every user.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optviz.recommender.archives import Member, Members
from optviz.recommender.config import OFFICIAL
from optviz.recommender.data import Ratings

__all__ = ["official_splits"]

LARGEST = 16 * 1024**2
"""Bytes of one such file; the largest of MovieLens 100K has 1.8 MB."""


def official_splits(members: Members, ratings: Ratings) -> dict[str, NDArray[np.int64]]:
    """Split → its test rows, ascending, for the splits that are whole.

    A split counts only if its two files share out the ratings: each is in one of them, and there
    is nothing else in either. One that is damaged or of other ratings is left out.
    """
    at = {member.base: member for member in members.files if member.size <= LARGEST}
    pairs = ratings.user_idx.astype(np.int64) * ratings.n_items + ratings.item_idx
    order = np.argsort(pairs)
    found = {}
    for name in OFFICIAL:
        if f"{name}.base" not in at or f"{name}.test" not in at:
            continue
        base, test = (
            _rows(at[f"{name}.{part}"], ratings, pairs, order) for part in ("base", "test")
        )
        if base is None or test is None or not len(test):
            continue
        if np.array_equal(np.sort(np.concatenate([base, test])), np.arange(ratings.n_ratings)):
            found[name] = np.sort(test)
    return found


def _rows(
    member: Member, ratings: Ratings, pairs: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The rows of ``ratings`` that a file lists; None if it lists anything else."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        with member.open() as stream:
            table = csv.read_csv(
                stream,
                csv.ReadOptions(column_names=["user", "item", "rating", "timestamp"]),
                csv.ParseOptions(delimiter="\t", quote_char=False),
                csv.ConvertOptions(
                    include_columns=["user", "item"],
                    column_types={"user": pa.int64(), "item": pa.int64()},
                ),
            )
    except pa.ArrowInvalid:
        return None
    columns = []
    for name, ids in (("user", ratings.user_ids), ("item", ratings.item_ids)):
        raw = table[name].to_numpy()
        place = np.minimum(np.searchsorted(ids, raw), len(ids) - 1)
        if not np.array_equal(ids[place], raw):
            return None
        columns.append(place)
    wanted = columns[0] * ratings.n_items + columns[1]
    place = np.minimum(np.searchsorted(pairs, wanted, sorter=order), len(order) - 1)
    rows: NDArray[np.int64] = order[place]
    return rows if np.array_equal(pairs[rows], wanted) else None
