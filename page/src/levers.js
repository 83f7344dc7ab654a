// Levers as switches, with before and after.

import { html } from "./dom.js";

const CONFIDENCE = { A: "checked twice", B: "one good source", C: "derived", D: "hearsay" };

/** The switches and, when one is on, the table of what it changes. */
export function leverList(answer, state, idleShown, take) {
  const chosen = state.levers ? state.levers.split(",") : [];
  const pull = (name, on) => take({ levers: (on ? [...chosen, name] : chosen.filter((n) => n.split("=")[0] !== name)).join(",") });
  const useful = answer.levers.filter((l) => l.pulled || l.reason === null);
  const idle = answer.levers.filter((l) => !l.pulled && l.reason !== null);
  const row = (lever) => {
    const id = `lever-${lever.name}`;
    const box = html("input", { type: "checkbox", id, checked: lever.pulled, "aria-describedby": `${id}-note`, onchange: () => pull(lever.name, box.checked) });
    return html("li", {}, html("div", { class: "toggle" }, box, html("label", { for: id }, lever.name)),
      html("p", { id: `${id}-note`, class: "aside" }, `${lever.assumption} (${lever.confidence}: ${CONFIDENCE[lever.confidence]})`));
  };
  return [
    html("ul", { class: "levers" }, useful.map(row)),
    answer.effect && effectTable(answer.effect),
    idle.length > 0 && html("details", { open: idleShown }, html("summary", {}, `${idle.length} levers that would change nothing here`),
      html("ul", { class: "reasons" }, idle.map((l) => html("li", {}, html("strong", {}, l.name), ` ${l.reason}`)))),
  ].filter(Boolean);
}

function effectTable(effect) {
  const cell = (side, key) => html("td", {}, side.error ?? side[key]);
  const change = ({ before, after }) => (before.ms && after.ms ? `${signed(after.ms / before.ms - 1)}\u00a0%` : "");
  return html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Before and after the levers" }, html("table", { id: "effect" },
    html("caption", {}, "Before and after, at list prices with the charge for requests"),
    html("thead", {}, html("tr", {}, ["Memory", "Before", "After", "Time", "Million before", "After", "Month before", "After"].map((h) => html("th", { scope: "col" }, h)))),
    html("tbody", {}, effect.map((e) => html("tr", {}, html("th", { scope: "row" }, e.memory), cell(e.before, "duration"), cell(e.after, "duration"),
      html("td", {}, change(e)), cell(e.before, "per_million"), cell(e.after, "per_million"), cell(e.before, "per_month"), cell(e.after, "per_month"))))));
}

const signed = (share) => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`.replace("-", "\u2212");
