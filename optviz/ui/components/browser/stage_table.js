// The runs: legend and results in one table, whose rows choose the run to look at.

import { DASHES, head } from "./stage_draw.js";
import { el, fill, fmt } from "./stage_data.js";

export class Table {
  /** @param pick called with the row that was chosen */
  constructor(pick) {
    this.pick = pick;
    this.table = el("table", "ov-table");
    this.node = el("div", "ov-scroll", [this.table]);
  }

  /** @param meter what tells each run's place under its limit, where that is shown */
  update(data, runs, meter) {
    const words = data.words.stage;
    const names = ["run", "loss", "norm", "final", "reached", "status"];
    const top = el("tr", "", names.map((name) => el("th", "", words[name])));
    if (meter.data) top.children[3].before(el("th", "", meter.data.words.column));
    this.now = [];
    const rows = runs.map((run, i) => {
      const button = el("button", "", [swatch(run, data.theme.ground), run.title]);
      button.type = "button";
      button.ariaLabel = fill(words.pick, { run: run.title });
      const now = [el("td"), el("td")];
      if (meter.data) now.push(el("td"));
      this.now.push(now);
      const row = el("tr", i === data.focus ? "ov-focus" : "", [
        el("td", "", [button]), ...now,
        el("td", "", fmt(run.losses.at(-1))),
        el("td", "", run.reached),
        el("td", `ov-${run.kind}`, run.outcome),
      ]);
      row.addEventListener("click", () => this.pick(i));
      return row;
    });
    if (!rows.length) {
      const cell = el("td", "", words.empty);
      cell.colSpan = names.length;
      rows.push(el("tr", "", [cell]));
    }
    this.table.replaceChildren(el("thead", "", [top]), el("tbody", "", rows));
  }

  paint(runs, k, meter) {
    runs.forEach((run, i) => {
      const step = Math.min(Math.floor(k), run.losses.length - 1);
      this.now[i][0].textContent = fmt(run.losses[step]);
      this.now[i][1].textContent = fmt(run.norms[step]);
      const cell = this.now[i][2];
      if (!cell) return;
      const { text, over } = meter.cell(i, k);
      cell.textContent = text;
      cell.classList.toggle("ov-down", over);
    });
  }
}

function swatch(run, ground) {
  const [width, height, ratio] = [34, 14, 2];
  const canvas = el("canvas");
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.strokeStyle = run.colour;
  pen.lineWidth = 2.4;
  pen.setLineDash(DASHES[run.dash] ?? []);
  pen.beginPath();
  pen.moveTo(0, height / 2);
  pen.lineTo(width - 6, height / 2);
  pen.stroke();
  pen.setLineDash([]);
  head(pen, width - 8, height / 2, run.marker, 4.6, run.colour, ground);
  return canvas;
}
