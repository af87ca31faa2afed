"""A page of one part that looks again, and what stands below it, on a server that can be held up.

Run by ``test_renewed.py``.
"""

from __future__ import annotations

import time

import streamlit as st
from streamlit.runtime import get_instance

from optviz.ui.waiting import renewed

HELD_UP = 1.0
"""Seconds in which nothing is sent: the whole page, drawn meanwhile, and the part's next look."""


def look() -> None:
    """The part: it tells when it looked."""
    st.markdown(f"looked at {time.monotonic():.2f}")


if st.button("draw anew"):
    get_instance()._get_async_objs().eventloop.call_soon_threadsafe(time.sleep, HELD_UP)
    time.sleep(0.05)  # until the loop sleeps
renewed(look, True, 0.2)()
with st.expander("below"):
    st.markdown("inside")
st.markdown("the end")
time.sleep(0.3)  # the part's next look is asked for before the page is whole
