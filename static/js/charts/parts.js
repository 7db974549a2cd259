// What every chart is made of.

export const alpha = (rgb, a) => rgb.replace("rgb(", "rgba(").replace(")", `, ${a})`);
export const noGrid = { grid: { display: false } };

export function axis(title, colours, extra = {}) {
  return {
    title: { display: Boolean(title), text: title, color: colours.muted },
    border: { display: false },
    grid: { color: colours.line },
    ...extra,
  };
}

export function legend(show = true) {
  return { display: show, position: "bottom", labels: { usePointStyle: true, boxHeight: 7, padding: 16 } };
}
