"""Opening what a user gives: a zip, a folder or a single text file, read in place.

Nothing is ever extracted, and nothing is trusted: names that point outside, links, locked or
damaged zips and files that would unpack to absurd sizes are refused with one sentence each.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from optviz.core.problem import Problem

__all__ = ["Member", "Members", "open_members"]

LARGEST = 2 * 1024**3
"""Bytes of one file; the ratings of MovieLens 32M have 0.88 GB."""

RATIO = 100
"""Ratings shrink about fivefold in a zip; what shrinks more than this is no such thing."""

SUSPECT = 10 * 1024**2
"""Below this many bytes any ratio is harmless."""

MOST_FILES = 1000
"""MovieLens archives hold at most 24 files."""

HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its name inside the source, its size in bytes, and how to open it anew."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    @property
    def base(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.name).name

    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            return stream.read(HEAD)


@dataclass(frozen=True, slots=True)
class Members:
    """The files of one source; ``alone`` if it is a single text file rather than an archive."""

    files: tuple[Member, ...]
    alone: bool


@contextmanager
def open_members(source: str | PathLike[str] | bytes | BinaryIO) -> Iterator[Members]:
    """The files inside ``source``, readable until the block ends.

    Args:
        source: A path, the bytes of a file, or an open binary file.

    Raises:
        Problem: It cannot be read, or is unsafe to read; also when damage shows only while
            the block reads from it.
    """
    try:
        if isinstance(source, str | PathLike):
            path = Path(source)
            if not path.exists():
                raise Problem("problem.data.not_found", path=source)
            if path.is_dir():
                yield Members(_folder(path), alone=False)
                return
            with path.open("rb") as stream:
                yield _stream(stream, path.name)
        elif isinstance(source, bytes | bytearray | memoryview):
            yield _stream(io.BytesIO(source), "ratings")
        else:
            name = getattr(source, "name", "ratings")
            seekable = source if source.seekable() else io.BytesIO(source.read())
            yield _stream(seekable, Path(name).name if isinstance(name, str) else "ratings")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Problem("problem.data.broken_zip") from error
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it, say. A Problem is one too, and goes on as it is.
        if isinstance(error, Problem) or not isinstance(source, str | PathLike):
            raise
        raise Problem("problem.data.unreadable", path=source) from error


def _stream(stream: BinaryIO, name: str) -> Members:
    stream.seek(0)
    head = stream.read(HEAD)
    if not head.strip():
        raise Problem("problem.data.empty")
    if head.startswith(b"PK\x05\x06"):
        raise Problem("problem.data.empty")
    if head.startswith(b"PK\x03\x04") or zipfile.is_zipfile(stream):
        return Members(_zip(stream), alone=False)
    if not looks_like_text(head):
        raise Problem("problem.data.not_recognised")
    size = stream.seek(0, io.SEEK_END)
    _refuse_size(name, size)

    def reopen() -> BinaryIO:
        stream.seek(0)
        return cast(BinaryIO, _Borrowed(stream))

    return Members((Member(name, size, reopen),), alone=True)


def looks_like_text(head: bytes) -> bool:
    """Whether these bytes are text in some ASCII-based encoding."""
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head[:4096])
    return controls == 0 and b"\0" not in head


class _Borrowed(io.RawIOBase):
    """A stream that can be closed without closing the one that it reads from."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


def _zip(stream: BinaryIO) -> tuple[Member, ...]:
    archive = zipfile.ZipFile(stream)
    infos = archive.infolist()
    _refuse_crowd(len(infos))
    members = []
    for info in infos:
        name = info.filename.replace("\\", "/")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
            raise Problem("problem.data.unsafe_path", name=info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Problem("problem.data.link", name=name)
        if info.is_dir() or _hidden(path):
            continue
        if info.flag_bits & 0x1:
            raise Problem("problem.data.encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Problem("problem.data.compression", method=info.compress_type)
        if info.file_size > SUSPECT and info.file_size > RATIO * max(info.compress_size, 1):
            raise Problem(
                "problem.data.bomb",
                name=name,
                size=size_of(info.file_size),
                packed=size_of(info.compress_size),
            )
        _refuse_size(name, info.file_size)
        members.append(Member(name, info.file_size, _opener(archive, info)))
    return tuple(members)


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    # zipfile stops at the declared size and then compares the checksum, so a header that lies
    # about the size costs nothing.
    return lambda: cast(BinaryIO, archive.open(info))


def _folder(folder: Path) -> tuple[Member, ...]:
    inside = folder.resolve()
    members = []
    paths = [path for path in sorted(folder.rglob("*")) if not _hidden(path.relative_to(folder))]
    _refuse_crowd(len(paths))
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise Problem("problem.data.link", name=name)
        if not path.is_file():
            continue
        size = path.stat().st_size
        if size <= LARGEST:  # a huge stranger beside the ratings is simply not read
            members.append(Member(name, size, lambda path=path: path.open("rb")))  # type: ignore[misc]
    return tuple(members)


def _hidden(path: Path | PurePosixPath) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _refuse_crowd(count: int) -> None:
    if count > MOST_FILES:
        raise Problem("problem.data.too_many_files", count=f"{count:,}", limit=f"{MOST_FILES:,}")


def _refuse_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise Problem(
            "problem.data.too_large", name=name, size=size_of(size), limit=size_of(LARGEST)
        )


def size_of(count: int) -> str:
    """A number of bytes as one would say it."""
    value = float(count)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:,.3g} GB"
