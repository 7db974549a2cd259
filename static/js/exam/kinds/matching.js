// Matching: each entry has a list to choose from; the cards of the second column fill the entry that is marked, in turn.

import { Kind, authored, element, hidden, ownId } from "./kind.js";
import { isPlain, plain } from "./plain.js";

const letter = (index) => String.fromCharCode(65 + (index % 26)).repeat(1 + Math.floor(index / 26));

export class Matching extends Kind {
  #rows = [];
  #cards = [];
  #marked = null;

  constructor(item, draft, page) {
    super(item, draft, page);
    const given = new Map(draft?.pairs ?? []);
    const targets = new Set(item.targets.map((target) => target.id));
    this.#rows = item.options.map((option) => this.#row(option, targets.has(given.get(option.id)) ? given.get(option.id) : null));
    this.#cards = item.targets.map((target, index) => this.#card(target, index));
    const entries = element("ol", { class: "match-entries", lang: item.language }, ...this.#rows.map((row) => row.element));
    const cards = element("ul", { class: "match-cards", lang: item.language }, ...this.#cards.map((card) => element("li", {}, card.element)));
    this.element.append(entries, cards);
    // Where all is plain the lists say all that the cards do, and a phone has no room for both.
    this.element.classList.toggle("is-plain", item.targets.every((target) => isPlain(target.html)));
    this.#mark(this.#nextEmpty(null));
    this.#show();
  }

  value() {
    const pairs = this.#pairs();
    return pairs.length ? { pairs } : null;
  }

  draft() {
    return { pairs: this.#pairs() };
  }

  missing() {
    return this.#rows.length - this.#pairs().length;
  }

  #pairs() {
    return this.#rows.filter((row) => row.select.value).map((row) => [row.id, Number(row.select.value)]);
  }

  #row(option, target) {
    const words = authored(option.html, "words", "div");
    words.id = ownId("match");
    const select = element("select", { class: "form-select", "aria-labelledby": words.id, lang: this.item.language });
    select.append(new Option(this.page.text("Choose"), ""));
    this.item.targets.forEach((each, index) => select.append(new Option(entry(each, index), String(each.id))));
    select.value = target ?? "";
    const made = { id: option.id, select, words: plain(option.html) };
    made.element = element("li", { class: "match-entry" }, words, select);
    made.element.addEventListener("click", (event) => event.target !== select && this.#mark(made));
    select.addEventListener("focus", () => this.#mark(made));
    select.addEventListener("change", () => this.#changed());
    return made;
  }

  #card(target, index) {
    const key = element("span", { class: "key", "aria-hidden": "true" }, letter(index));
    const button = element("button", { type: "button", class: "match-card" }, key, hidden(letter(index)), authored(target.html));
    button.addEventListener("click", () => this.#choose(target, index));
    return { id: target.id, element: button };
  }

  #choose(target, index) {
    const row = this.#marked ?? this.#rows[0];
    row.select.value = String(target.id);
    this.page.announce(this.page.text("Paired", { what: row.words, with: entry(target, index) }));
    this.#changed();
    this.#mark(this.#nextEmpty(row) ?? row);
  }

  #nextEmpty(row) {
    const from = row ? this.#rows.indexOf(row) + 1 : 0;
    return [...this.#rows.slice(from), ...this.#rows.slice(0, from)].find((each) => !each.select.value) ?? null;
  }

  #mark(row) {
    this.#marked = row;
    for (const each of this.#rows) each.element.classList.toggle("is-marked", each === row);
  }

  #changed() {
    this.#show();
    this.changed();
  }

  #show() {
    const used = new Set(this.#pairs().map(([, target]) => target));
    for (const card of this.#cards) card.element.classList.toggle("is-used", used.has(card.id));
    for (const row of this.#rows) row.element.classList.toggle("is-paired", row.select.value !== "");
  }
}

const entry = (target, index) => (isPlain(target.html) ? `${letter(index)}. ${plain(target.html)}` : letter(index));
