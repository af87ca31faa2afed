// The stability meter: how near every run is to its optimizer's own limit, step by step.

import { doubles, el, fmt } from "./stage_data.js";
import { History } from "./stage_history.js";

export class Meter {
  /** @param scrub called with the step under the pointer */
  constructor(scrub) {
    this.strip = new History(scrub);
    this.said = el("div", "ov-foretold");
    this.node = el("div", "ov-meter ov-hidden", [this.strip.node, this.said]);
  }

  /** Take what the server sent; null where the switch is off or no run has a limit. */
  async update(Plotly, data) {
    const sent = data.meter;
    this.data = sent && {
      words: sent.words,
      ratios: sent.ratios.map((ratio) => ratio && doubles(ratio)),
      bounds: sent.bounds.map((bound) => bound && doubles(bound)),
    };
    this.node.classList.toggle("ov-hidden", !sent);
    if (!sent) return;
    this.said.textContent = sent.says;
    await this.strip.update(Plotly, data, sent.figure);
  }

  paint(runs, k) {
    if (this.data) this.strip.paint(runs, k);
  }

  /** What the table says of run `i` at tick `k`: the curvature felt over its limit. */
  cell(i, k) {
    const [ratio, bound] = [this.data.ratios[i], this.data.bounds[i]];
    if (!ratio) return { text: this.data.words.none, over: false };
    const step = Math.min(Math.floor(k), ratio.length - 1);
    const felt = ratio[step] * bound[step];
    return { text: `${fmt(felt, 2)} / ${fmt(bound[step], 3)}`, over: ratio[step] > 1 };
  }

  close() {
    this.strip.close();
  }
}
