"""The map while the model trains, in a real browser: watch, scrub, play again."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from optviz.language import Text

from .screens import check, settle
from .test_embeddings_live import graph, until_frame

EN = Text("en")
QUERY = "lang=en&part=growth&grow_model=als&grow_method=pca&n_movies=200&colour=genre&trails=1"


def test_story(page: Page, server: str) -> None:
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(f"{server}/embeddings?{QUERY}")
    expect(page.get_by_text(re.compile("Half of the final neighbours"))).to_be_visible(
        timeout=60_000
    )
    until_frame(page, "k === 10")
    settle(page, still=True)
    last = graph(page, "[...g._fullData[0].x]")
    slider = page.locator(".ov-live input[type=range]")
    label = page.locator(".ov-live .ov-player output")
    expect(label).to_have_text(EN("embeddings.growth.moment", epoch="10.00", epochs=10))

    # Both axes have one scale: what is turned is not sheared.
    scales = graph(page, "[g._fullLayout.xaxis, g._fullLayout.yaxis].map(a => Math.abs(a._m))")
    assert abs(scales[0] / scales[1] - 1) < 1e-6

    # Back to the noise and played again: nothing is asked of the server.
    sent: list[Any] = []
    for socket in sockets:
        socket.on("framesent", lambda message: sent.append(message))
    slider.press("ArrowLeft")
    until_frame(page, "k === 9")
    player = page.locator(".ov-live .ov-player")
    player.get_by_role("combobox").select_option("10")
    player.get_by_role("button", name=EN("trajectories.stage.first")).click()
    until_frame(page, "k === 0")
    expect(label).to_have_text(EN("embeddings.growth.moment", epoch="0.00", epochs=10))
    assert graph(page, "[...g._fullData[0].x]") != last
    page.locator(".ov-live").get_by_role("button", name=EN("trajectories.stage.play")).click()
    until_frame(page, "k === 10")
    assert sent == []
    check(page)
