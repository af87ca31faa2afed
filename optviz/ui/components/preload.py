"""plotly.js on its way to the browser while the server still computes the first picture."""

from __future__ import annotations

from optviz.ui.components import assets

__all__ = ["preload"]

_mount = assets.declared("preload", "<i hidden></i>")


def preload() -> None:
    """Have the browser fetch and read plotly.js now; draws nothing."""
    _mount(key="preload", data=assets.mounted("preload", "preload.js"))
