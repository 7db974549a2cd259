// Charts of calibrations and of item and test analysis: (data, colours, words) → a Chart.js configuration.

import { alpha, axis, legend, noGrid } from "./parts.js";

const line = (points, extra) => ({ type: "line", data: points, pointRadius: 0, pointHitRadius: 0, borderWidth: 2.5, pointStyle: "line", ...extra });

/** Vertical strokes through points: [{x, low, high}] as one line with gaps. */
function whiskers(points, colour) {
  const data = points.flatMap(({ x, low, high }) => [{ x, y: low }, { x, y: high }, { x: NaN, y: NaN }]);
  return line(data, { label: "", borderColor: alpha(colour, 0.55), borderWidth: 1.5, spanGaps: false });
}

const named = { ...legend(), labels: { ...legend().labels, filter: (item) => item.text !== "" } };
const pointsOnly = { filter: (item) => item.dataset.label !== "" };
const rounded = (value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);

/** data: {curve: [{theta, p, information}], observed: [{theta, p, n, low, high}]} */
export function curve({ curve: model, observed = [] }, colours, words) {
  return {
    type: "scatter",
    data: {
      datasets: [
        line(model.map((row) => ({ x: row.theta, y: row.p })), { label: words.labelP, borderColor: colours.accent, borderWidth: 3 }),
        line(model.map((row) => ({ x: row.theta, y: row.information })), { label: words.labelInformation, yAxisID: "information", borderColor: colours.lineStrong, borderDash: [5, 4], borderWidth: 2 }),
        whiskers(observed.map((row) => ({ x: row.theta, low: row.low, high: row.high })), colours.good),
        { label: words.labelObserved, data: observed.map((row) => ({ x: row.theta, y: row.p, n: row.n })), backgroundColor: colours.good, borderColor: colours.surface, pointRadius: 5, pointBorderWidth: 1.5 },
      ],
    },
    options: {
      interaction: { mode: "nearest", intersect: true },
      scales: {
        x: axis(words.labelX, colours, { min: -4, max: 4 }),
        y: axis(words.labelY, colours, { min: 0, max: 1 }),
        information: axis(words.labelInformation, colours, { ...noGrid, position: "right", beginAtZero: true }),
      },
      plugins: { legend: named, tooltip: { ...pointsOnly, callbacks: { label: (item) => `θ ${rounded(item.parsed.x)} · ${rounded(item.parsed.y)}${item.raw.n ? ` (${item.raw.n})` : ""}` } } },
    },
  };
}

/** data: {theta, information, se, before?, measured?: [{theta, se, n}]}; what a test tells at each ability */
export function information(data, colours, words) {
  const at = (values) => data.theta.map((x, index) => ({ x, y: values[index] }));
  const datasets = [line(at(data.information), { label: words.labelInformation, borderColor: colours.accent, borderWidth: 3 })];
  if (data.before) datasets.push(line(at(data.before), { label: words.labelBefore, borderColor: colours.lineStrong, borderDash: [5, 4] }));
  const scales = { x: axis(words.labelX, colours, { min: -4, max: 4 }), y: axis(words.labelInformation, colours, { beginAtZero: true }) };
  if (data.se) {
    datasets.push(line(at(data.se.map((value) => (value !== null && value <= 1.5 ? value : NaN))), { label: words.labelSe, yAxisID: "se", borderColor: colours.lineStrong, borderDash: [5, 4] }));
    scales.se = axis(words.labelSe, colours, { ...noGrid, position: "right", min: 0, max: 1.5 });
  }
  if (data.measured?.length) {
    datasets.push({ label: words.labelMeasured, yAxisID: "se", data: data.measured.map((row) => ({ x: row.theta, y: row.se })), backgroundColor: colours.good, borderColor: colours.surface, pointRadius: 5, pointBorderWidth: 1.5 });
  }
  return { type: "scatter", data: { datasets }, options: { interaction: { mode: "nearest", axis: "x", intersect: false }, scales, plugins: { legend: named } } };
}

/** The next number above that divides well by four. */
function nice(value) {
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((factor) => Math.max(4, factor * step)).find((bound) => bound >= value);
}

/** data: [{from, to, students, items: [code]}]: students above the axis, items below it, on one scale */
export function wright(data, colours, words) {
  const middle = (bin) => (bin.from + bin.to) / 2;
  const most = nice(Math.max(1, ...data.map((bin) => bin.students)));
  const mostItems = nice(Math.max(1, ...data.map((bin) => bin.items.length)));
  const scale = most / mostItems; // both halves fill their half of the picture
  const bar = { borderRadius: 3, categoryPercentage: 1, barPercentage: 0.94, stack: "one" };
  return {
    type: "bar",
    data: {
      labels: data.map((bin) => String(middle(bin))),
      datasets: [
        { ...bar, label: words.labelStudents, data: data.map((bin) => bin.students), backgroundColor: alpha(colours.accent, 0.75) },
        { ...bar, label: words.labelItems, data: data.map((bin) => -bin.items.length * scale), backgroundColor: alpha(colours.good, 0.75) },
      ],
    },
    options: {
      scales: {
        x: axis(words.labelX, colours, { ...noGrid, stacked: true, ticks: { callback: (_value, index) => (Number.isInteger(data[index].from) ? data[index].from : ""), autoSkip: false, maxRotation: 0 } }),
        y: axis("", colours, { stacked: true, min: -most, max: most, ticks: { stepSize: most / 4, callback: (value) => rounded(value >= 0 ? value : -value / scale) } }),
      },
      plugins: {
        legend: legend(),
        tooltip: {
          callbacks: {
            title: (items) => items.slice(0, 1).map((item) => `${data[item.dataIndex].from} … ${data[item.dataIndex].to}`).join(),
            label: (item) => (item.datasetIndex === 0 ? `${words.labelStudents}: ${data[item.dataIndex].students}` : `${words.labelItems}: ${data[item.dataIndex].items.length}`),
            afterBody: (items) => (items[0]?.datasetIndex === 1 ? data[items[0].dataIndex].items.slice(0, 8) : []),
          },
        },
      },
    },
  };
}

