// The page of an item: fields of other kinds are put away, the key shows what it speaks of, the preview can be answered.

import { render } from "./exam/kinds/index.js";

const form = document.querySelector("#item_form");
const field = (name) => form?.querySelector(`#id_${name}`);

/** What holds a field with its label and its help: alone in its row, or one of several. */
function row(element) {
  const box = element.closest(".fieldBox");
  if (!box) return element.closest(".form-row") ?? element;
  return box.parentElement.querySelectorAll(".fieldBox").length === 1 ? box.parentElement : box;
}

function show(element, isShown) {
  // A wrapper of Django's has the input inside; our own parts are the elements themselves.
  const place = element.matches("input, select, textarea") ? row(element) : element;
  place.hidden = !isShown;
}

function showKind() {
  const kind = field("kind")?.value;
  const isPartial = field("scoring")?.value === "partial";
  for (const part of form.querySelectorAll("[data-kinds]")) show(part, part.dataset.kinds.split(" ").includes(kind));
  for (const part of form.querySelectorAll("[data-models]")) show(part, part.dataset.models.split(" ").includes(field("model").value));
  for (const part of form.querySelectorAll("[data-scoring]")) show(part, isPartial && !["single", "essay"].includes(kind));
  for (const part of form.querySelectorAll("[data-passage]")) part.hidden = !field("passage_code").value.trim();
}

const written = (name) => [...form.querySelectorAll("textarea, input")].filter((input) => input.name.startsWith(name) && input.value.trim());
const firstWords = (pattern) => [...form.querySelectorAll("textarea, input")].find((input) => pattern.test(input.name) && input.value.trim())?.value ?? "";

/** As many rows as are written, and one more to write in. */
function showRows() {
  for (const list of form.querySelectorAll(".option-rows")) {
    const rows = [...list.querySelectorAll(".option-row")];
    const last = rows.findLastIndex((each) => each.querySelector("textarea").value.trim());
    rows.forEach((each, index) => (each.hidden = index > Math.max(last + 1, 1)));
  }
  const options = Math.max(2, ...written("option_").map((input) => Number(input.name.split("_").at(-1))));
  for (const each of form.querySelectorAll(".key-row[data-option]")) each.hidden = Number(each.dataset.option) > options;
  const criteria = Math.max(0, ...[...written("criterion_name_"), ...written("criterion_points_")].map((input) => Number(input.name.split("_").at(-1))));
  for (const each of form.querySelectorAll("[data-criterion]")) {
    each.hidden = Number(each.dataset.criterion) > criteria + 1 || field("kind").value !== "essay";
  }
}

/** Only the gaps that a stem shows, and their options only where one is chosen. */
function showGaps() {
  const stems = [...form.querySelectorAll("textarea[name^=stem_]")].map((area) => area.value).join(" ");
  const shown = new Set([...stems.matchAll(/\[\[(\d+)\]\]/g)].map((match) => match[1]));
  for (const each of form.querySelectorAll("[data-gap-row]")) each.hidden = !shown.has(each.dataset.gapRow);
  for (const each of form.querySelectorAll("[data-gap-choice]")) {
    const gap = each.dataset.gapChoice;
    each.hidden = field("kind").value !== "cloze" || !shown.has(gap) || field(`gap_kind_${gap}`)?.value !== "choice";
  }
}

function showWords() {
  for (const each of form.querySelectorAll("[data-option-words]")) each.textContent = firstWords(new RegExp(`^option_[a-zA-Z-]+_${each.dataset.optionWords}$`));
  for (const each of form.querySelectorAll("[data-criterion-words]")) each.textContent = firstWords(new RegExp(`^criterion_name_[a-zA-Z-]+_${each.dataset.criterionWords}$`));
}

function showAll() {
  showKind();
  showRows();
  showGaps();
  showWords();
}

/** The exam's own modules, so that the author sees, and may try, what the student will. */
function answerable(view) {
  const json = view.querySelector(".item-json");
  if (!json || view.dataset.answerable) return;
  view.dataset.answerable = "true";
  const say = (name, values = {}) => (view.dataset[`text${name}`] ?? "").replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  const page = { stem: view.querySelector(".stem"), text: say, announce: () => {}, onChange: () => {} };
  const kind = render(JSON.parse(json.textContent), null, page);
  view.querySelector(".item-answer").replaceChildren(kind.element);
  // What is tried here is no part of the form around it, and no reason to draw the preview anew.
  for (const input of view.querySelectorAll("input, select, textarea")) {
    input.setAttribute("form", "");
    input.name = `${input.name}-${view.lang}`;
  }
  for (const name of ["input", "change"]) view.addEventListener(name, (event) => event.stopPropagation());
}

const previews = (within = document) => within.querySelectorAll("[data-item-view]").forEach(answerable);

if (field("kind")) {
  form.addEventListener("input", showAll);
  form.addEventListener("change", showAll);
  showAll();
}
previews();
document.addEventListener("htmx:afterSettle", (event) => previews(event.target));
