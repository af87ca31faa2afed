"""Where a model is trained: on a graphics card where torch sees one and it pays, else here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["ENOUGH", "device_for", "device_name"]

ENOUGH = 1_000_000
"""Training rows from which a graphics card is used. Below, its fixed costs at each small step
outweigh its speed; and a processor adds up gradients in one order, so that runs repeat exactly."""


def device_for(rows: int) -> torch.device:
    """Where to train on so many rows.

    A card of NVIDIA or AMD, whichever of both torch was built for: the first that it sees
    (``CUDA_VISIBLE_DEVICES`` chooses another one, or none). Apple's are left out.
    """
    import torch

    return torch.device("cuda" if rows >= ENOUGH and torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """What a graphics card is called; empty for the processor."""
    import torch

    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else ""
