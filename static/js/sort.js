// <table data-sortable>: each column heading becomes a button that sorts the rows by that column.
// A cell's key is its data-sort, or its text; empty keys ("–") stay last either way.

const locale = document.documentElement.lang || undefined;
const collator = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
const chosen = new Map(); // table's place on the page → [column, direction], kept when htmx brings the table anew

function keyOf(row, column) {
  const cell = row.cells[column];
  const text = (cell.dataset.sort ?? cell.textContent).trim();
  if (text === "" || text === "–") return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

function sort(table, column, direction) {
  const body = table.tBodies[0];
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
  rows.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)));
  body.append(...rows.map(([, row]) => row));
  for (const heading of table.tHead.rows[0].cells) heading.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction);
}

function prepare(table) {
  const place = table.closest("[id]")?.id ?? "";
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.querySelector(".sort") || !heading.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      // Numbers are asked for from the top, names from the beginning.
      const first = heading.classList.contains("num") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = heading.getAttribute("aria-sort") === first ? other : first;
      chosen.set(place, [column, direction]);
      sort(table, column, direction);
    });
  });
  if (chosen.has(place)) sort(table, ...chosen.get(place));
}

const prepareAll = () => document.querySelectorAll("table[data-sortable]").forEach(prepare);
prepareAll();
document.addEventListener("htmx:afterSettle", prepareAll);
