// Elements in one line.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...shown(children));
  return element;
}

/** Children without those that a condition left out. */
const shown = (children) => children.flat().filter((child) => child != null && child !== false);

/** An HTML element; attributes that start with `on` are listeners. */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

/** Gives `root` other children; the focus stays on the element of the same id. */
export function replace(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.replaceChildren(...shown(children));
  const element = focused && byId(focused);
  if (!element) return;
  element.focus({ preventScroll: true });
  if (element.type !== "number") return;
  // a value that is set leaves the caret behind it, where typing goes on
  const { value } = element;
  element.value = "";
  element.value = value;
}
