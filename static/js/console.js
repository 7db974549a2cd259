// The console's few movements. Everything works without them, but for the autocompletes, which are Django's own.

// A filter that is chosen from a list applies at once. select2 speaks jQuery events only.
const $ = globalThis.django?.jQuery;
if ($) $(".filter-form select").on("change", (event) => event.target.form.submit());

// select2 makes its fields in its turn after the page has loaded, and names them by what is chosen: while that is
// nothing, they have no name. They get that of the label.
function nameFields(within = document) {
  for (const select of within.querySelectorAll("select.admin-autocomplete")) {
    const label = select.labels[0];
    const made = select.nextElementSibling;
    if (!label || !made?.matches(".select2")) continue;
    label.id ||= `${select.id}-label`;
    const box = made.querySelector(".select2-selection");
    const chosen = box.querySelector("[role=textbox]");
    box.setAttribute("aria-labelledby", [label.id, chosen?.id].filter(Boolean).join(" "));
    chosen?.setAttribute("aria-labelledby", label.id);
    made.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", label.id);
    $(select).on("select2:open", () => {
      document.querySelector(".select2-container--open .select2-search__field")?.setAttribute("aria-labelledby", label.id);
    });
  }
}
if ($) $(() => nameFields());
document.addEventListener("formset:added", (event) => nameFields(event.target));

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

// Of a form only what its kind uses is shown: parts by class, rows by field, tables by name.
const form = document.querySelector("#exam_form, #scorescale_form");
const value = (name) => form.elements[name]?.value;
const adaptive = () => value("kind") === "adaptive";
const ofKind = (...kinds) => kinds.includes(value("kind"));
const uses = {
  exam_form: {
    ".of-adaptive, .field-min_items": adaptive,
    ".field-randomesque": () => adaptive() && value("exposure") === "randomesque",
    ".field-exposure_rate": () => adaptive() && !["none", "randomesque"].includes(value("exposure")),
    ".field-classification_error": () => adaptive() && value("classification") !== "",
    ".field-indifference": () => adaptive() && value("classification") === "sprt",
    "#blueprint-group": adaptive,
    "#constraints-group": () => adaptive() && value("assembly") === "shadow",
    "#modules-group": () => ofKind("multistage"),
    "#form-group": () => ofKind("fixed"),
  },
  scorescale_form: {
    ".field-mean": () => ofKind("linear", "standard"),
    ".field-points": () => ofKind("table"),
    ".of-norm-group": () => ofKind("standard", "stanine", "percentile"),
  },
};
function showWhatIsUsed() {
  for (const [selector, isUsed] of Object.entries(uses[form.id])) {
    for (const part of form.querySelectorAll(selector)) part.hidden = !isUsed();
  }
}
if (form?.elements.kind) {
  form.addEventListener("change", showWhatIsUsed);
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
