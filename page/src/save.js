// The chart and the workload as files.

const STYLED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"];

/** Offers `content` as a file to save. */
export function save(name, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The chart as an SVG document of its own: what the style sheet says is written into each element. */
export function svgText(chart) {
  const copy = chart.cloneNode(true);
  const [originals, copies] = [chart.querySelectorAll("*"), copy.querySelectorAll("*")];
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of STYLED) copies[i].setAttribute(name, style.getPropertyValue(name));
    copies[i].removeAttribute("class");
  });
  const [, , width, height] = chart.getAttribute("viewBox").split(" ");
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height })) copy.setAttribute(name, value);
  for (const name of ["id", "aria-hidden", "focusable"]) copy.removeAttribute(name);
  const background = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width, height, fill: getComputedStyle(document.body).getPropertyValue("--card") })) background.setAttribute(name, value.trim());
  copy.prepend(background);
  return new XMLSerializer().serializeToString(copy);
}

/** The chart as a PNG of twice its size. */
export async function pngBlob(chart) {
  const [, , width, height] = chart.getAttribute("viewBox").split(" ").map(Number);
  const url = URL.createObjectURL(new Blob([svgText(chart)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}
