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

// An adaptive exam has a blueprint, a fixed one a form: show the table that its kind uses.
const kind = document.querySelector("body.model-exam #id_kind");
const tables = { adaptive: document.querySelector("#blueprint-group"), fixed: document.querySelector("#form-group") };
function showTable() {
  for (const [name, group] of Object.entries(tables)) if (group) group.hidden = kind.value !== name;
}
if (kind) {
  kind.addEventListener("change", showTable);
  showTable();
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
