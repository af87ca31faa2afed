"""Layouts that travel with the package, so that a page need not open on an empty picture.

They are ordinary results of :func:`optviz.embedding.tasks.projection_task`, written by
``python -m scripts.make_layouts``. Each is found by what it was computed from and with; vectors
or settings that differ in anything find nothing.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.embedding.projections import Projection, Setting
from optviz.embedding.quality import Quality
from optviz.embedding.tasks import Layout

__all__ = ["LayoutKey", "layout_key", "load_layouts", "save_layouts"]

LayoutKey = tuple[str, str, int, tuple[tuple[str, Setting], ...]]
"""(fingerprint of the vectors, method, dimensions, sorted settings)."""

FILE = Path(str(files("optviz.embedding").joinpath("bundled", "layouts.safetensors")))


def layout_key(
    vectors: ArrayLike, method: str, dimensions: int, settings: Mapping[str, Setting]
) -> LayoutKey:
    """What a layout depends on, as one hashable value."""
    digest = _digest(np.ascontiguousarray(vectors, dtype=np.float32))
    return digest, method, dimensions, tuple(sorted(settings.items()))


_digests: dict[int, tuple[weakref.ref[NDArray[np.float32]], str]] = {}


def _digest(matrix: NDArray[np.float32]) -> str:
    """A fingerprint; of a matrix that nobody can change it is taken once."""
    place = id(matrix)
    known = _digests.get(place)
    if known is not None and known[0]() is matrix:
        return known[1]
    whole = sha256(repr(matrix.shape).encode())
    whole.update(matrix.data)
    digest = whole.hexdigest()[:16]
    if not matrix.flags.writeable:
        _digests[place] = weakref.ref(matrix, lambda _: _digests.pop(place, None)), digest
    return digest


def save_layouts(layouts: Sequence[tuple[LayoutKey, Layout]], path: Path = FILE) -> None:
    """Write layouts to a safetensors file: coordinates as tensors, the rest as its metadata."""
    from safetensors.numpy import save_file

    tensors, entries = {}, []
    for number, (key, layout) in enumerate(layouts):
        shown, trust = layout.projection, layout.quality
        tensors[str(number)] = np.ascontiguousarray(shown.coordinates)
        entries.append(
            {
                "vectors": key[0],
                "method": shown.method,
                "settings": dict(shown.settings),
                "seconds": round(shown.seconds, 2),
                "kl_divergence": shown.kl_divergence,
                "iterations": shown.iterations,
                "explained_variance": shown.explained_variance,
                "quality": trust and [trust.trustworthiness, trust.kept, trust.k],
            }
        )
    path.parent.mkdir(exist_ok=True)
    save_file(tensors, path, {"layouts": json.dumps(entries)})


def load_layouts(path: Path = FILE) -> dict[LayoutKey, Layout]:
    """The layouts in a file that :func:`save_layouts` wrote; none if there is no such file."""
    if not path.is_file():
        return {}
    from safetensors import safe_open

    found: dict[LayoutKey, Layout] = {}
    with safe_open(path, "numpy") as stored:
        for number, entry in enumerate(json.loads(stored.metadata()["layouts"])):
            coordinates = stored.get_tensor(str(number))
            variance, trust = entry["explained_variance"], entry["quality"]
            projection = Projection(
                method=entry["method"],
                settings=entry["settings"],
                coordinates=coordinates,
                seconds=entry["seconds"],
                kl_divergence=entry["kl_divergence"],
                iterations=entry["iterations"],
                explained_variance=variance and tuple(variance),
            )
            key = (
                entry["vectors"],
                entry["method"],
                int(coordinates.shape[1]),
                tuple(sorted(entry["settings"].items())),
            )
            found[key] = Layout(projection, trust and Quality(*trust))
    return found
