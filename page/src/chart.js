// Duration above, cost below, one memory axis. Two panels instead of two scales on one: where curves of
// different units cross means nothing, but looks as if it did.

import { scaleLinear, scaleLog } from "d3-scale";
import { line as linePath } from "d3-shape";

import { svg } from "./dom.js";
import { dollars, durationTick, number } from "./format.js";

const MEMORY = [128, 256, 512, 1024, 2048, 4096, 10240];
const PANELS = [
  { key: "ms", className: "duration", title: "Duration of one invocation", tick: durationTick, scale: 1 },
  { key: "usd", className: "cost", title: "Cost of a million invocations", tick: () => dollars, scale: 1e6 },
];

/** Strategies with the shape that marks their choice. */
export const STRATEGIES = [
  { key: "cost", label: "Cheapest", shape: (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z` },
  { key: "balanced", label: "Balanced", shape: (r) => `M0,${-1.25 * r}L${1.25 * r},0L0,${1.25 * r}L${-1.25 * r},0Z` },
  { key: "speed", label: "Fastest", shape: (r) => `M0,${-1.2 * r}L${1.15 * r},${0.9 * r}L${-1.15 * r},${0.9 * r}Z` },
];

/**
 * Draws the chart into `root`.
 * @param {SVGSVGElement} root
 * @param {object} data `line`, `points` and `picks` of the curve; optional `before` (a line), `run` (points and a
 *   line), `marks` (one vCPU, two vCPUs in MB), `log`, `joined` (join the points), `cursor` (MB)
 */
export function draw(root, data) {
  const width = Math.max(300, root.clientWidth || 640);
  const narrow = width < 520;
  // on a phone the sliders below need room as well
  const panel = narrow ? Math.max(92, Math.min(168, 0.14 * window.innerHeight)) : 218;
  const box = { left: narrow ? 54 : 64, right: narrow ? 12 : 18, top: narrow ? 26 : 34, gap: narrow ? 32 : 46, bottom: 40 };
  const height = box.top + 2 * panel + box.gap + box.bottom;
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("height", height);
  const x = scaleLog([118, 11000], [box.left, width - box.right]).base(2);
  const parts = PANELS.map((p, i) => drawPanel(p, data, x, box.top + i * (panel + box.gap), panel, box, width));
  root.replaceChildren(...parts, memoryAxis(x, height - box.bottom, narrow));
  return { x, box, height };
}

function drawPanel(panel, data, x, top, height, box, width) {
  const { key, scale } = panel;
  const values = (columns) => (columns ? columns[key].filter((v) => v != null).map((v) => v * scale) : []);
  const dots = (points) => (points ?? []).map((p) => p[key] * scale);
  const spread = key === "ms" && data.sampled ? (data.points ?? []).filter((p) => p.sd_ms) : [];
  const all = [values(data.line), values(data.before), values(data.run?.line), dots(data.points), dots(data.run?.points)].flat();
  // a logarithmic scale has no place for what is below zero
  const [low, high] = [Math.min(...all, ...spread.map((p) => p.ms - p.sd_ms).filter((ms) => ms > 0)), Math.max(...all, ...spread.map((p) => p.ms + p.sd_ms))];
  // nor has it one for zero itself
  const log = data.log && low > 0;
  const y = log
    ? scaleLog([low / 1.25, high * 1.25], [top + height, top])
    : scaleLinear([0, high * 1.06 || 1], [top + height, top]).nice(5);
  const right = width - box.right;
  const group = svg("g", { class: panel.className });
  group.append(svg("text", { class: "title", x: box.left, y: top - 12 }, panel.title));
  const write = panel.tick(high);
  for (const tick of ticks(y, log, narrowTicks(height))) {
    group.append(
      svg("line", { class: "grid", x1: box.left, x2: right, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "tick", x: box.left - 8, y: y(tick) + 4, "text-anchor": "end" }, write(tick)),
    );
  }
  if (data.marks) group.append(...cores(data.marks, x, top, height, panel.className === "duration", width));
  const path = (columns, className) => {
    const draw = linePath((_, i) => x(columns.mb[i]), (_, i) => y(columns[key][i] * scale))
      .defined((_, i) => columns[key][i] != null);
    return svg("path", { class: className, d: draw(columns.mb) });
  };
  if (data.before) group.append(path(data.before, "line before"));
  if (data.run?.line) group.append(path(data.run.line, "line fitted"));
  if (data.line) group.append(path(data.line, "line"));
  const at = (p) => [x(p.mb), y(p[key] * scale)];
  if (data.joined) {
    const joined = linePath((p) => at(p)[0], (p) => at(p)[1]);
    group.append(svg("path", { class: "line joined", d: joined(data.points) }));
  }
  for (const p of spread) group.append(whisker(p, x, y));
  for (const p of data.points ?? []) group.append(svg("circle", { class: "point", cx: at(p)[0], cy: at(p)[1], r: 3.5 }));
  for (const p of data.run?.points ?? []) {
    const [px, py] = at(p);
    group.append(svg("rect", { class: "recorded", x: px - 4, y: py - 4, width: 8, height: 8 }));
  }
  for (const strategy of STRATEGIES) {
    const pick = data.picks?.[strategy.key];
    if (!pick) continue;
    const [px, py] = at(pick);
    group.append(svg("path", { class: `pick ${strategy.key}`, d: strategy.shape(6.5), transform: `translate(${px},${py})` }));
  }
  if (data.cursor && data.line) group.append(...cursor(data, key, scale, x, y, top, height));
  return group;
}

/** One full vCPU, and from there on the share of the second core. */
function cores({ one, two }, x, top, height, labelled, width) {
  const wide = width >= 520;
  const parts = [
    svg("rect", { class: "second-core", x: x(one), width: x(two) - x(one), y: top, height }),
    svg("line", { class: "core", x1: x(one), x2: x(one), y1: top, y2: top + height }),
    svg("line", { class: "core two", x1: x(two), x2: x(two), y1: top, y2: top + height }),
  ];
  if (labelled) {
    parts.push(
      svg("text", { class: "note", x: x(one) - 6, y: top + 12, "text-anchor": "end" }, wide ? `one vCPU, ${number(one)} MB` : "1 vCPU"),
      svg("text", { class: "note", x: x(one) + 6, y: top + 12 }, wide ? "second core" : "2nd core"),
    );
  }
  return parts;
}

function whisker(p, x, y) {
  const low = Math.max(p.ms - p.sd_ms, y.domain()[0]);
  return svg("line", { class: "whisker", x1: x(p.mb), x2: x(p.mb), y1: y(low), y2: y(p.ms + p.sd_ms) });
}

function cursor(data, key, scale, x, y, top, height) {
  const i = nearest(data.line.mb, data.cursor);
  const cx = x(data.line.mb[i]);
  return [
    svg("line", { class: "cursor", x1: cx, x2: cx, y1: top, y2: top + height }),
    svg("circle", { class: "cursor", cx, cy: y(data.line[key][i] * scale), r: 4.5 }),
  ];
}

function memoryAxis(x, top, narrow) {
  const group = svg("g", { class: "memory" });
  for (const mb of narrow ? MEMORY.filter((_, i) => i % 2 === 0) : MEMORY) {
    group.append(svg("text", { class: "tick", x: x(mb), y: top + 18, "text-anchor": "middle" }, number(mb)));
  }
  group.append(svg("text", { class: "tick", x: (x(118) + x(11000)) / 2, y: top + 35, "text-anchor": "middle" }, "Memory size in MB"));
  return group;
}

const narrowTicks = (height) => (height < 150 ? 3 : 5);

function ticks(y, log, count) {
  if (!log) return y.ticks(count);
  const all = y.ticks(5);
  // 1, 2 and 5 of each decade where the range is short, 1 alone where it is long
  const leading = (v) => Math.round(v / 10 ** Math.floor(Math.log10(v) + 1e-9));
  const kept = all.filter((v) => [1, 2, 5].includes(leading(v)));
  return kept.length > 8 ? kept.filter((v) => leading(v) === 1) : kept;
}

/** Position of the size in `sizes` that is nearest to `mb`. */
export function nearest(sizes, mb) {
  let best = 0;
  sizes.forEach((size, i) => { if (Math.abs(size - mb) < Math.abs(sizes[best] - mb)) best = i; });
  return best;
}
