// The console's few movements. Everything works without them, but for the autocompletes, which are Django's own.

// A filter that is chosen from a list applies at once. select2 speaks jQuery events only.
const $ = globalThis.django?.jQuery;
if ($) $(".filter-form select").on("change", (event) => event.target.form.submit());

// On a narrow screen the filters wait behind their heading, or the list would begin below the fold.
const filters = document.querySelector("#changelist-filter");
if (filters && matchMedia("(max-width: 767px)").matches) {
  const heading = filters.querySelector("h2");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = heading.textContent;
  button.setAttribute("aria-expanded", "false");
  heading.replaceChildren(button);
  filters.classList.add("is-folded");
  button.addEventListener("click", () => {
    const folded = filters.classList.toggle("is-folded");
    button.setAttribute("aria-expanded", String(!folded));
  });
}

// Of an exam's form only what its kind uses is shown: parts by heading, rows by field, tables by name.
const exam = document.querySelector("body.model-exam #exam_form");
const value = (name) => exam.elements[name]?.value ?? exam.querySelector(`.field-${name} .readonly`)?.textContent;
const uses = {
  ".of-adaptive, .field-min_items": (kind) => kind === "adaptive",
  ".field-randomesque": (kind) => kind === "adaptive" && value("exposure") === "randomesque",
  ".field-exposure_rate": (kind) => kind === "adaptive" && !["none", "randomesque"].includes(value("exposure")),
  ".field-classification_error": (kind) => kind === "adaptive" && value("classification") !== "",
  ".field-indifference": (kind) => kind === "adaptive" && value("classification") === "sprt",
  "#blueprint-group": (kind) => kind === "adaptive",
  "#constraints-group": (kind) => kind === "adaptive" && value("assembly") === "shadow",
  "#modules-group": (kind) => kind === "multistage",
  "#form-group": (kind) => kind === "fixed",
};
function showWhatIsUsed() {
  const kind = value("kind");
  for (const [selector, isUsed] of Object.entries(uses)) {
    for (const part of exam.querySelectorAll(selector)) part.hidden = !isUsed(kind);
  }
}
if (exam?.elements.kind) {
  exam.addEventListener("change", showWhatIsUsed);
  showWhatIsUsed();
}

// The menu under the avatar closes like a menu.
const me = document.querySelector("details.me");
document.addEventListener("click", (event) => {
  if (me?.open && !me.contains(event.target)) me.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && me?.open) {
    me.open = false;
    me.querySelector("summary").focus();
  }
});
