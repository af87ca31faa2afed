"""Messages over a pipe: eight bytes of length, then as many bytes of pickle.

Both ends are our own processes, of one version, started by us (or by a cluster that whoever
started the server has named); nothing that a user gives is ever unpickled.
"""

from __future__ import annotations

import pickle
import struct
from io import FileIO
from typing import Any

__all__ = ["dumps", "loads", "read", "write"]

_LENGTH = struct.Struct("<Q")


def dumps(value: Any) -> bytes:
    """``value`` as bytes (one frame's body, without the length)."""
    return pickle.dumps(value, protocol=5)


def loads(body: bytes | bytearray) -> Any:
    """What :func:`dumps` was given."""
    return pickle.loads(body)


def write(pipe: FileIO, body: bytes) -> None:
    """Write one frame, waiting while the pipe is full.

    Raises:
        OSError: The other end is gone.
        ValueError: This end is closed.
    """
    # Not joined: a body may be a gigabyte of ratings.
    for part in (_LENGTH.pack(len(body)), body):
        rest = memoryview(part)
        while rest:
            # An unbuffered write takes what the pipe has room for.
            rest = rest[pipe.write(rest) or 0 :]


def read(pipe: FileIO) -> bytearray:
    """Read one frame, waiting for it.

    Raises:
        EOFError: The other end closed the pipe or died, even in the middle of a frame.
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return _exactly(pipe, length)


def _exactly(pipe: FileIO, size: int) -> bytearray:
    body = bytearray(size)
    rest = memoryview(body)
    while rest:
        count = pipe.readinto(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
    return body
