"""Browser files of the components: served by Streamlit itself, no static folder, no network.

Streamlit serves the folder of every declared component. Declaring two (ours, and the one in
which the plotly package ships plotly.js) gives both a stable address, so that the 4.8 MB of
plotly.js and our modules travel once a page load instead of once a rerun.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streamlit.components.v1 import declare_component

__all__ = ["LOADER", "addresses", "read"]

_BROWSER = Path(str(files("optviz.ui.components").joinpath("browser")))

# All that Streamlit resends with every rerun; the module itself is imported by address. The
# address is relative to the page, as Streamlit's own scripts are: any base path works.
LOADER = """
export default async (component) => {
  const { module } = component.data;
  const { default: render } = await import(new URL(module, document.baseURI).href);
  return render(component);
};
"""


def read(name: str) -> str:
    """The text of one of our browser files."""
    return _BROWSER.joinpath(name).read_text("utf-8")


@lru_cache(maxsize=1)
def _plotly_folder() -> str:
    # Found without importing plotly: that costs time, and only the figures layer may.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly")
    return str(Path(spec.origin).parent / "package_data")


def addresses(module: str) -> dict[str, Any]:
    """Where the browser finds ``module`` (one of our files) and plotly.js, relative to the page.

    Must be called in every script run: the registration belongs to the running server, which
    tests start anew for each page.
    """
    ours = declare_component("browser", path=str(_BROWSER))
    plotly = declare_component("plotly", path=_plotly_folder())
    return {
        "module": f"./component/{ours.name}/{module}",
        "plotly": f"./component/{plotly.name}/plotly.min.js",
    }
