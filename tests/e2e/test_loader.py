"""What reaches a component first must not be drawn last."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from optviz.ui.components.assets import LOADER

DRAWS = "export default ({ data, parentElement }) => { parentElement.textContent += data.words; };"


def test_what_is_older_is_not_drawn_over_what_is_newer(page: Page, server: str) -> None:
    held: list[Route] = []

    def script(body: str) -> Callable[[Route], None]:
        return lambda route: route.fulfill(body=body, content_type="text/javascript")

    page.route("**/slow.js", lambda route: held.append(route))
    page.route("**/fast.js", script(DRAWS))
    page.route("**/loader.js", script(LOADER))
    page.route("**/blank", lambda route: route.fulfill(body="<p></p>", content_type="text/html"))
    page.goto(f"{server}/blank")
    said = page.locator("p")
    page.evaluate("""async () => {
      const { default: load } = await import("./loader.js");
      const parentElement = document.querySelector("p");
      window.call = (module, key, number) => load({
        data: { module: `./${module}.js`, turn: [key, number], words: `${key}${number} ` },
        parentElement,
      });
      window.first = call("slow", "a", 1);
      await call("fast", "a", 2);
    }""")
    expect(said).to_have_text("a2")
    script(DRAWS)(held[0])
    page.evaluate("window.first")
    expect(said).to_have_text("a2")

    # The same again may be drawn again, and another component on the same element counts anew.
    page.evaluate("call('fast', 'a', 2)")
    page.evaluate("call('fast', 'b', 1)")
    expect(said).to_have_text("a2 a2 b1")
