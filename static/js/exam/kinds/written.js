// A number or a few words, written into one line. Enter confirms, but never in the middle of a Hangul syllable (view.js).

import { Kind, element, hidden, ownId } from "./kind.js";

export const LINE = { autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false" };
const LONGEST = 500;

/** Whether it may be read as a number: digits of any width, a sign, one fraction, an exponent, a per cent sign. */
export function isNumber(text) {
  const written = text.normalize("NFKC").replace(/[\u2212\u2012\u2013]/g, "-").replace(/[\s_']/g, "");
  const number = /^[+-]?(\d[\d.,]*|[.,]\d+)((e|\*10\^?|x10\^?|×10\^?)[+-]?\d+)?$/i;
  const parts = written.replace(/%$/, "").split("/");
  return parts.length <= 2 && parts.every((part) => number.test(part));
}

const hasDigit = (text) => /\d/.test(text.normalize("NFKC"));

class Line extends Kind {
  constructor(item, draft, page, attributes) {
    super(item, draft, page);
    this.input = element("input", { type: "text", class: "form-control written-line", name: "answer", id: ownId("written"), maxlength: LONGEST, lang: item.language, ...LINE, ...attributes });
    this.input.value = draft?.text ?? "";
    this.label = element("label", { class: "form-label", for: this.input.id });
    this.label.textContent = page.text("Answer");
    this.element.append(this.label, this.input);
    this.input.addEventListener("input", () => this.changed());
  }

  value() {
    const text = this.input.value.trim();
    return text ? { text } : null;
  }

  draft() {
    return { text: this.input.value };
  }
}

export class Text extends Line {
  constructor(item, draft, page) {
    super(item, draft, page, { enterkeyhint: "done" });
  }
}

export class Numeric extends Line {
  #note;

  constructor(item, draft, page) {
    super(item, draft, page, { inputmode: "decimal", enterkeyhint: "done" });
    this.#note = element("p", { class: "written-note", id: ownId("note") });
    this.input.setAttribute("aria-describedby", this.#note.id);
    const row = element("div", { class: "written-row" });
    this.input.replaceWith(row);
    row.append(this.input, signButton(page, this.input), slashButton(page, this.input));
    this.element.append(this.#note);
    this.input.addEventListener("blur", () => this.#check());
    this.input.addEventListener("input", () => isNumber(this.input.value) && this.#check());
  }

  /** What looks unlike a number is warned of, but sent: it is the server that reads it. */
  value() {
    return hasDigit(this.input.value) ? super.value() : null;
  }

  #check() {
    const text = this.input.value.trim();
    const wrong = text !== "" && !isNumber(text);
    this.#note.textContent = wrong ? this.page.text("NoNumber") : "";
    this.input.setAttribute("aria-invalid", String(wrong));
  }
}

// The number pads of phones have digits and a point, and no more.

function signButton(page, input) {
  return padButton("±", page.text("Sign"), input, (text) => (/^\s*[-\u2212]/.test(text) ? text.replace(/^\s*[-\u2212]/, "") : `-${text}`));
}

function slashButton(page, input) {
  return padButton("/", page.text("Fraction"), input, (text) => (text.includes("/") ? text : `${text}/`));
}

function padButton(face, name, input, change) {
  const button = element("button", { type: "button", class: "btn btn-quiet written-key" }, element("span", { "aria-hidden": "true" }, face), hidden(name));
  button.addEventListener("click", () => {
    input.value = change(input.value);
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return button;
}
