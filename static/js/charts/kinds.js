// One function a kind of chart: (data, colours, words) → a Chart.js configuration.

import { alpha, axis, legend, noGrid } from "./parts.js";

/** data: [{position, theta, low, high, difficulty, correct}] */
export function ability(data, colours, words) {
  const line = (field, extra) => ({
    type: "line",
    data: data.map((row) => ({ x: row.position, y: row[field] })),
    borderWidth: 0,
    pointRadius: 0,
    tension: 0.25,
    ...extra,
  });
  const points = (correct, extra) => ({
    type: "scatter",
    data: data.filter((row) => row.correct === correct).map((row) => ({ x: row.position, y: row.difficulty })),
    pointRadius: 5,
    pointBorderWidth: 1.5,
    ...extra,
  });
  return {
    type: "scatter",
    data: {
      datasets: [
        line("theta", { label: words.labelTheta, borderColor: colours.accent, borderWidth: 3, pointStyle: "line" }),
        line("high", { label: words.labelBand, fill: "+1", backgroundColor: alpha(colours.accent, 0.16), pointStyle: "rect" }),
        line("low", { label: "" }),
        points(true, { label: words.labelCorrect, backgroundColor: colours.good, borderColor: colours.surface }),
        points(false, { label: words.labelIncorrect, pointStyle: "crossRot", borderColor: colours.bad, pointBorderWidth: 2.5 }),
      ],
    },
    options: {
      interaction: { mode: "nearest", intersect: false },
      scales: {
        x: axis(words.labelX, colours, { ...noGrid, ticks: { precision: 0 }, min: 0.5, max: data.length + 0.5, afterBuildTicks: wholeTicks }),
        y: axis(words.labelY, colours, { suggestedMin: -2, suggestedMax: 2 }),
      },
      plugins: {
        legend: { ...legend(), labels: { ...legend().labels, filter: (item) => item.text !== "" } },
        tooltip: { filter: (item) => item.dataset.label !== "" && item.dataset.label !== words.labelBand },
      },
    },
  };
}

function wholeTicks(scale) {
  const step = Math.max(1, Math.ceil(scale.max / 10));
  scale.ticks = [];
  for (let at = step === 1 ? 1 : step; at <= scale.max; at += step) scale.ticks.push({ value: at });
}

/** data: {bins: [{from, to, count}], own} */
export function distribution({ bins, own }, colours, words) {
  const last = bins.length - 1;
  const holds = (bin, index) => own !== null && own >= bin.from && (own < bin.to || (index === last && own <= bin.to));
  const rest = own === null ? 0.75 : 0.28; // pale only where one bar stands out
  return {
    type: "bar",
    data: {
      labels: bins.map((bin) => String(bin.from)),
      datasets: [
        {
          label: words.labelCount,
          data: bins.map((bin) => bin.count),
          backgroundColor: bins.map((bin, index) => (holds(bin, index) ? colours.accent : alpha(colours.accent, rest))),
          borderRadius: 4,
          categoryPercentage: 1,
          barPercentage: 0.92,
        },
      ],
    },
    options: {
      scales: { x: axis(words.labelX, colours, noGrid), y: axis(words.labelY, colours, { beginAtZero: true, ticks: { precision: 0 } }) },
      plugins: {
        legend: legend(false),
        tooltip: { callbacks: { title: (items) => items.map((item) => `${bins[item.dataIndex].from}–${bins[item.dataIndex].to}`).join(), afterLabel: (item) => (holds(bins[item.dataIndex], item.dataIndex) ? words.labelOwn : "") } },
      },
    },
  };
}

/** data: [{area, correct, answered, expected}]; expected is the number of right answers that the ability foretells */
export function areas(data, colours, words) {
  const share = (n, row) => (row.answered ? Math.round((100 * n) / row.answered) : 0);
  const datasets = [
    { label: words.labelCorrect, data: data.map((row) => share(row.correct, row)), backgroundColor: colours.accent, borderRadius: 4 },
  ];
  if (data.some((row) => row.expected != null)) {
    datasets.push({
      label: words.labelExpected,
      data: data.map((row) => share(row.expected ?? 0, row)),
      backgroundColor: alpha(colours.accent, 0.28),
      borderRadius: 4,
    });
  }
  return {
    type: "bar",
    rem: 4.5 + 2.1 * Math.max(3, data.length), // two bars and their name stay readable, however many areas there are
    data: { labels: data.map((row) => row.area), datasets },
    options: {
      indexAxis: "y",
      scales: {
        x: axis(words.labelX, colours, { min: 0, max: 100, ticks: { callback: (value) => `${value}%` } }),
        y: axis("", colours, { ...noGrid, ticks: { color: colours.ink, autoSkip: false } }),
      },
      plugins: { legend: legend(datasets.length > 1) },
    },
  };
}

