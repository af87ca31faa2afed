"""The bundled ratings are the original data in the original order, under its terms."""

import hashlib
import json
import pickle
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest

from optviz import load_ratings
from optviz.core.problem import Problem
from optviz.language import Text
from optviz.recommender import data
from optviz.recommender.bundled import make
from optviz.recommender.titles import split_title

FOLDER = files("optviz.recommender.bundled")


@pytest.fixture(scope="module")
def ratings():
    return load_ratings()


def test_counts_and_shape(ratings):
    assert (ratings.n_ratings, ratings.n_users, ratings.n_items) == (100_004, 671, 9_066)
    assert ratings.version == "latest-small 2016"
    assert ratings.label(Text("zh")) == "MovieLens latest-small 2016"
    assert ratings.rating_range == (0.5, 5.0)
    assert list(ratings.frame) == ["user_id", "item_id", "rating", "timestamp"]
    assert list(ratings.items) == ["item_id", "title", "year", "genres"]
    assert ratings.user_idx.dtype == ratings.item_idx.dtype == np.int32
    assert not ratings.frame.isna().any().any()
    assert set(ratings.frame["rating"]) == {half / 2 for half in range(1, 11)}


def test_first_rows_are_the_original_files(ratings):
    assert ratings.frame.head(3).to_numpy().tolist() == [
        [1, 31, 2.5, 1260759144],
        [1, 1029, 3.0, 1260759179],
        [1, 1061, 3.0, 1260759182],
    ]


def test_the_lessons_split_meets_742_movies_that_training_never_saw(ratings):
    # The number depends on the order of the rows, so it shows that the order is the lesson's.
    order = np.random.RandomState(42).permutation(ratings.n_ratings)
    held_out = np.zeros(ratings.n_ratings, dtype=bool)
    held_out[order[:20_000]] = True
    new = ~np.isin(ratings.item_idx[held_out], ratings.item_idx[~held_out])
    assert new.sum() == 742


def test_indices_fit_ids(ratings):
    np.testing.assert_array_equal(ratings.user_ids[ratings.user_idx], ratings.frame["user_id"])
    np.testing.assert_array_equal(ratings.item_ids[ratings.item_idx], ratings.frame["item_id"])
    np.testing.assert_array_equal(ratings.items["item_id"], ratings.item_ids)
    assert ratings.user_index(671) == 670
    with pytest.raises(Problem, match="No user 672"):
        ratings.user_index(672)


def test_titles(ratings):
    place = int(np.searchsorted(ratings.item_ids, 2571))
    assert ratings.titles([place, 0]) == ["The Matrix (1999)", "Toy Story (1995)"]
    assert (ratings.items["title"] != "").all()
    assert ratings.items["year"].isna().sum() == 3
    assert not ratings.items["genres"].str.contains("no genres").any()


def test_files_are_what_the_checksums_say_and_small():
    made = json.loads(FOLDER.joinpath("checksums.json").read_text())
    size = 0
    for name, digest in made["sha256"].items():
        content = FOLDER.joinpath(name).read_bytes()
        size += len(content)
        assert hashlib.sha256(content).hexdigest() == digest, name
    assert size < 1_500_000
    ratings = load_ratings()
    columns = [ratings.frame[name].to_numpy() for name in ("user_id", "item_id", "rating")]
    assert data.fingerprint(*columns) == made["key"] == ratings.key


def test_terms_and_citation_lie_beside_the_data():
    terms = FOLDER.joinpath("LICENCE.md").read_text("utf-8")
    for word in ("Harper", "Konstan", "2015", "commercial", "endorses", "same terms", "Minnesota"):
        assert word in terms


def test_loading_never_unpickles():
    code = (
        "import sys, pickle\n"
        "def refuse(*a, **k): raise AssertionError('unpickled')\n"
        "pickle.load = pickle.loads = refuse\n"
        "import optviz; optviz.load_ratings()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_make_script_refuses_names_it_does_not_know():
    class Evil:
        def __reduce__(self):
            return print, ("harm",)

    with pytest.raises(pickle.UnpicklingError, match="refused"):
        make._Unpickler(__import__("io").BytesIO(pickle.dumps(Evil()))).load()


def test_the_make_script_refuses_another_wheel(tmp_path):
    import zipfile

    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(make.MEMBER, b"something else")
    with pytest.raises(ValueError, match="is not the one of"):
        make.read_wheel(wheel)


def test_check_compares_content(tmp_path):
    import pyarrow.parquet as pq

    folder = tmp_path
    for name in ("ratings.parquet", "items.parquet", "checksums.json"):
        (folder / name).write_bytes(FOLDER.joinpath(name).read_bytes())
    tables = [pq.read_table(folder / name) for name in ("ratings.parquet", "items.parquet")]
    assert make.problems(folder, *tables) == []
    made = make.write(folder, tables[0].slice(1), tables[1])
    assert made["key"] != load_ratings().key
    assert make.problems(folder, *tables) == [
        "ratings.parquet: checksum differs",
        "ratings.parquet: content differs from the wheel's",
    ]


@pytest.mark.parametrize(
    ("counts", "version"),
    [
        ((100_000, 943), "100K"),
        ((1_000_209, 6_040), "1M"),
        ((100_004, 671), "latest-small 2016"),
        ((100_836, 610), "latest-small 2018"),
    ],
)
def test_versions_are_told_by_counts(counts, version):
    n, users = counts
    rows = np.arange(n)
    # distinct pairs: each user goes through the items in turn
    import pandas as pd

    about = pd.DataFrame({"item_id": [], "title": [], "year": [], "genres": []})
    made = data.make_ratings(
        (rows % users).astype(np.int32),
        (rows // users).astype(np.int32),
        (rows % 5 + 1).astype(float),
        None,
        about,
        rating_range=(1, 5),
    )
    assert made.version == version
    assert made.titles([0]) == ["#0"]


@pytest.mark.parametrize(
    ("raw", "title", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("American in Paris, An (1951)", "An American in Paris", 1951),
        ("Topo, El (1970)", "El Topo", 1970),
        ("Atalante, L' (1934)", "L'Atalante", 1934),
        ("Bell, Book and Candle (1958)", "Bell, Book and Candle", 1958),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("1984", "1984", None),
        ("Blind Side, The  (2009)", "The Blind Side", 2009),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975),
        (
            "Human Centipede II (Full Sequence), The (2011)",
            "The Human Centipede II (Full Sequence)",
            2011,
        ),
        ("", "", None),
    ],
)
def test_title_and_year(raw, title, year):
    assert split_title(raw) == (title, year)
