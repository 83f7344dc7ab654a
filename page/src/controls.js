// The sliders: one description a control, grouped as the workload file is.

import { html } from "./dom.js";
import { number } from "./format.js";
import { get } from "./workload.js";

const STEPS = 400;

/** A slider on a logarithmic scale that starts at zero, so that "none" and "a lot" are both near. */
const log = (path, label, unit, least, most) => ({ path, label, unit, low: 0, most, least, log: true });
const whole = (path, label, unit, low, most) => ({ path, label, unit, low, most, step: 1 });
const share = (path, label) => ({ path, label, unit: "", low: 0, most: 1, step: 0.01 });
const toggle = (path, label) => ({ path, label, toggle: true });

/** The groups of controls for a workload. */
export function groups(workload) {
  const calls = Math.max(1, workload.call?.length ?? 0);
  const transfers = Math.max(1, workload.transfer?.length ?? 0);
  const each = (n, make) => Array.from({ length: n }, (_, i) => make(i)).flat();
  return [
    {
      id: "cpu", title: "CPU work", controls: [
        log("cpu.work_ms", "On one thread", "ms", 0.1, 60000),
        log("cpu.parallel_ms", "Shared by threads", "ms", 1, 120000),
        whole("cpu.threads", "Threads", "", 1, 16),
      ],
    },
    {
      id: "call", title: "Calls", controls: each(calls, (i) => {
        const name = calls > 1 ? ` (${workload.call[i].name})` : "";
        return [
          whole(`call.${i}.count`, `Calls${name}`, "", 0, 40),
          log(`call.${i}.latency_ms`, `Latency of a call${name}`, "ms", 0.5, 10000),
          log(`call.${i}.cpu_ms`, `CPU time of a call${name}`, "ms", 0.1, 200),
          log(`call.${i}.connect_ms`, `Connection set-up${name}`, "ms", 1, 1000),
          toggle(`call.${i}.keep_alive`, `Keep connections open${name}`),
        ];
      }),
    },
    {
      id: "transfer", title: "Data moved", controls: each(transfers, (i) => [
        log(`transfer.${i}.megabytes`, "Megabytes", "MB", 0.1, 2000),
        whole(`transfer.${i}.connections`, "Connections", "", 1, 32),
      ]),
    },
    {
      id: "downstream", title: "A downstream that does not scale", controls: [
        toggle("downstream.on", "Call one"),
        ...(workload.downstream ? [
          whole("downstream.capacity", "Requests it serves at a time", "", 1, 100),
          log("downstream.service_ms", "Time to serve one", "ms", 0.1, 1000),
          log("downstream.other_load_per_s", "Requests of others", "/s", 1, 20000),
          whole("downstream.concurrency", "Invocations at a time", "", 1, 200),
        ] : []),
      ],
    },
    {
      id: "memory", title: "Memory and cold starts", controls: [
        { ...whole("memory.footprint_mb", "Memory used", "MB", 10, 3000), fallback: "footprint" },
        share("cold_start.share", "Share of cold starts"),
        { ...log("cold_start.init_ms", "Init", "ms", 1, 15000), fallback: "init" },
        log("cold_start.first_call_cpu_ms", "Extra CPU of a first call", "ms", 1, 10000),
      ],
    },
  ];
}

const toSlider = (c, value) => {
  if (!c.log) return value;
  return value < c.least ? 0 : Math.round(1 + ((STEPS - 1) * Math.log(value / c.least)) / Math.log(c.most / c.least));
};
const fromSlider = (c, position) => {
  if (!c.log) return position;
  if (position === 0) return 0;
  return Number((c.least * (c.most / c.least) ** ((position - 1) / (STEPS - 1))).toPrecision(3));
};

/**
 * The elements of one control.
 * @param change called with (path, value) while it moves
 */
export function control(c, workload, runtime, change) {
  const id = `c-${c.path.replaceAll(".", "-")}`;
  if (c.toggle) {
    const checked = c.path === "downstream.on" ? Boolean(workload.downstream) : Boolean(get(workload, c.path) ?? true);
    const box = html("input", { type: "checkbox", id, checked, onchange: () => change(c.path, box.checked) });
    return html("div", { class: "toggle" }, box, html("label", { for: id }, c.label));
  }
  const value = Number(get(workload, c.path) ?? fallback(c, runtime));
  const bounds = c.log ? { min: 0, max: STEPS, step: 1 } : { min: c.low, max: Math.max(c.most, value), step: c.step };
  const unit = c.unit ? ` ${c.unit}` : "";
  const slider = html("input", { type: "range", id, ...bounds, "aria-valuetext": number(value) + unit });
  slider.value = toSlider(c, value);
  const exact = html("input", { type: "number", id: `${id}-exact`, step: "any", min: c.low, "aria-label": `${c.label}${unit && ` in${unit}`}`, value });
  slider.addEventListener("input", () => {
    const moved = fromSlider(c, Number(slider.value));
    exact.value = moved;
    slider.setAttribute("aria-valuetext", number(moved) + unit);
    change(c.path, moved);
  });
  const typed = () => (c.step === 1 ? Math.round(exact.valueAsNumber) : exact.valueAsNumber);
  exact.addEventListener("input", () => {
    if (!Number.isFinite(typed())) return;
    slider.value = toSlider(c, typed());
    slider.setAttribute("aria-valuetext", number(typed()) + unit);
    change(c.path, typed());
  });
  // what is shown is what is computed with
  exact.addEventListener("change", () => { if (Number.isFinite(typed())) exact.value = typed(); });
  return html("div", { class: "slider" },
    html("label", { for: id }, c.label), html("span", { class: "exact" }, exact, html("span", { class: "unit" }, c.unit)), slider);
}

const fallback = (c, runtime) => (c.fallback === "footprint" ? runtime.idle_memory_mb : c.fallback === "init" ? runtime.init_ms : c.low);

/** A choice of a few as radio buttons. */
export function choice(name, legend, options, chosen, change) {
  return html("fieldset", { class: "choice" }, html("legend", {}, legend), html("div", { class: "segments" },
    options.map(([value, label]) => {
      const id = `${name}-${value}`;
      const input = html("input", { type: "radio", name, id, value, checked: value === chosen, onchange: () => change(value) });
      return html("span", {}, input, html("label", { for: id }, label));
    })));
}
