// <canvas data-chart="ability" data-source="id of a json_script"> → a chart. Colours are the page's CSS variables,
// words are data attributes in the reader's language; a table of the same numbers stands beside each canvas.

import * as kinds from "./charts/kinds.js";
import * as measurement from "./charts/measurement.js";

const KINDS = { ...kinds, ...measurement };
const { Chart } = globalThis;
const drawn = new Map();

function palette() {
  const style = getComputedStyle(document.documentElement);
  const pick = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    // A canvas cannot resolve color-mix() in every browser: let the browser do it on an element first.
    accent: resolved("--accent"),
    accentSoft: resolved("--accent-soft"),
    ink: pick("ink"),
    muted: pick("ink-2"),
    line: pick("line"),
    lineStrong: pick("line-strong"),
    surface: pick("surface"),
    good: pick("good"),
    bad: pick("bad"),
    font: pick("font"),
  };
}

function resolved(variable) {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${r}, ${g}, ${b})`;
}

function draw(canvas) {
  const source = document.getElementById(canvas.dataset.source);
  const kind = KINDS[canvas.dataset.chart];
  if (!source || !kind) return;
  const colours = palette();
  Chart.defaults.font.family = colours.font;
  Chart.defaults.font.size = 12;
  Chart.defaults.color = colours.muted;
  Chart.defaults.borderColor = colours.line;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { rem, ...config } = kind(JSON.parse(source.textContent), colours, canvas.dataset);
  if (rem) canvas.parentElement.style.height = `${rem}rem`;
  config.options = {
    responsive: true,
    maintainAspectRatio: false,
    animation: still || drawn.has(canvas) ? false : { duration: 500 },
    ...config.options,
  };
  drawn.get(canvas)?.destroy();
  drawn.set(canvas, new Chart(canvas, config));
}

function drawAll(within = document) {
  within.querySelectorAll("canvas[data-chart]").forEach(draw);
}

function forgetRemoved() {
  for (const [canvas, chart] of drawn) {
    if (canvas.isConnected) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
}

drawAll();
document.addEventListener("themechange", () => drawAll());
document.addEventListener("htmx:afterSettle", (event) => {
  forgetRemoved();
  drawAll(event.target);
});
addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
