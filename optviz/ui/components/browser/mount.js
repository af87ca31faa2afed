// How a picture lives on a page: one for each element, and it draws what came last.

import { whenGone } from "./plotly.js";

/**
 * The function that Streamlit calls with news for an element.
 *
 * @param selector of the element in a component's own part of the page
 * @param Kind the class of what is drawn there: made with the element, then shown each news,
 *   closed when the element is gone
 */
export function mounted(selector, Kind) {
  const pictures = new WeakMap();
  return async (component) => {
    const host = component.parentElement.querySelector(selector);
    let picture = pictures.get(host);
    if (!picture) {
      picture = new Kind(host);
      pictures.set(host, picture);
    }
    await picture.show(component);
    return () => whenGone(host, () => {
      picture.close();
      pictures.delete(host);
    });
  };
}

/** What takes a moment to draw: `draw` is called for one piece of news after the other. */
export class Picture {
  constructor(host) {
    this.host = host;
    this.queue = Promise.resolve();
  }

  /** Draw the newest data; what is overtaken is skipped. */
  show(component) {
    this.latest = component;
    this.queue = this.queue.then(() => (component === this.latest ? this.draw(component) : null));
    return this.queue;
  }
}
