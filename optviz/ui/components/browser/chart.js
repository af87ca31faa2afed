// A Plotly chart updated in place. One instance lives on each mounted element.

import { link } from "./linked.js";
import { Picture, mounted } from "./mount.js";
import { heedPinch } from "./pinch.js";
import { dataAt, heedWheel, loadPlotly, mapConfig, narrowed, onPress, plotlyConfig } from "./plotly.js";

class Chart extends Picture {
  constructor(host) {
    super(host);
    this.undo = [];
    this.hit = null;
  }

  async draw({ data, setTriggerValue }) {
    const { host } = this;
    this.send = setTriggerValue;
    this.reports = new Set(data.reports);
    host.style.height = `${data.height}px`;
    host.classList.toggle("ov-clickable", this.reports.has("click"));
    try {
      this.Plotly = await loadPlotly(data.plotly);
      const figure = JSON.parse(data.figure);
      const asked = narrowed(figure.layout, host.clientWidth);
      const layout = { ...asked, autosize: true, height: data.height };
      delete layout.width;
      this.keepView(layout);
      const wheel = Boolean(figure.layout.meta?.wheel);
      const config = plotlyConfig(data.words, data.toolbar, wheel ? mapConfig() : {});
      if (!this.reports.has("select")) config.modeBarButtonsToRemove.push("select2d", "lasso2d");
      if (data.toolbar) this.offerPictures(config, data.words.buttons);
      await this.Plotly.react(host, { data: figure.data, layout, config, frames: figure.frames });
      host.classList.toggle("ov-flat", !host._fullLayout._subplots.gl3d.length);
      if (!this.listening) {
        this.listen();
        if (wheel) this.undo.push(heedWheel(host), heedPinch(host));
        if (data.linked) this.undo.push(link(this.Plotly, host, data.linked));
      }
      thinNames(host);
      host.dataset.drawn = String(Number(host.dataset.drawn ?? 0) + 1);
    } catch (error) {
      if (this.closed) return;
      host.classList.add("ov-failed");
      host.textContent = data.words.failed;
      console.error("optviz chart:", error);
    }
  }

  /** Buttons that save what is seen: Plotly's own draws anew, and with every name there is. */
  offerPictures(config, words) {
    // The same functions every time: with other buttons Plotly would begin a new graph.
    this.savers ??= { png: () => this.save("png"), svg: () => this.save("svg") };
    const button = (format, title, icon) => ({
      name: `save ${format}`, title, icon: this.Plotly.Icons[icon], click: this.savers[format],
    });
    config.modeBarButtonsToRemove.push("toImage");
    config.modeBarButtonsToAdd = [
      button("png", words.save, "camera"), button("svg", words.save_svg, "disk"),
    ];
  }

  save(format) {
    const { host } = this;
    let place = host;
    while (place && /^(transparent|rgba\(.*, 0\))$/.test(getComputedStyle(place).backgroundColor)) {
      place = place.parentElement;
    }
    const ground = place ? getComputedStyle(place).backgroundColor : undefined;
    // A picture cannot load the page's font; measured in another, words would be cut.
    const font = { ...host.layout.font, family: "sans-serif" };
    return this.Plotly.downloadImage(
      { data: seenNames(host), layout: { ...host.layout, font, paper_bgcolor: ground } },
      { format, filename: "optviz", width: host.clientWidth, height: host.clientHeight,
        scale: format === "png" ? 2 : 1 },
    );
  }

  /**
   * Axes of equal scale are drawn wider than the figure asks for. To Plotly the same figure then
   * asks for another range than the one that was zoomed, and it would drop the zoom. So whoever
   * asks again for what was asked for before gets what was drawn before the zoom.
   */
  keepView(layout) {
    const before = this.host._fullLayout?._preGUI ?? {};
    const asked = {};
    for (const [name, axis] of Object.entries(layout)) {
      if (!/^[xy]axis\d*$/.test(name) || !axis.range) continue;
      asked[name] = String(axis.range);
      const drawn = [before[`${name}.range[0]`], before[`${name}.range[1]`]];
      if (this.asked?.[name] === asked[name] && drawn.every((end) => end != null)) {
        layout[name] = { ...axis, range: drawn };
      }
    }
    this.asked = asked;
  }

