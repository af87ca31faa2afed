"""Checkpoints are whole, stay within their room, and leave what is newest."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from optviz.training.checkpoints import Checkpoints
from optviz.training.history import BatchRecord, EpochRecord, History


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
    kept = Checkpoints(tmp_path, most_bytes=33_000)
    for epoch in range(1, 13):
        kept.save(epoch, np.zeros(1000))
        assert kept.epochs[-1] == epoch and len(kept.epochs) <= 4
    assert len(kept.epochs) == 4 and kept.epochs[0] < 7
    tiny = Checkpoints(tmp_path / "tiny", most_bytes=1)
    tiny.save(1, np.zeros(1000))
    tiny.save(2, np.zeros(1000))
    assert tiny.epochs == [2]


def test_going_back_leaves_later_ones_behind(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "old")
    for epoch in (1, 2, 3):
        kept.save(epoch, epoch)
    back = kept.move(tmp_path / "new", last=2)
    kept.save(4, 4)  # the old worker has not heard yet
    assert back.epochs == [1, 2] and back.load(2) == 2
    assert kept.epochs == [3, 4]


def test_states_come_back_to_the_last_bit(tmp_path: Path) -> None:
    history = History([BatchRecord(1, 1 / 3, math.inf, 0.1)], [EpochRecord(1, 2 / 3, 0.7)])
    state = {
        "words": ["a", (1, 2.5), None, True], 3: {"step": torch.tensor(7.0)}, "nan": math.nan,
        "random": torch.Generator().get_state(), "turned": np.arange(6.0).reshape(2, 3).T,
        "history": history, "none": History(),
    }  # fmt: skip
    kept = Checkpoints(tmp_path)
    kept.save(1, state)
    again = kept.load(1)
    assert list(again) == list(state)
    assert again["words"] == state["words"] and math.isnan(again["nan"])
    assert again["history"] == history and again["none"] == History()
    assert [type(record.step) for record in again["history"].batches] == [int]
    for one, other in ((again[3]["step"], state[3]["step"]), (again["random"], state["random"])):
        assert one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
    assert np.array_equal(again["turned"], state["turned"])
