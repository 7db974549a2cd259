// Ordering: drag a row by its handle (a mouse: by any part of it), press its buttons, or the arrow keys on them.

import { Kind, authored, element, hidden, ownId } from "./kind.js";
import { plain } from "./plain.js";

const EDGE_PX = 72; // so near to the edge of the screen the page scrolls under what is dragged
const SCROLL_PX = 10;

export class Ordering extends Kind {
  #list;
  #drag = null;

  constructor(item, draft, page) {
    super(item, draft, page);
    this.#list = element("ol", { class: "exam-order", lang: item.language });
    this.element.append(this.#list);
    const shown = new Map(item.options.map((option) => [option.id, option]));
    const ids = known(draft?.order, shown) ?? [...shown.keys()];
    this.#list.append(...ids.map((id) => this.#row(shown.get(id))));
    this.#number();
    this.#list.addEventListener("click", (event) => this.#onClick(event));
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    this.#list.addEventListener("pointerdown", (event) => this.#onGrab(event));
  }

  value() {
    return { order: this.#rows.map((row) => Number(row.dataset.option)) };
  }

  draft() {
    return this.touched ? this.value() : null;
  }

  get #rows() {
    return [...this.#list.children];
  }

  #row(option) {
    const words = authored(option.html);
    words.id = ownId("order");
    const button = (step, word) => {
      const name = hidden(this.page.text(word), ownId("order-step"));
      const labels = `${name.id} ${words.id}`;
      return element("button", { type: "button", class: "order-step", "data-step": step, "aria-labelledby": labels }, arrow(step), name);
    };
    const handle = element("span", { class: "order-handle", "aria-hidden": "true" });
    const place = element("span", { class: "key", "aria-hidden": "true" });
    const buttons = element("span", { class: "order-steps" }, button(-1, "Up"), button(1, "Down"));
    const row = element("li", { class: "order-row", "data-option": option.id }, handle, place, words, buttons);
    row.dataset.words = plain(option.html);
    return row;
  }

  #number() {
    const last = this.#list.children.length - 1;
    this.#rows.forEach((row, index) => {
      row.querySelector(".key").textContent = String(index + 1);
      // Not `disabled`: the button that was pressed must keep the focus when its row has come to the end.
      row.querySelector("[data-step='-1']").setAttribute("aria-disabled", String(index === 0));
      row.querySelector("[data-step='1']").setAttribute("aria-disabled", String(index === last));
    });
  }

  #onClick(event) {
    const button = event.target.closest("[data-step]");
    if (button) this.#move(button.closest("li"), Number(button.dataset.step), button);
  }

  #onKey(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const button = event.target.closest("[data-step]");
    if (!step || !button || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#move(button.closest("li"), step, button);
  }

  #move(row, step, button) {
    const rows = this.#rows;
    const other = rows[rows.indexOf(row) + step];
    if (!other) return;
    const before = this.#places();
    if (step < 0) other.before(row);
    else other.after(row);
    button.focus({ preventScroll: true }); // moving an element in the document takes the focus from it
    this.#glide(before, null);
    this.#number();
    row.scrollIntoView({ block: "nearest" });
    this.#moved(row);
  }

  #moved(row) {
    const place = this.#rows.indexOf(row) + 1;
    this.page.announce(this.page.text("Moved", { what: row.dataset.words, n: place, max: this.#rows.length }));
    this.changed();
  }

  #places() {
    return new Map(this.#rows.map((row) => [row, row.getBoundingClientRect().top]));
  }

  /** Let the rows slide from where they were to where they are. */
  #glide(before, without) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const row of this.#rows) {
      const way = before.get(row) - row.getBoundingClientRect().top;
      if (way && row !== without) row.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: 160, easing: "ease-out" });
    }
  }

  #onGrab(event) {
    const row = event.target.closest("li");
    const byHandle = event.target.closest(".order-handle") !== null;
    if (!row || this.#drag || event.button !== 0 || event.target.closest("button") || this.element.inert) return;
    // A finger beside the handle scrolls the page.
    if (!byHandle && event.pointerType !== "mouse") return;
    event.preventDefault();
    this.#drag = { row, pointer: event.pointerId, y: event.clientY, grabbed: event.clientY - row.getBoundingClientRect().top, order: String(this.value().order), frame: 0 };
    const listeners = new AbortController();
    const listen = (name, handler) => addEventListener(name, (e) => e.pointerId === event.pointerId && handler(e), { signal: listeners.signal });
    const end = () => {
      listeners.abort();
      this.#release();
    };
    listen("pointermove", (e) => (this.#drag.y = e.clientY));
    listen("pointerup", end);
    listen("pointercancel", end);
    row.classList.add("is-dragged");
    this.#follow();
  }

  /** Once a frame: the row under the pointer, its neighbours out of the way, the page along with it at its edges. */
  #follow() {
    const drag = this.#drag;
    if (!drag) return;
    if (drag.y < EDGE_PX) scrollBy(0, -SCROLL_PX);
    else if (drag.y > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    const { row } = drag;
    row.style.transform = "";
    this.#swap(row, drag.y - drag.grabbed);
    row.style.transform = `translateY(${drag.y - drag.grabbed - row.getBoundingClientRect().top}px)`;
    drag.frame = requestAnimationFrame(() => this.#follow());
  }

  /** A neighbour gives way once the edge that comes towards it has passed its middle. */
  #swap(row, top) {
    const before = this.#places();
    const rows = this.#rows;
    const from = rows.indexOf(row);
    // Where they will stand: what is on the screen may still be sliding there.
    const origin = before.get(row) - row.offsetTop;
    const middle = (other) => origin + other.offsetTop + other.offsetHeight / 2;
    const above = rows.findIndex((other, index) => index < from && top < middle(other));
    const below = rows.findLastIndex((other, index) => index > from && top + row.offsetHeight > middle(other));
    if (above < 0 && below < 0) return;
    // The others move: taken out of the document even for a moment, the row would lose the finger that holds it.
    if (above >= 0) row.after(...rows.slice(above, from));
    else row.before(...rows.slice(from + 1, below + 1));
    this.#glide(before, row);
    this.#number();
  }

  #release() {
    const { row, frame, order } = this.#drag;
    cancelAnimationFrame(frame);
    this.#drag = null;
    row.classList.remove("is-dragged");
    row.style.transform = "";
    if (String(this.value().order) !== order) this.#moved(row);
  }
}

/** The stored order when it has the very options of this item, each once. */
function known(order, shown) {
  const isWhole = Array.isArray(order) && new Set(order).size === shown.size && order.every((id) => shown.has(id));
  return isWhole ? order : null;
}

function arrow(step) {
  const holder = document.createElement("template");
  const path = step < 0 ? "M6 14.5l6-6 6 6" : "M6 9.5l6 6 6-6";
  holder.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
  return holder.content;
}
