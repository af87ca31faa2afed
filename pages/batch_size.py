"""Batch size: full-batch descent, single samples and mini-batches on one true loss surface."""

from optviz.ui import controls, frame
from optviz.ui.batch_size_page import render
from optviz.ui.batch_size_state import SCENES, BatchSizeState
from optviz.ui.state import Store

with frame.page("batch_size") as page:
    store = Store(BatchSizeState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "batch_size.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
