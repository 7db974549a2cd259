// Time left by the server's clock. The device's clock may be wrong or be changed; only its steady ticking is used.

const WARNINGS_S = [300, 60];

export class Timer {
  #deadline = null;
  #offset = null; // server's epoch minus performance.now(), ms
  #interval = null;
  #warned = new Set();
  #handlers;
  #ended = false;

  constructor(handlers) {
    this.#handlers = handlers; // {tick(seconds), warn(seconds), end()}
  }

  /**
   * Every reply tells the server's time as it was when the reply was written, so each gives an offset too small by
   * its way here (a stored reply: by its age). The largest is the most exact.
   */
  sync(serverTime, deadline) {
    const offset = Date.parse(serverTime) - performance.now();
    if (Number.isFinite(offset)) this.#offset = Math.max(this.#offset ?? -Infinity, offset);
    this.#deadline = deadline ? Date.parse(deadline) : null;
    if (this.#deadline === null) return this.stop();
    this.#interval ??= setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  stop() {
    clearInterval(this.#interval);
    this.#interval = null;
  }

  get secondsLeft() {
    return Math.max(0, Math.ceil((this.#deadline - this.#offset - performance.now()) / 1000));
  }

  #tick() {
    const left = this.secondsLeft;
    this.#handlers.tick(left);
    const due = WARNINGS_S.filter((at) => left <= at && !this.#warned.has(at));
    for (const at of due) this.#warned.add(at);
    if (due.length && left > 0) this.#handlers.warn(Math.min(...due), left);
    if (left === 0 && !this.#ended) {
      this.#ended = true;
      this.stop();
      this.#handlers.end();
    }
  }
}

export function clockText(seconds) {
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = String(seconds % 60).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}
