"""Checkpoints are whole, stay within their room, and leave what is newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from optviz.training.checkpoints import Checkpoints


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "run")
    assert kept.epochs == []
    for epoch in (1, 2, 10):
        kept.save(epoch, {"epoch": epoch})
    assert kept.epochs == [1, 2, 10]
    assert kept.load(2) == {"epoch": 2}
    (tmp_path / "run" / "11.draft").write_bytes(b"cut off")  # a worker died while writing
    assert Checkpoints(tmp_path / "run").epochs == [1, 2, 10]
    with pytest.raises(OSError):
        kept.load(3)


def test_old_ones_make_room_evenly_and_the_newest_stays(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, most_bytes=4200)
    for epoch in range(1, 13):
        kept.save(epoch, bytes(1000))
        assert kept.epochs[-1] == epoch and len(kept.epochs) <= 4
    assert len(kept.epochs) == 4 and kept.epochs[0] < 7
    tiny = Checkpoints(tmp_path / "tiny", most_bytes=1)
    tiny.save(1, bytes(1000))
    tiny.save(2, bytes(1000))
    assert tiny.epochs == [2]


def test_going_back_leaves_later_ones_behind(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "old")
    for epoch in (1, 2, 3):
        kept.save(epoch, epoch)
    back = kept.move(tmp_path / "new", last=2)
    kept.save(4, 4)  # the old worker has not heard yet
    assert back.epochs == [1, 2] and back.load(2) == 2
    assert kept.epochs == [3, 4]
