"""Browser files of the components: served by Streamlit itself, no static folder, no network.

Streamlit serves the folder of every declared component. Declaring two (ours, and the one in
which the plotly package ships plotly.js) gives both a stable address, so that the 4.8 MB of
plotly.js and our modules travel once a page load instead of once a rerun.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streamlit.components.v1 import declare_component
from streamlit.components.v2 import component

from optviz.ui import state

__all__ = ["LOADER", "declared", "mounted", "read"]

_BROWSER = Path(str(files("optviz.ui.components").joinpath("browser")))

# All that Streamlit resends with every rerun; the module itself is imported by address. The
# address is relative to the page, as Streamlit's own scripts are: any base path works.
# Streamlit awaits an import before each call, and so do we; calls that wait for the same import
# may go on in either order. Hence the turn: what is older than what was drawn is left out.
LOADER = """
const drawn = Symbol.for("optviz.drawn");
export default async (component) => {
  const { data: { module, turn: [key, number] }, parentElement } = component;
  const { default: render } = await import(new URL(module, document.baseURI).href);
  const last = parentElement[drawn];
  if (last?.key === key && number < last.number) return undefined;
  parentElement[drawn] = { key, number };
  return render(component);
};
"""


def read(name: str) -> str:
    """The text of one of our browser files."""
    return _BROWSER.joinpath(name).read_text("utf-8")


def declared(name: str, html: str, *styles: str) -> Callable[..., Any]:
    """A component of ours; call what comes back with ``key``, ``data`` and callbacks.

    Args:
        name: What Streamlit calls it.
        html: The element that it draws in.
        *styles: Of our browser files.
    """
    css = "".join(map(read, styles)) or None
    return component(f"optviz.{name}", html=html, css=css, js=LOADER, isolate_styles=False)


@lru_cache(maxsize=1)
def _plotly_folder() -> str:
    # Found without importing plotly: that costs time, and only the figures layer may.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly")
    return str(Path(spec.origin).parent / "package_data")


def mounted(key: str, module: str, **data: Any) -> dict[str, Any]:
    """``data`` with what :data:`LOADER` needs: where the files are, and whose turn it is.

    Must be called in every script run: the registration belongs to the running server, which
    tests start anew for each page.

    Args:
        key: Names the component on its page.
        module: The one of our files that draws it.
        **data: What it draws. While this stays the same, so does the whole, and Streamlit
            leaves the browser in peace.
    """
    ours = declare_component("browser", path=str(_BROWSER))
    plotly = declare_component("plotly", path=_plotly_folder())
    return data | {
        "module": f"./component/{ours.name}/{module}",
        "plotly": f"./component/{plotly.name}/plotly.min.js",
        "turn": [key, _turn(key, data)],
    }


def _turn(key: str, data: Mapping[str, Any]) -> int:
    """A number that grows whenever ``data`` is not what it was; microseconds, for a server that
    was started anew must not begin below what its browsers have seen."""
    turns: dict[str, tuple[int, int]] = state.remember("component turns", dict)
    content = hash(json.dumps(data))
    known, turn = turns.get(key, (None, 0))
    if content != known:
        turn = max(turn + 1, time.time_ns() // 1000)
        turns[key] = (content, turn)
    return turn
