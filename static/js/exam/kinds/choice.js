// Single and multiple choice: one press anywhere on an option, or its number on the keyboard.

import { Kind, authored, element, hidden } from "./kind.js";

class Choice extends Kind {
  #inputs;

  constructor(item, draft, page, type, isChosen) {
    super(item, draft, page);
    this.element.classList.add("exam-options");
    this.element.setAttribute("role", type === "radio" ? "radiogroup" : "group");
    this.element.lang = item.language;
    this.element.append(...item.options.map((option, index) => this.#label(option, index, type, isChosen(option.id))));
    this.#inputs = [...this.element.querySelectorAll("input")];
    this.element.addEventListener("change", () => this.changed());
  }

  get chosen() {
    return this.#inputs.filter((input) => input.checked).map((input) => Number(input.value));
  }

  key(event) {
    if (!/^[1-9]$/.test(event.key)) return false;
    const input = this.#inputs[Number(event.key) - 1];
    if (!input) return false;
    input.focus();
    input.click();
    return true;
  }

  #label(option, index, type, checked) {
    const input = element("input", { type, name: "option", value: option.id });
    input.checked = checked;
    const key = element("span", { class: "key", "aria-hidden": "true" }, String(index + 1));
    // Its own name for whoever listens: an option may be nothing but a formula or a picture.
    const name = hidden(this.page.text("Option", { n: index + 1 }));
    return element("label", { class: `exam-option exam-option-${type}` }, input, name, key, authored(option.html));
  }
}

export class Single extends Choice {
  constructor(item, draft, page) {
    super(item, draft, page, "radio", (id) => id === draft);
  }

  value() {
    return this.chosen[0] ?? null;
  }
}

export class Multiple extends Choice {
  constructor(item, draft, page) {
    super(item, draft, page, "checkbox", (id) => draft?.options?.includes(id) ?? false);
  }

  value() {
    const options = this.chosen;
    return options.length ? { options } : null;
  }

  draft() {
    return { options: this.chosen };
  }
}
