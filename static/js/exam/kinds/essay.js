// An essay: words and characters are counted, and every pause in writing is kept on the device.

import { Kind, element, ownId } from "./kind.js";

const LONGEST = 20_000;
const NEAR = 1000; // from so many characters before the end the count says how many are left

export class Essay extends Kind {
  #area;
  #count;

  constructor(item, draft, page) {
    super(item, draft, page);
    this.#count = element("p", { class: "essay-count", id: ownId("count") });
    this.#area = element("textarea", { class: "form-control essay-text", name: "answer", id: ownId("essay"), rows: "12", maxlength: LONGEST, lang: item.language, "aria-describedby": this.#count.id });
    this.#area.value = draft?.text ?? "";
    const label = element("label", { class: "form-label", for: this.#area.id });
    label.textContent = page.text("Answer");
    this.element.append(label, this.#area, this.#count);
    this.#area.addEventListener("input", () => {
      this.#show();
      this.changed();
    });
    this.#show();
  }

  value() {
    const text = this.#area.value.trim();
    return text ? { text } : null;
  }

  draft() {
    return { text: this.#area.value };
  }

  #show() {
    const text = this.#area.value;
    const words = text.split(/\s+/).filter(Boolean).length;
    const left = LONGEST - text.length;
    const count = this.page.text("Words", { words, characters: [...text].length });
    this.#count.textContent = left <= NEAR ? `${count} · ${this.page.text("Left", { n: left })}` : count;
    this.#count.classList.toggle("is-near", left <= NEAR);
  }
}
