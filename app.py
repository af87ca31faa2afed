"""Home: the tour through the laboratory, nothing else."""

from optviz.ui import frame
from optviz.ui.home import render

with frame.page("home") as page:
    page.headline()
    render(page)