/** data: [{label, value, low, high, whole}]: points with their bands, one below the other; the whole stands out */
export function bands(data, colours, words) {
  const shade = (row) => alpha(colours.accent, row.whole ? 0.42 : 0.2);
  const ends = data.flatMap((row) => [row.low ?? row.value, row.high ?? row.value]);
  return {
    type: "bar",
    rem: 4.5 + 2 * Math.max(3, data.length),
    data: {
      labels: data.map((row) => row.label),
      datasets: [
        {
          type: "line",
          label: words.labelValue,
          data: data.map((row) => ({ x: row.value, y: row.label })),
          showLine: false,
          pointRadius: data.map((row) => (row.whole ? 7 : 5.5)),
          pointStyle: data.map((row) => (row.whole ? "rectRot" : "circle")),
          backgroundColor: colours.accent,
          borderColor: colours.surface,
          pointBorderWidth: 1.5,
        },
        {
          label: words.labelBand,
          data: data.map((row) => (row.low == null ? null : [row.low, row.high])),
          backgroundColor: data.map(shade),
          borderRadius: 6,
          borderSkipped: false,
          barThickness: 12,
        },
      ],
    },
    options: {
      indexAxis: "y",
      scales: {
        x: axis(words.labelX, colours, {
          // Otherwise the axis of bars would begin at 0.
          min: Math.max(0, Math.floor(Math.min(...ends) / 50) * 50),
          max: Math.min(1000, Math.ceil(Math.max(...ends) / 50) * 50),
        }),
        y: axis("", colours, { ...noGrid, ticks: { color: colours.ink, autoSkip: false } }),
      },
      plugins: {
        legend: legend(),
        tooltip: {
          callbacks: {
            label: ({ dataset, dataIndex, parsed }) => {
              const { low, high } = data[dataIndex];
              return `${dataset.label}: ${dataset.type === "line" ? Math.round(parsed.x) : `${Math.round(low)}–${Math.round(high)}`}`;
            },
          },
        },
      },
    },
  };
}

/** data: [{label, score, low, high, title}]; low and high (the score's confidence band) may be missing */
export function progress(data, colours, words) {
  const band = data.length > 0 && data.every((row) => row.low != null && row.high != null);
  const datasets = [
    {
      label: words.labelScore,
      data: data.map((row) => row.score),
      borderColor: colours.accent,
      backgroundColor: colours.surface,
      pointRadius: 4.5,
      pointBorderWidth: 2.5,
      borderWidth: 2.5,
      tension: 0.25,
    },
  ];
  if (band) {
    const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, tension: 0.25 };
    datasets.push({ ...edge, label: "", data: data.map((row) => row.high), fill: "+1", backgroundColor: alpha(colours.accent, 0.14) });
    datasets.push({ ...edge, label: "", data: data.map((row) => row.low) });
  }
  return {
    type: "line",
    data: { labels: data.map((row) => row.label), datasets },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: { x: axis("", colours, { ...noGrid, ticks: { maxRotation: 0, autoSkipPadding: 16 } }), y: axis(words.labelY, colours, { grace: "10%" }) },
      plugins: {
        legend: legend(false),
        tooltip: {
          filter: (item) => item.dataset.label !== "",
          callbacks: { title: (items) => (items.length ? (data[items[0].dataIndex].title ?? items[0].label) : "") },
        },
      },
    },
  };
}

/** data: {curve: [{theta, p, information}], categories: [[probability of score 0 …], …], observed: [{theta, p, n}]} */
export function icc({ curve, categories = [], observed = [] }, colours, words) {
  const line = (label, values, extra) => ({
    type: "line",
    label,
    data: curve.map((row, index) => ({ x: row.theta, y: values(row, index) })),
    pointRadius: 0,
    pointStyle: "line",
    ...extra,
  });
  // Scores from none to all shade from pale to full; each has a dash of its own for whoever sees no shades.
  const shades = categories.map((row, score) =>
    line((words.labelScore ?? "").replace("{n}", score), (_, index) => row[index], {
      borderColor: alpha(colours.accent, 0.3 + (0.7 * score) / Math.max(categories.length - 1, 1)),
      borderWidth: 2.5,
      borderDash: score % 2 ? [7, 3] : [],
    }),
  );
  const share = line(categories.length ? words.labelShare : words.labelP, (row) => row.p, {
    borderColor: categories.length ? colours.ink : colours.accent,
    borderWidth: categories.length ? 1.5 : 3,
  });
  return {
    type: "scatter",
    data: {
      datasets: [
        ...shades,
        share,
        line(words.labelInformation, (row) => row.information, { yAxisID: "information", borderColor: colours.lineStrong, borderWidth: 2, borderDash: [5, 4] }),
        { label: words.labelObserved, data: observed.map((row) => ({ x: row.theta, y: row.p })), backgroundColor: colours.good, borderColor: colours.surface, pointRadius: observed.map((row) => Math.min(9, 3 + Math.sqrt(row.n ?? 1) / 2)) },
      ],
    },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: axis(words.labelX, colours),
        y: axis(words.labelY, colours, { min: 0, max: 1 }),
        information: axis(words.labelInformation, colours, { ...noGrid, position: "right", beginAtZero: true }),
      },
      plugins: { legend: { ...legend(), labels: { ...legend().labels, filter: (item) => item.text !== words.labelObserved || observed.length > 0 } } },
    },
  };
}

/** data: [{label, value}] */
export function bars(data, colours, words) {
  return {
    type: "bar",
    data: {
      labels: data.map((row) => row.label),
      datasets: [{ label: words.labelValue, data: data.map((row) => row.value), backgroundColor: colours.accent, borderRadius: 4, maxBarThickness: 42 }],
    },
    options: {
      scales: { x: axis(words.labelX, colours, { ...noGrid, ticks: { autoSkipPadding: 12, maxRotation: 0 } }), y: axis(words.labelY, colours, { beginAtZero: true, ticks: { precision: 0 } }) },
      plugins: { legend: legend(false) },
    },
  };
}
