"""Every MovieLens format loads, and every broken one is refused in one sentence."""

import contextlib
import io
import stat
import struct
import zipfile

import numpy as np
import pytest

from optviz import load_ratings
from optviz.core.problem import Problem
from optviz.language import LANGUAGES, Text
from optviz.recommender import archives

from .movielens_archives import ARCHIVES, ROWS, changed_files, ml_1m, ml_100k, ml_csv, zipped


def folder_of(files, root):
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def ways(files, tmp_path):
    """The same files as bytes, as an upload, as a zip with a misleading name, as a folder."""
    packed = zipped(files)
    path = tmp_path / "holiday.jpg"
    path.write_bytes(packed)
    return [packed, io.BytesIO(packed), path, str(path), folder_of(files, tmp_path / "folder")]


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_format_in_each_wrapping(name, tmp_path):
    shift = 0.5 if name in ("10m", "csv") else 0
    keys = set()
    for source in ways(ARCHIVES[name](), tmp_path):
        ratings = load_ratings(source)
        frame = ratings.frame
        assert frame["user_id"].tolist() == [row[0] for row in ROWS]
        assert frame["item_id"].tolist() == [row[1] for row in ROWS]
        assert frame["rating"].tolist() == [row[2] - shift for row in ROWS]
        assert frame["timestamp"].tolist() == [row[3] for row in ROWS]
        assert ratings.rating_range == ((0.5, 5.0) if shift else (1.0, 5.0))
        assert ratings.version == "12 ratings, 4 users, 7 items"
        keys.add(ratings.key)
    assert len(keys) == 1


@pytest.mark.parametrize("name", ARCHIVES)
def test_titles_of_each_format(name):
    ratings = load_ratings(zipped(ARCHIVES[name]()))
    items = ratings.items
    assert items["item_id"].tolist() == [1, 11, 2571, 34048, 58559, 64997, 117192]
    assert ratings.item_ids.tolist() == items["item_id"].tolist()
    assert items["title"].tolist() == [
        "Toy Story",
        "The American President",
        "The Matrix",
        "War of the Worlds",
        "Amélie: le fabuleux destin (Destin d'Amélie, Le)",
        "War of the Worlds",
        "Doctor Who, Time of",
    ]
    assert items["year"].fillna(0).tolist() == [1995, 1995, 1999, 2005, 2001, 2005, 0]
    assert items["genres"].tolist()[0] == "Adventure|Animation|Comedy"
    assert items["genres"].tolist()[-1] == ""
    assert ratings.titles([2, 6]) == ["The Matrix (1999)", "Doctor Who, Time of"]
    np.testing.assert_array_equal(ratings.item_ids[ratings.item_idx], ratings.frame["item_id"])
    np.testing.assert_array_equal(ratings.user_ids[ratings.user_idx], ratings.frame["user_id"])


def test_windows_line_ends():
    files = {name: data.replace(b"\n", b"\r\n") for name, data in ml_csv().items()}
    assert load_ratings(zipped(files)).items["genres"].tolist()[0].endswith("Comedy")
    files = {name: data.replace(b"\n", b"\r\n") for name, data in ml_1m().items()}
    assert load_ratings(zipped(files)).items["genres"].tolist()[0].endswith("Comedy")


def test_hidden_files_of_a_mac_are_no_data():
    files = ml_csv() | {"__MACOSX/._ratings.csv": b"\0\5\0" * 9000, ".DS_Store": b"\0\0\1"}
    assert load_ratings(zipped(files)).n_ratings == 12


@pytest.mark.parametrize("name", ["ml-100k/u.data", "ml-1m/ratings.dat"])
def test_a_ratings_file_alone(name):
    data = (ml_100k() | ml_1m())[name]
    ratings = load_ratings(data)
    assert ratings.n_ratings == 12
    assert ratings.titles([0]) == ["#1"]
    assert ratings.rating_range == (1.0, 5.0)


PLAIN = [(u, i, r) for u, i, r, _ in ROWS]