const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3], [1, 2], [10, 4]];

/** data: {options: [{option, key, label}], curves: [{theta, n, shares}]}: the key should rise, every other option fall */
export function options(data, colours, words) {
  const datasets = data.options.map((option, index) => ({
    type: "line",
    label: `${option.option}${option.key ? ` (${words.labelKey})` : ""}`,
    data: data.curves.map((row) => ({ x: row.theta, y: row.shares[index] })),
    borderColor: option.key ? colours.good : index % 2 ? colours.muted : colours.accent,
    backgroundColor: option.key ? colours.good : index % 2 ? colours.muted : colours.accent,
    borderWidth: option.key ? 3.5 : 2,
    borderDash: option.key ? [] : DASHES[(index % 5) + 1],
    pointRadius: 3,
    tension: 0.2,
  }));
  return {
    type: "scatter",
    data: { datasets },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: axis(words.labelX, colours), y: axis(words.labelY, colours, { min: 0, max: 1, ticks: { callback: (value) => `${Math.round(100 * value)}%` } }) },
      plugins: { legend: { ...legend(), labels: { ...legend().labels, usePointStyle: false, boxWidth: 26, boxHeight: 0 } } },
    },
  };
}

/** data: [{month, n, observed, expected}]: is the item what it was? */
export function drift(data, colours, words) {
  return {
    type: "line",
    data: {
      labels: data.map((row) => row.month),
      datasets: [
        { label: words.labelObserved, data: data.map((row) => row.observed), borderColor: colours.accent, backgroundColor: colours.accent, borderWidth: 2.5, pointRadius: 4.5 },
        { label: words.labelExpected, data: data.map((row) => row.expected), borderColor: colours.lineStrong, borderDash: [5, 4], borderWidth: 2, pointRadius: 0, pointStyle: "line" },
      ],
    },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: { x: axis("", colours, noGrid), y: axis(words.labelY, colours, { min: 0, max: 1 }) },
      plugins: { legend: legend(), tooltip: { callbacks: { afterTitle: (items) => (items.length ? `n = ${data[items[0].dataIndex].n}` : "") } } },
    },
  };
}

/** data: [{code, before, now, low, high}]: difficulties old and new */
export function shift(data, colours, words) {
  const values = data.flatMap((row) => [row.before, row.now]);
  const [low, high] = [Math.floor(Math.min(...values, -1) - 0.2), Math.ceil(Math.max(...values, 1) + 0.2)];
  return {
    type: "scatter",
    data: {
      datasets: [
        line([{ x: low, y: low }, { x: high, y: high }], { label: words.labelSame, borderColor: colours.lineStrong, borderDash: [5, 4], borderWidth: 1.5 }),
        whiskers(data.map((row) => ({ x: row.before, low: row.low, high: row.high })), colours.accent),
        { label: words.labelItems, data: data.map((row) => ({ x: row.before, y: row.now, code: row.code })), backgroundColor: colours.accent, borderColor: colours.surface, pointRadius: 5, pointBorderWidth: 1.5 },
      ],
    },
    options: {
      scales: { x: axis(words.labelX, colours, { min: low, max: high }), y: axis(words.labelY, colours, { min: low, max: high }) },
      plugins: { legend: named, tooltip: { ...pointsOnly, callbacks: { label: (item) => `${item.raw.code ?? ""} ${rounded(item.parsed.x)} → ${rounded(item.parsed.y)}` } } },
    },
  };
}

/** data: [{from, to, count}] of abilities in logits */
export function abilities(data, colours, words) {
  return {
    type: "bar",
    data: { labels: data.map((bin) => String(bin.from)), datasets: [{ label: words.labelCount, data: data.map((bin) => bin.count), backgroundColor: alpha(colours.accent, 0.75), borderRadius: 4, categoryPercentage: 1, barPercentage: 0.92 }] },
    options: {
      scales: { x: axis(words.labelX, colours, noGrid), y: axis(words.labelCount, colours, { beginAtZero: true, ticks: { precision: 0 } }) },
      plugins: { legend: legend(false), tooltip: { callbacks: { title: (items) => items.map((item) => `${data[item.dataIndex].from} … ${data[item.dataIndex].to}`).join() } } },
    },
  };
}
