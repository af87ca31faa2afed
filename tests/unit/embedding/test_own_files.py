from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from optviz.core.problem import Problem
from optviz.core.task import Cancelled, SilentContext
from optviz.embedding.own_table import OwnTable, points_of
from optviz.embedding.own_tasks import about_task, own_task

CSV = "label,dim_0,dim_1,year\nred,1.5,2,1999\ngreen,-3,4e-2,2001\nblue,5,6,\n"
BLOCK = [[1.5, 2.0], [-3.0, 0.04], [5.0, 6.0]]


def read(folder: Path, **files: str | bytes) -> OwnTable:
    given = []
    for key, content in files.items():
        name = key.replace("_dot_", ".")
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        given.append((name, str(path)))
    return own_task(SilentContext(), given)


def problem(folder: Path, **files: str | bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        read(folder, **files)
    assert str(caught.value)  # the sentence has all that it needs
    return caught.value


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def as_parquet(**columns: Any) -> bytes:
    out = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), out)
    return bytes(out.getvalue())


def test_a_csv_is_parted_into_vector_and_columns(tmp_path: Path) -> None:
    own = read(tmp_path, a_dot_csv=CSV)
    assert own.heads == ("dim_0", "dim_1")
    assert own.numbers.tolist() == np.float32(BLOCK).tolist()
    assert [one.name for one in own.columns] == ["label", "year"]
    points = points_of(own, own.described)
    assert points.names == ("red", "green", "blue")
    assert [points.columns[1].cell(row) for row in range(3)] == ["1999", "2001", ""]
    assert not points.vectors.flags.writeable


def test_which_columns_are_the_vector_can_be_corrected(tmp_path: Path) -> None:
    own = read(tmp_path, a_dot_csv=CSV.replace(",\n", ",2003\n"))
    points = points_of(own, ())
    assert points.vectors.tolist()[0] == [1.5, 2.0, 1999.0]
    points = points_of(own, ("dim_0",))
    assert points.vectors.tolist()[1] == [np.float32(0.04), 2001.0]
    assert {one.name for one in points.columns} == {"label", "dim_0"}


@pytest.mark.parametrize(
    ("content", "heads"),
    [
        ("0,1,2,kind\n1,2,3,a\n4,5,6,b\n", ("0", "1", "2")),
        ("x1;x2;n\n1.5;2;3\n4;5;6\n", ("x1", "x2")),
        ("a\tb\tc\n1.5\t2.5\t3\n4.5\t5.5\t6\n", ("a", "b")),
        ("a,b\n1,2\n3,4\n", ("a", "b")),
        ("1.5\t2.5\t3\n4\t5\t6\n", ("1", "2")),
        ("1\t2\t3\n4\t5\t6\n", ("1", "2", "3")),
        ("the 0.5 1.5\nof 2.5 3.5\n", ("2", "3")),
        ("2 2\nthe 0.5 1.5\nof 2.5 3.5\n", ("2", "3")),
        ("\ufeffname,e[0],e[1]\nx,1,2\ny,3,4\n", ("e[0]", "e[1]")),
    ],
)
def test_how_tables_are_written(tmp_path: Path, content: str, heads: tuple[str, ...]) -> None:
    own = read(tmp_path, a_dot_txt=content)
    assert own.heads == heads
    assert len(own) == 2


def test_an_array_and_a_list_of_labels(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 4))
    for labels, name in (
        ("red\ngreen\nblue\n", "labels"),
        ("colour\nred\ngreen\nblue\n", "colour"),
    ):
        own = read(tmp_path, a_dot_npy=npy(matrix), labels_dot_txt=labels)
        assert np.array_equal(own.numbers, matrix.astype(np.float32))
        assert [one.name for one in own.columns] == [name]
        assert points_of(own, own.described).names == ("red", "green", "blue")


def test_parquet_with_columns_or_with_lists(tmp_path: Path) -> None:
    plain = as_parquet(dim_0=[1.0, 2.0, 3.0], dim_1=[4, 5, 6], word=["a", "b", None])
    own = read(tmp_path, a_dot_parquet=plain)
    assert own.heads == ("dim_0", "dim_1")
    assert own.columns[0].words == ["a", "b", ""]
    listed = as_parquet(word=["a", "b"], embedding=[[1.0, 2.0], [3.0, 4.0]])
    own = read(tmp_path, a_dot_parquet=listed)
    assert own.numbers.tolist() == [[1, 2], [3, 4]]
    assert [one.name for one in own.columns] == ["word"]
    ragged = as_parquet(embedding=[[1.0, 2.0], [3.0]])
    assert problem(tmp_path, a_dot_parquet=ragged).key == "problem.own.ragged"