def lines(header, rows, mark=","):
    return (
        "\n".join([header] * bool(header) + [mark.join(map(str, row)) for row in rows]) + "\n"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        lines("user,item,rating", PLAIN),
        lines("User ID;Movie ID;Score", PLAIN, ";"),
        lines("rating\tbook\tcustomer_id", [(r, i, u) for u, i, r in PLAIN], "\t"),
        lines("", PLAIN),
        b"\xef\xbb\xbf" + lines("user,item,rating", PLAIN),
        lines("用户,电影,评分", PLAIN),
        zipped({"anything.csv": lines("user,item,rating", PLAIN)}),
    ],
    ids=["plain", "semicolons", "other order", "no header", "bom", "chinese", "zipped"],
)
def test_plain_tables(data):
    ratings = load_ratings(data)
    assert ratings.frame["user_id"].tolist() == [u for u, _, _ in PLAIN]
    assert ratings.frame["item_id"].tolist() == [i for _, i, _ in PLAIN]
    assert ratings.frame["rating"].tolist() == [r for _, _, r in PLAIN]
    assert ratings.frame["timestamp"].isna().all()
    assert ratings.rating_range == (1.0, 5.0)


def test_plain_table_with_names_titles_and_an_own_scale():
    rows = [(f"user {u}", f"i{i}", r * 20, f'"Film, The ({1900 + i % 100})"') for u, i, r in PLAIN]
    ratings = load_ratings(lines("user,item,rating,title", rows))
    assert ratings.user_ids.tolist() == ["user 1", "user 300", "user 42", "user 7"]
    assert ratings.rating_range == (20.0, 100.0)
    assert ratings.items["title"].unique().tolist() == ["The Film"]
    assert ratings.items["year"].tolist()[0] == 1901
    assert ratings.user_index("user 42") == 2


def test_plain_table_in_latin_1():
    rows = [(u, i, r, "Amélie") for u, i, r in PLAIN]
    ratings = load_ratings(lines("user,item,rating,title", rows).decode().encode("latin-1"))
    assert set(ratings.items["title"]) == {"Amélie"}


def without(files, name):
    return {path: data for path, data in files.items() if not path.endswith(name)}


def changed(files, name, old, new):
    assert any(path.endswith(name) and old in data for path, data in files.items())
    return zipped(changed_files(files, name, old, new))


