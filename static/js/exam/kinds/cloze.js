// Gaps in a text: a field or a list stands where the stem has <span class="gap" data-gap="N">.

import { Kind, element } from "./kind.js";
import { plain } from "./plain.js";
import { LINE, isNumber } from "./written.js";

const LONGEST = 500;

export class Cloze extends Kind {
  #fields = new Map();

  constructor(item, draft, page) {
    super(item, draft, page);
    this.element.removeAttribute("role"); // the gaps stand in the stem
    for (const gap of item.gaps) {
      const place = page.stem.querySelector(`.gap[data-gap="${gap.number}"]`);
      if (!place) continue;
      const field = gap.kind === "choice" ? this.#list(gap) : this.#line(gap);
      field.value = draft?.gaps?.[gap.number] ?? "";
      this.#fields.set(gap, field);
      const number = element("span", { class: "gap-number", "aria-hidden": "true" }, String(gap.number));
      place.replaceChildren(number, field);
      field.addEventListener(gap.kind === "choice" ? "change" : "input", () => {
        this.#check(gap, field);
        this.changed();
      });
      field.addEventListener("blur", () => this.#check(gap, field));
      this.#check(gap, field);
    }
  }

  value() {
    const gaps = {};
    for (const [gap, field] of this.#fields) {
      const said = field.value.trim();
      if (said) gaps[gap.number] = gap.kind === "choice" ? Number(said) : said;
    }
    return Object.keys(gaps).length ? { gaps } : null;
  }

  draft() {
    const gaps = {};
    for (const [gap, field] of this.#fields) if (field.value) gaps[gap.number] = field.value;
    return { gaps };
  }

  missing() {
    return [...this.#fields.values()].filter((field) => !field.value.trim()).length;
  }

  /** From gap to gap; in the last empty one Enter confirms. */
  enter(field) {
    const fields = [...this.#fields.values()];
    const from = fields.indexOf(field) + 1;
    const next = [...fields.slice(from), ...fields.slice(0, from)].find((each) => each !== field && !each.value.trim());
    next?.focus();
    return next !== undefined;
  }

  hold(isHeld) {
    for (const field of this.#fields.values()) field.disabled = isHeld;
  }

  #name(gap) {
    return this.page.text("Gap", { n: gap.number });
  }

  #list(gap) {
    const select = element("select", { class: "form-select gap-field", name: `gap-${gap.number}`, "aria-label": this.#name(gap) });
    select.append(new Option(this.page.text("Choose"), ""));
    for (const option of gap.options) select.append(new Option(plain(option.html), String(option.id)));
    return select;
  }

  #line(gap) {
    const pad = gap.kind === "numeric" ? { inputmode: "decimal" } : {};
    return element("input", { type: "text", class: "form-control gap-field", name: `gap-${gap.number}`, maxlength: LONGEST, "aria-label": this.#name(gap), enterkeyhint: "next", ...LINE, ...pad });
  }

  #check(gap, field) {
    const said = field.value.trim();
    field.classList.toggle("is-filled", said !== "");
    const wrong = gap.kind === "numeric" && said !== "" && field !== document.activeElement && !isNumber(said);
    if (gap.kind === "numeric") field.setAttribute("aria-invalid", String(wrong));
  }
}
