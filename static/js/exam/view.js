// The page's elements. Words come from the template's data attributes, already in the reader's language.

import { clockText } from "./timer.js";

const byId = (id) => document.getElementById(id);

export class View {
  #root = byId("exam");
  #form = byId("exam-form");
  #confirm = byId("exam-confirm");
  #state = byId("exam-state");
  #dialog = byId("exam-dialog");
  #finish = byId("exam-finish");
  #busy = false;
  #over = false;

  constructor({ onAnswer, onChoose, onFinish }) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const option = this.chosen;
      if (option !== null && !this.#busy) onAnswer(option);
    });
    this.#form.addEventListener("change", () => {
      this.#confirm.disabled = this.#busy || this.chosen === null;
      onChoose(this.chosen);
    });
    this.#finish.addEventListener("click", () => this.#dialog.showModal());
    this.#dialog.addEventListener("close", () => this.#dialog.returnValue === "finish" && onFinish());
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  text(name, values = {}) {
    const words = this.#root.dataset[`text${name}`] ?? "";
    return words.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  }

  get chosen() {
    const input = this.#form.querySelector("input[name=option]:checked");
    return input ? JSON.parse(input.value) : null;
  }

  showItem(item, progress, draft) {
    byId("exam-number").textContent = this.text("Question", { n: item.position });
    byId("exam-of").textContent = this.text("Of", { max: progress.maximum });
    const stem = byId("exam-stem");
    stem.lang = item.language;
    stem.innerHTML = item.stem_html;
    const options = byId("exam-options");
    options.lang = item.language;
    options.replaceChildren(...item.options.map((option, index) => this.#option(option, index, draft)));
    byId("exam-last-key").textContent = String(item.options.length);
    this.setBusy(false);
    window.scrollTo({ top: 0 });
    byId("exam-position").focus({ preventScroll: true });
  }

  showProgress(progress) {
    const bar = byId("exam-progress");
    bar.max = progress.maximum;
    bar.value = progress.answered;
    byId("exam-dialog-text").textContent = this.text("Confirm", { n: progress.answered, max: progress.maximum });
  }

  showTime(seconds) {
    const clock = byId("exam-clock");
    clock.hidden = false;
    clock.classList.toggle("is-short", seconds <= 300 && seconds > 60);
    clock.classList.toggle("is-last", seconds <= 60);
    byId("exam-time").textContent = clockText(seconds);
  }

  /** kind: "busy" | "saved" | "trouble" | "refused" | "" */
  say(kind, words) {
    if (this.#state.textContent === words && this.#state.dataset.kind === kind) return;
    this.#state.dataset.kind = kind;
    this.#state.textContent = words;
  }

  announce(words) {
    byId("exam-announce").textContent = words;
  }

  setBusy(busy) {
    this.#busy = busy || this.#over;
    this.#form.setAttribute("aria-busy", String(this.#busy));
    for (const input of this.#form.querySelectorAll("input")) input.disabled = this.#busy;
    this.#confirm.disabled = this.#busy || this.chosen === null;
    this.#finish.disabled = this.#over;
  }

  /** No more answers from this page. */
  close() {
    this.#over = true;
    if (this.#dialog.open) this.#dialog.close("cancel");
    this.setBusy(true);
  }

  #option(option, index, draft) {
    const label = document.createElement("label");
    label.className = "exam-option";
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "option";
    input.value = JSON.stringify(option.id);
    input.checked = draft !== null && option.id === draft;
    const key = document.createElement("span");
    key.className = "key";
    key.textContent = String(index + 1);
    key.setAttribute("aria-hidden", "true");
    const words = document.createElement("span");
    words.className = "words authored";
    words.innerHTML = option.html;
    // Its own name for whoever listens: an option may be nothing but a formula or a picture.
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = this.text("Option", { n: index + 1 });
    label.append(input, name, key, words);
    return label;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#busy || this.#dialog.open || event.isComposing) return;
    if (/^[1-9]$/.test(event.key)) {
      const input = this.#form.querySelectorAll("input[name=option]")[Number(event.key) - 1];
      if (!input) return;
      input.checked = true;
      input.focus();
      input.dispatchEvent(new Event("change", { bubbles: true }));
      event.preventDefault();
    } else if (event.key === "Enter" && !event.repeat && !event.target.closest("button, a, summary")) {
      // Inside the form the browser submits by itself only in some cases; ask for it in all.
      event.preventDefault();
      this.#form.requestSubmit(this.#confirm.disabled ? undefined : this.#confirm);
    }
  }
}