def locked():
    # zipfile cannot write locked zips; the flag in both headers is what a reader looks at.
    data = bytearray(zipped({"ratings.csv": lines("user,item,rating", PLAIN)}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + place
        data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


def linked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("ratings.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def rare():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("ratings.csv", lines("user,item,rating", PLAIN))
    return stream.getvalue()


def flipped():
    data = bytearray(zipped(ml_csv()))
    place = data.index(b"ratings.csv") + 40
    data[place] ^= 0xFF
    return bytes(data)


BAD = {
    "empty": b"",
    "broken_zip": zipped(ml_csv())[:-300],
    "broken_zip, a flipped byte": flipped(),
    "not_recognised": bytes(range(256)) * 20,
    "not_recognised, gzip": b"\x1f\x8b\x08\x00" + b"\0" * 50,
    "empty, zip": zipped({}),
    "no_ratings": zipped(without(ml_csv(), "ratings.csv")),
    "no_movies": zipped(without(ml_csv(), "movies.csv")),
    "no_movies, 100k": zipped(without(ml_100k(), "u.item")),
    "no_movies, 1m": zipped(without(ml_1m(), "movies.dat")),
    "columns": changed(ml_csv(), "ratings.csv", b"rating,", b"stuff,"),
    "columns, plain": lines("who,what,how", [("a", "b", "c")] * 12),
    "columns, prose": b"To whom it may concern:\nnothing in here is a rating.\n",
    "wrong_line": changed(ml_csv(), "ratings.csv", b"7,1,1.5,964982224", b"7,1,1.5"),
    "line, movies": changed(ml_csv(), "movies.csv", b'"Matrix, The (1999)",Action', b"Action"),
    "not_number": changed(ml_csv(), "ratings.csv", b"7,1,1.5", b"7,1,good"),
    "not_number, dat": changed(ml_1m(), "ratings.dat", b"7::1::2", b"7::1::x"),
    "not_number, 100k": changed(ml_100k(), "u.data", b"7\t1\t2", b"7\t1\tx"),
    "missing_rating": changed(ml_csv(), "ratings.csv", b"7,1,1.5", b"7,1,NaN"),
    "missing_rating, gap": lines("user,item,rating", [*PLAIN[1:], (1, 1, "")]),
    "missing_rating, infinite": lines("user,item,rating", [*PLAIN[1:], (1, 1, "inf")]),
    "out_of_range": changed(ml_csv(), "ratings.csv", b"7,1,1.5", b"7,1,55"),
    "out_of_range, low": changed(ml_1m(), "ratings.dat", b"7::1::2", b"7::1::0"),
    "off_grid": changed(ml_csv(), "ratings.csv", b"7,1,1.5", b"7,1,1.7"),
    "huge": lines("user,item,rating", [*PLAIN[1:], (1, 1, 1e12)]),
    "wrong_id": changed(ml_csv(), "ratings.csv", b"7,1,1.5", b"x,1,1.5"),
    "wrong_id, gap": lines("user,item,rating", [*PLAIN[1:], ("", 1, 2)]),
    "bad_id, movies": changed(ml_csv(), "movies.csv", b"2571", b"two"),
    "double_movie": changed(ml_csv(), "movies.csv", b"2571", b"11"),
    "duplicates": lines("user,item,rating", [*PLAIN, PLAIN[3]]),
    "constant": lines("user,item,rating", [(u, i, 3) for u, i, _ in PLAIN]),
    "too_few": lines("user,item,rating", PLAIN[:5]),
    "too_few, one user": lines("user,item,rating", [(1, i, i % 5) for i in range(20)]),
    "empty, header only": lines("user,item,rating", []),
    "unsafe_path": zipped({"../../ratings.csv": b"x"}),
    "unsafe_path, absolute": zipped({"/etc/ratings.csv": b"x"}),
    "unsafe_path, drive": zipped({"C:\\ratings.csv": b"x"}),
    "link": linked(),
    "encrypted": locked(),
    "compression": rare(),
    "bomb": zipped(ml_csv() | {"zeros.csv": b"0" * (archives.SUSPECT + 1)}),
    "too_many_files": zipped(ml_csv() | {f"{n}.txt": b"x" for n in range(archives.MOST_FILES)}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_gets_its_own_sentence(case):
    with pytest.raises(Problem) as caught:
        load_ratings(BAD[case])
    assert caught.value.key == f"problem.data.{case.split(',')[0]}"
    for code in LANGUAGES:
        sentence = caught.value.sentence(Text(code))
        assert "{" not in sentence
        assert "\n" not in sentence


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "archive.zip"
    for data in (zipped(ml_csv()), BAD["unsafe_path"], BAD["bomb"]):
        path.write_bytes(data)
        with contextlib.suppress(Problem):
            load_ratings(path)
        assert [entry.name for entry in tmp_path.iterdir()] == ["archive.zip"]
        assert path.read_bytes() == data


def test_no_such_path(tmp_path):
    with pytest.raises(Problem, match="There is nothing at"):
        load_ratings(tmp_path / "absent.zip")
    with pytest.raises(Problem, match="No ratings found"):
        load_ratings(tmp_path)


def test_a_folder_with_a_link_to_elsewhere(tmp_path):
    (tmp_path / "secret.csv").write_bytes(lines("user,item,rating", PLAIN))
    inside = folder_of(without(ml_csv(), "ratings.csv"), tmp_path / "data")
    (inside / "ratings.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(Problem, match="link to somewhere else"):
        load_ratings(inside)


def test_an_open_file_stays_open(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(lines("user,item,rating", PLAIN))
    with path.open("rb") as stream:
        first, second = load_ratings(stream), load_ratings(stream)
    assert first.key == second.key


def test_too_large_is_refused_before_reading(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 100)
    with pytest.raises(Problem, match="at most 100 B"):
        load_ratings(lines("user,item,rating", PLAIN))
    with pytest.raises(Problem, match="at most 100 B"):
        load_ratings(zipped(ml_csv()))


def test_sizes_are_said_as_one_says_them():
    assert [archives.size_of(n) for n in (12, 12_300, 4_000_000, 2 * 1024**3)] == [
        "12 B",
        "12.3 KB",
        "4 MB",
        "2.15 GB",
    ]
