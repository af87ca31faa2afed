"""The fair comparison in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def test_open_tune_and_use_the_rates(page: Page, server: str) -> None:
    open_screen(page, server, "trajectories", query="steps=60")
    rows = page.locator(".ov-table tbody tr")
    expect(rows).to_have_count(3)
    title = page.get_by_text(EN("fair.title"))
    tune = page.locator(".st-key-fair-tune button")
    expect(tune).to_be_hidden()
    title.click()
    expect(tune).to_be_enabled()
    settle(page, still=True)
    tune.click()
    expect(page.get_by_text("With tuned rates")).to_be_visible()
    settle(page, still=True)
    chart = page.locator(".st-key-frame-scroll-fair")
    expect(chart.get_by_role("row")).to_have_count(4)

    # The tuned rates go to the runs; the paths, the address and the table follow.
    use = page.locator(".st-key-fair-use button")
    expect(use).to_be_enabled()
    use.click()
    expect(use).to_be_disabled()
    settle(page)
    assert "momentum%3Alr" in page.url
    cells = [row.get_by_role("cell").all_inner_texts() for row in chart.get_by_role("row").all()]
    assert all(best.split()[0] == now for _, best, now, *_ in cells[1:])

    # The other measure is drawn in place.
    steps = EN("fair.view_steps")
    page.get_by_role("radio", name=steps).or_(page.get_by_role("button", name=steps)).first.click()
    expect(page.get_by_text(EN("fair.chart.steps"))).to_be_visible()
    settle(page)
    assert "fair=steps" in page.url
    check(page)