  listen() {
    this.listening = true;
    const { host } = this;
    host.on("plotly_click", (event) => { this.hit = event.points?.[0] ?? null; this.later(); });
    host.on("plotly_selected", (event) => {
      // Drawing anew tells of a selection too, one that has no outline: that is no gesture.
      if (this.reports.has("select") && (event?.range || event?.lassoPoints)) {
        this.send("select", { points: event.points.map(plain) });
      }
    });
    host.on("plotly_deselect", () => {
      if (this.reports.has("select")) this.send("select", { points: [] });
    });
    host.on("plotly_relayout", () => thinNames(host));
    this.undo.push(onPress(host, (px, py, event) => {
      if (!event.target.closest?.(".modebar, .legend")) {
        this.at = dataAt(host, px, py);
        this.later();
      }
    }));
    const watcher = new ResizeObserver(() => {
      if (host.offsetParent !== null && !this.closed) this.Plotly.Plots.resize(host);
    });
    watcher.observe(host);
    this.undo.push(() => watcher.disconnect());
  }

  /** Plotly's own click comes just before or after ours: wait, then tell both as one. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { at, hit } = this;
      this.at = this.hit = null;
      if (!this.reports.has("click") || (!at && !hit)) return;
      const point = hit && plain(hit);
      this.send("click", {
        x: at?.x ?? point?.x ?? null,
        y: at?.y ?? point?.y ?? null,
        point,
      });
    }, 30);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.undo.forEach((stop) => stop());
    this.Plotly?.purge(this.host);
  }
}

/**
 * Of a trace of names (`meta: {names: most, halo: colour}`), show those that are in the picture
 * and collide with none before them, so that the first are the most important and zooming in
 * brings more. A name's size is measured once: asking the page for it at every step of a zoom,
 * and drawing the hidden ones, would cost more than all the points.
 */
export function thinNames(graph) {
  const sizes = (graph.ovNames ??= new Map());
  graph._fullData.forEach((trace) => {
    if (!trace.meta?.names || !trace._module?.plot || trace.type !== "scatter") return;
    const { xaxis, yaxis } = graph._fullLayout._plots[trace.xaxis + trace.yaxis];
    const nodes = graph.querySelectorAll(`.scatterlayer .trace${trace.uid} .text text`);
    const most = trace.meta.names * Math.min(1, xaxis._length / 640);
    const taken = [];
    nodes.forEach((node, i) => {
      const place = node.__data__?.i ?? i;
      const x = xaxis.d2p(trace.x[place]);
      const y = yaxis.d2p(trace.y[place]);
      let size = sizes.get(node.textContent);
      if (!size) {
        node.style.display = "";
        const box = node.getBBox();
        if (!box.width) return; // not laid out yet: another drawing will follow
        const [atX, atY] = [Number(node.getAttribute("x")), Number(node.getAttribute("y"))];
        size = { left: box.x - atX, top: box.y - atY, width: box.width, height: box.height };
        sizes.set(node.textContent, size);
      }
      const left = x + size.left;
      const top = y + size.top;
      const right = left + size.width;
      const bottom = top + size.height;
      const fits = taken.length < most
        && left >= 0 && right <= xaxis._length && top >= 0 && bottom <= yaxis._length
        && !taken.some((other) => left < other.right + 10 && right > other.left - 10
          && top < other.bottom + 4 && bottom > other.top - 4);
      node.style.display = fits ? "" : "none";
      if (!fits) return;
      // An outline under the letters keeps them readable on any point, at no blur's cost.
      node.style.paintOrder = "stroke";
      node.style.stroke = trace.meta.halo;
      node.style.strokeWidth = "3px";
      node.style.strokeLinejoin = "round";
      taken.push({ left, right, top, bottom });
    });
  });
}

/** The graph's traces, those of names with no more than are shown. */
function seenNames(graph) {
  return graph.data.map((trace, i) => {
    const full = graph._fullData[i];
    if (!full.meta?.names) return trace;
    const nodes = graph.querySelectorAll(`.scatterlayer .trace${full.uid} .text text`);
    const seen = [...nodes].flatMap((node, k) => (
      node.style.display === "none" ? [] : [node.__data__?.i ?? k]
    ));
    const only = (values) => seen.map((k) => values[k]);
    return { ...trace, x: only(full.x), y: only(full.y), text: only(full.text) };
  });
}

/** A Plotly event point as plain values that survive JSON. */
function plain(point) {
  const number = point.pointNumber ?? point.pointIndex ?? point.pointNumbers?.[0] ?? 0;
  return {
    trace: point.curveNumber,
    index: number,
    x: point.x ?? null,
    y: point.y ?? null,
    z: point.z ?? null,
    customdata: point.customdata ?? null,
  };
}

export default mounted(".ov-chart", Chart);
