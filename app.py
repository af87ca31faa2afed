"""Home: the tour through the laboratory, nothing else."""

from optviz.ui import frame
from optviz.ui.home import HomeState, render
from optviz.ui.state import Store

with frame.page("home") as page:
    store = Store(HomeState)
    page.headline()
    render(page)
    store.sync_url()