def test_the_projectors_pair_is_read_in_either_order_and_from_a_zip(tmp_path: Path) -> None:
    vectors, metadata = "1\t2\n3\t4\n5\t6\n", 'title\tn\nA "b\t1\nC\t2\nD\t3\n'
    own = read(tmp_path, metadata_dot_tsv=metadata, vectors_dot_tsv=vectors)
    again = read(tmp_path, vectors_dot_tsv=vectors, metadata_dot_tsv=metadata)
    path = tmp_path / "pair.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pair/vectors.tsv", vectors)
        archive.writestr("pair/metadata.tsv", metadata)
    packed = own_task(SilentContext(), [("pair.zip", str(path))])
    for one in (own, again, packed):
        assert one.numbers.tolist() == [[1, 2], [3, 4], [5, 6]]
        assert points_of(one, one.described).names == ('A "b', "C", "D")
        assert one.described == ("n",)


def test_twins_and_empty_labels_are_told_apart(tmp_path: Path) -> None:
    own = read(tmp_path, a_dot_csv="name,x0,x1\na,1,2\na,3,4\n,5,6\nb,7,8\n")
    assert points_of(own, own.described).names == ("a #1", "a #2", "#3", "b")


def test_rows_that_are_not_finite_are_counted_and_can_be_left_out(tmp_path: Path) -> None:
    own = read(tmp_path, a_dot_csv="name,x0,x1\na,1,2\nb,nan,4\nc,5,6\nd,inf,8\ne,9,10\n")
    with pytest.raises(Problem) as caught:
        points_of(own, own.described)
    assert caught.value.values == {"n": "2", "rows": "2, 4"}
    points = points_of(own, own.described, leave_out=True)
    assert points.names == ("a", "c", "e")
    assert points.rows.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("content", "key", "values"),
    [
        ("", "empty", {}),
        ("\n \n", "empty", {}),
        ("name,x0,x1\na,1,2\nb,3\n", "ragged", {"line": 3, "expected": "3", "found": "2"}),
        ("name,x0,x1\na,1,2\nb,three,4\n", "cell", {"line": "3", "column": 2, "cell": "three"}),
        ("1,2\n3,4\n5,x\n7,8\n", "cell", {"line": "3", "column": 2, "cell": "x"}),
        ("name,kind\na,b\nc,d\n", "no_numbers", {}),
        (pickle.dumps([[1.0, 2.0]]), "pickle", {}),
        (npy(np.array([{"a": 1}], dtype=object)), "pickle", {}),
        (npy(np.zeros((2, 2, 2))), "shape", {"shape": "2 × 2 × 2"}),
        (npy(np.array([["a", "b"]])), "dtype", {}),
        (npy(np.zeros((9, 2)))[:-30], "broken", {}),
        (b"PAR1 and nothing more", "broken", {}),
        (b"PK\x03\x04 and nothing more", "broken", {}),
        (b"\x00\x01\x02", "kind", {}),
        (npy(np.zeros((100_001, 1), dtype=np.int8)), "rows", {"n": "100,001"}),
        ("x0,x1\n" + "1,2\n" * 100_001, "rows", {"n": "100,001"}),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(
    tmp_path: Path, content: str | bytes, key: str, values: dict[str, Any]
) -> None:
    found = problem(tmp_path, a_dot_any=content)
    assert found.key == f"problem.own.{key}"
    assert values.items() <= found.values.items()


def test_labels_of_another_number_are_refused(tmp_path: Path) -> None:
    found = problem(tmp_path, a_dot_npy=npy(np.eye(4)), labels_dot_txt="a\nb\nc\n")
    assert found.values == {"labels": "3", "vectors": "4"}


@pytest.mark.parametrize(
    ("matrix", "key"),
    [
        (np.eye(2), "own.few"),
        (np.eye(1), "own.flat"),
        (np.ones((1, 2)), "own.few"),
        (np.ones((5, 2)), "embedding.all_equal"),
        (np.arange(5.0), "own.flat"),
        (np.zeros((4, 513)), "own.wide"),
    ],
)
def test_what_cannot_be_laid_out_gets_a_sentence(tmp_path: Path, matrix: Any, key: str) -> None:
    own = read(tmp_path, a_dot_npy=npy(matrix))
    with pytest.raises(Problem) as caught:
        points_of(own, ())
    assert caught.value.key == f"problem.{key}"
    assert str(caught.value)


def test_reading_tells_how_far_it_is_and_can_be_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x0,x1\n" + "1.25,2\n" * 1000)
    shares: list[float] = []

    class Watched(SilentContext):
        def progress(self, done: float, total: float) -> None:
            shares.append(done / total)

    own_task(Watched(), [("a.csv", str(path))])
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    class GivenUp(SilentContext):
        def checkpoint(self) -> None:
            raise Cancelled("gone")

    with pytest.raises(Cancelled):
        own_task(GivenUp(), [("a.csv", str(path))])


def test_a_table_about_points_has_no_vector(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("movieId,score,tag\n1,0.5,x\n2,1.5,y\n")
    columns = about_task(SilentContext(), [("a.csv", str(path))])
    assert [one.name for one in columns] == ["movieId", "score", "tag"]
