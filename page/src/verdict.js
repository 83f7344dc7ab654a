// The answer of the classifier, as the page shows it.

import { html } from "./dom.js";
import { percent } from "./format.js";

/** The pattern, its probability, the shares and the reasons. */
export function verdict(reading, pattern, definedAs) {
  const entries = Object.entries(reading.probabilities).filter(([, p]) => p >= 0.005).sort((a, b) => b[1] - a[1]);
  const name = pattern(reading.pattern);
  return [
    html("p", { class: "pattern" },
      reading.uncertain && "uncertain, perhaps ",
      html("strong", { "data-value": "pattern" }, reading.pattern), " ",
      html("span", { "data-value": "confidence" }, percent(reading.confidence))),
    html("p", {}, `${sentence(name.summary)}. More memory buys ${name.memory_buys}.`),
    definedAs && definedAs !== reading.pattern &&
      html("p", { class: "aside" }, "By definition of its work this function is ", html("strong", {}, definedAs), "."),
    shares(reading.shares),
    html("ul", { class: "bars", "aria-label": "Probability of each pattern" }, entries.map(([key, p]) =>
      html("li", {}, html("span", { class: "name" }, key), meter(p), html("span", { class: "share" }, percent(p))))),
    html("h3", {}, "Why"),
    // what the pattern means stands above already
    html("ul", { class: "reasons" }, reading.reasons.filter((r) => !r.startsWith(`${reading.pattern} means`)).map((r) => html("li", {}, r))),
    reading.warnings.length > 0 && html("h3", {}, "Warnings"),
    reading.warnings.length > 0 && html("ul", { class: "reasons" }, reading.warnings.map((w) => html("li", {}, w))),
  ].filter(Boolean);
}

/** A bar that text beside it says again. */
function meter(share) {
  const bar = html("span", { class: "fill" });
  bar.style.width = `${100 * share}%`;
  return html("span", { class: "meter", "aria-hidden": "true" }, bar);
}

function shares(of) {
  const parts = [["cpu", "CPU"], ["wait", "waiting"], ["transfer", "transfer"]];
  const bar = html("span", { class: "stack", "aria-hidden": "true" });
  for (const [key] of parts) {
    const part = html("span", { class: `part ${key}` });
    part.style.width = `${100 * of[key]}%`;
    bar.append(part);
  }
  return html("div", { class: "shares" }, html("span", {}, "Where the time goes at 1769 MB"), bar,
    html("span", { class: "keys" }, parts.map(([key, label]) =>
      html("span", { class: `key ${key}` }, `${label} ${percent(of[key])}`))));
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);
