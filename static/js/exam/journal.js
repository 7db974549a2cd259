// What the student has confirmed and the server has not yet acknowledged.
//
// An entry is written before it is sent and removed only after the reply, so a reload, a crash or a flat battery in
// between loses nothing: the entry is sent again under the same client key, and the server answers a key that it has
// seen with the stored reply.

export class Journal {
  #key;
  #memory = null; // holds the entry where storage is forbidden or full; then it survives all but a reload

  constructor(attemptId) {
    this.#key = `exam-journal:${attemptId}`;
  }

  get storageKey() {
    return this.#key;
  }

  read() {
    try {
      const text = localStorage.getItem(this.#key);
      if (text !== null) {
        const entry = JSON.parse(text);
        if (typeof entry?.client_key === "string") return entry;
        localStorage.removeItem(this.#key);
      }
    } catch {
      // storage forbidden, or not our JSON
    }
    return this.#memory;
  }

  /** Write an entry, unless another tab has one waiting: the first confirmed answer is the one that counts. */
  put(entry) {
    const waiting = this.read();
    if (waiting) return waiting;
    const keyed = { client_key: newKey(), ...entry };
    this.#memory = keyed;
    try {
      localStorage.setItem(this.#key, JSON.stringify(keyed));
    } catch {
      // kept in memory
    }
    return keyed;
  }

  /** Remove the acknowledged entry, and no other that may have taken its place. */
  clear(clientKey) {
    if (this.#memory?.client_key === clientKey) this.#memory = null;
    if (this.read()?.client_key !== clientKey) return;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // it was in memory only
    }
  }
}

/** randomUUID exists in secure contexts only; a school's test server may be plain HTTP. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
