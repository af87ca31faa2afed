"""Files that a session needs only for itself."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path

__all__ = ["SessionFolder"]


class SessionFolder:
    """A temporary folder, made when it is first asked for, that goes with whoever holds this."""

    @cached_property
    def path(self) -> Path:
        """Where it is."""
        path = Path(tempfile.mkdtemp(prefix="optviz-"))
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return path
