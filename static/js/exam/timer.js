// Time left by the server's clock. The device's clock may be wrong or be changed; only its steady ticking is used.

const WARNINGS_S = [300, 60];
const LAST_CALL_S = 3; // what is on the screen must reach the server before the end

export class Timer {
  #deadline = null;
  #offset = null; // server's epoch minus performance.now(), ms
  #interval = null;
  #warned = new Set();
  #handlers;
  #called = false;
  #ended = false;

  constructor(handlers) {
    this.#handlers = handlers; // {tick(seconds), warn(seconds), lastCall(), end()}
  }

  /**
   * Every reply tells the server's time as it was when the reply was written, so each gives an offset too small by
   * its way here (a stored reply: by its age). The largest is the most exact. Since `pausedAt` the clock stands still.
   */
  sync(serverTime, deadline, pausedAt = null) {
    const offset = Date.parse(serverTime) - performance.now();
    if (Number.isFinite(offset)) this.#offset = Math.max(this.#offset ?? -Infinity, offset);
    this.#deadline = deadline ? Date.parse(deadline) : null;
    if (this.#deadline === null) return this.stop();
    if (pausedAt) {
      this.stop();
      return this.#handlers.tick(Math.max(0, Math.ceil((this.#deadline - Date.parse(pausedAt)) / 1000)));
    }
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
    if (left <= LAST_CALL_S && !this.#called) {
      this.#called = true;
      this.#handlers.lastCall();
    }
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
