"""Schedules: rates that change in time, and rates that differ from layer to layer."""

from optviz.ui import controls, frame
from optviz.ui.schedules_page import render
from optviz.ui.schedules_state import SCENES, SchedulesState
from optviz.ui.state import Store

with frame.page("schedules") as page:
    store = Store(SchedulesState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "schedules.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
