// What every kind of item is to the page: elements to answer with, the answer, and a draft of it.

export class Kind {
  /** Whether anything was changed, by the student or by the draft that the page began with. */
  touched = false;

  /**
   * @param {object} item the item as the API shows it
   * @param {*} draft what `draft()` said before a reload; null at first
   * @param {{stem: Element, text: Function, announce: Function, onChange: Function}} page
   */
  constructor(item, draft, page) {
    this.item = item;
    this.page = page;
    this.touched = draft !== null;
    this.element = document.createElement("div");
    this.element.className = `answer-${item.kind}`;
    this.element.setAttribute("role", "group");
  }

  /** The answer as the API takes it; null while there is none. */
  value() {
    return null;
  }

  /** What brings the page back to this very state; null when there is nothing to bring back. */
  draft() {
    return this.value();
  }

  /** How many parts are still empty, of an answer that may be given with empty parts. */
  missing() {
    return 0;
  }

  /** A key pressed anywhere on the page. Returns whether it meant something. */
  key() {
    return false;
  }

  /** Enter was pressed in `field`. Returns whether it meant something else than to confirm. */
  enter() {
    return false;
  }

  /** Keep the answer as it is, while it is being sent. */
  hold(isHeld) {
    this.element.inert = isHeld;
  }

  changed() {
    this.touched = true;
    this.page.onChange();
  }
}

let made = 0;

/** An id of its own for an element that another one points at: a page may show an item in several languages. */
export const ownId = (name) => `${name}-${++made}`;

export function element(name, attributes = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) result.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) result.setAttribute(key, value);
  }
  result.append(...children);
  return result;
}

/** What an author wrote: HTML that the server made from Markdown. */
export function authored(html, className = "words", tag = "span") {
  const result = element(tag, { class: `${className} authored` });
  result.innerHTML = html;
  return result;
}

export function hidden(words, id = null) {
  const result = element("span", { class: "visually-hidden", id });
  result.textContent = words;
  return result;
}
