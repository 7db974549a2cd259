// An answer that is not confirmed yet, kept on the device so that neither a reload nor a crash undoes it.

export class Draft {
  #key;

  constructor(attemptId) {
    this.#key = `exam-draft:${attemptId}`;
  }

  get storageKey() {
    return this.#key;
  }

  /** Returns whether it was kept: storage may be forbidden or full. */
  keep(item, draft) {
    try {
      localStorage.setItem(this.#key, JSON.stringify({ item: item.id, position: item.position, draft }));
      return true;
    } catch {
      return false;
    }
  }

  of(item) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key));
      return kept?.item === item.id && kept.position === item.position ? kept.draft : null;
    } catch {
      return null;
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // nothing was kept
    }
  }
}
