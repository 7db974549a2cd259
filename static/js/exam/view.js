// The page's elements. Words come from the template's data attributes, already in the reader's language.

import { render } from "./kinds/index.js";
import { Passage } from "./passage.js";
import { clockText } from "./timer.js";

const byId = (id) => document.getElementById(id);
const inLine = (target) => target.matches?.("input[type=text], textarea, select");

export class View {
  #root = byId("exam");
  #form = byId("exam-form");
  #confirm = byId("exam-confirm");
  #state = byId("exam-state");
  #dialog = byId("exam-dialog");
  #finish = byId("exam-finish");
  #passage = new Passage();
  #handlers;
  #kind = null;
  #asked = false; // whether the student was told of the parts that are still empty
  #focused = null; // where the student was before the answer went on its way
  #busy = false;
  #over = false;

  /** handlers: {onAnswer(value), onChange(draft), onFinish()} */
  constructor(handlers) {
    this.#handlers = handlers;
    history.scrollRestoration = "manual"; // a reload begins at the top of the question, like every question
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#finish.addEventListener("click", () => {
      byId("exam-dialog-open").hidden = !this.unconfirmed;
      this.#dialog.showModal();
    });
    this.#dialog.addEventListener("close", () => this.#dialog.returnValue === "finish" && handlers.onFinish());
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  text(name, values = {}) {
    const words = this.#root.dataset[`text${name}`] ?? "";
    return words.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  }

  get value() {
    return this.#kind?.value() ?? null;
  }

  /** Whether the screen holds an answer of the student's making that was not confirmed. */
  get unconfirmed() {
    return !this.#busy && Boolean(this.#kind?.touched) && this.value !== null;
  }

  showItem(item, progress, draft) {
    byId("exam-number").textContent = this.text("Question", { n: item.position });
    byId("exam-of").textContent = this.text("Of", { max: progress.maximum });
    const stem = byId("exam-stem");
    stem.lang = item.language;
    stem.innerHTML = item.stem_html;
    const isSamePassage = this.#passage.show(item);
    this.#root.classList.toggle("has-passage", Boolean(item.passage_html));
    this.#kind = render(item, draft, {
      stem,
      text: (name, values) => this.text(name, values),
      announce: (words) => this.announce(words),
      onChange: () => this.#changed(),
    });
    if (this.#kind.element.role) this.#kind.element.setAttribute("aria-labelledby", "exam-position exam-stem");
    this.#explain(item);
    byId("exam-answer").replaceChildren(this.#kind.element);
    this.#asked = false;
    this.setBusy(false);
    this.#goTo(isSamePassage);
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

  /** kind: "busy" | "saved" | "kept" | "ask" | "trouble" | "refused" | "" */
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
    this.#hold();
    this.#confirm.disabled = this.#busy || this.value === null;
    this.#finish.disabled = this.#over;
  }

  /** While the exam is paused nobody reads the question. */
  cover(isCovered) {
    this.#form.hidden = isCovered;
    this.#finish.hidden = isCovered;
    if (isCovered && this.#dialog.open) this.#dialog.close("cancel");
  }

  /** No more answers from this page. */
  close() {
    this.#over = true;
    if (this.#dialog.open) this.#dialog.close("cancel");
    this.setBusy(true);
  }

  /** Nothing may be changed while it is on its way; afterwards the student stands where they stood. */
  #hold() {
    if (this.#busy && this.#form.contains(document.activeElement)) this.#focused = document.activeElement;
    this.#kind?.hold(this.#busy);
    if (this.#busy) return;
    if (this.#focused?.isConnected && document.activeElement === document.body) this.#focused.focus({ preventScroll: true });
    this.#focused = null;
  }

  #changed() {
    this.#asked = false;
    this.#confirm.disabled = this.#busy || this.value === null;
    this.#handlers.onChange(this.#kind.draft());
  }

  #submit() {
    const value = this.value;
    if (value === null || this.#busy) return;
    const missing = this.#kind.missing();
    if (missing && !this.#asked) {
      this.#asked = true;
      return this.say("ask", this.text("Missing", { n: missing }));
    }
    this.#handlers.onAnswer(value);
  }

  #explain({ kind, options }) {
    const how = byId("exam-how");
    how.textContent = this.text(`How${kind[0].toUpperCase()}${kind.slice(1)}`);
    how.hidden = how.textContent === "";
    byId("exam-last-key").textContent = String(Math.min(options.length, 9));
    for (const hint of document.querySelectorAll("[data-hint]")) hint.hidden = !hint.dataset.hint.split(" ").includes(kind);
  }

  /** To the top of a new question; under a passage that stays, to the question itself. */
  #goTo(isSamePassage) {
    if (isSamePassage) byId("exam-stem").scrollIntoView({ block: "nearest" });
    else scrollTo({ top: 0 });
    byId("exam-position").focus({ preventScroll: true });
  }

  #onKey(event) {
    // While a syllable is being put together Enter belongs to the input method; Safari says so by the code alone.
    const composing = event.isComposing || event.keyCode === 229;
    if (composing || this.#busy || this.#dialog.open || this.#form.hidden) return;
    if (event.key === "Enter") return this.#onEnter(event);
    if (event.ctrlKey || event.metaKey || event.altKey || inLine(event.target) || !this.#kind) return;
    if (event.target.closest?.(".exam-header, .dropdown-menu")) return;
    if (this.#kind.key(event)) event.preventDefault();
  }

  #onEnter(event) {
    const area = event.target.matches?.("textarea");
    if (event.repeat || event.target.closest?.("button, a, summary, .exam-header") || (area && !event.ctrlKey && !event.metaKey)) return;
    // Inside the form the browser submits by itself only in some cases; ask for it in all.
    event.preventDefault();
    if (!area && this.#kind?.enter(event.target)) return;
    this.#form.requestSubmit(this.#confirm.disabled ? undefined : this.#confirm);
  }
}
