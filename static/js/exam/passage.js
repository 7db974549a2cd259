// The text that an item asks about: beside the question where there is room, folded above it where there is not.

const WIDE = matchMedia("(min-width: 62rem)");

export class Passage {
  #fold = document.getElementById("exam-passage");
  #text = document.getElementById("exam-passage-text");
  #shown = null;

  constructor() {
    WIDE.addEventListener("change", () => this.#unfold());
  }

  /** Returns whether it is the passage that was there already, which keeps its place and its fold. */
  show(item) {
    const html = item.passage_html || null;
    const isSame = html !== null && html === this.#shown;
    if (isSame) return true;
    this.#shown = html;
    this.#fold.hidden = html === null;
    this.#text.lang = item.language;
    this.#text.innerHTML = html ?? "";
    this.#text.scrollTop = 0;
    this.#fold.open = true;
    return false;
  }

  /** Beside the question there is nothing to fold. */
  #unfold() {
    if (WIDE.matches) this.#fold.open = true;
  }
}
