"""Messages over a pipe."""

from __future__ import annotations

import os
import threading
from io import FileIO

import numpy as np
import pytest

from optviz.jobs import frames


def test_large_and_small_messages_arrive_in_order() -> None:
    read_end, write_end = os.pipe()
    with FileIO(read_end, "r") as out:
        with FileIO(write_end, "w") as into:
            sent = [np.arange(200_000.0), {"a": "中文"}, None]  # far more than a pipe holds
            writer = threading.Thread(
                target=lambda: [frames.write(into, frames.dumps(value)) for value in sent]
            )
            writer.start()
            received = [frames.loads(frames.read(out)) for _ in sent]
            writer.join()
        assert np.array_equal(received[0], sent[0])
        assert received[1:] == sent[1:]
        with pytest.raises(EOFError):
            frames.read(out)


def test_end_within_a_message() -> None:
    read_end, write_end = os.pipe()
    with FileIO(read_end, "r") as out:
        with FileIO(write_end, "w") as into:
            into.write((100).to_bytes(8, "little") + b"half")
        with pytest.raises(EOFError):
            frames.read(out)
