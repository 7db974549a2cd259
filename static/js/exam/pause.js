// A pause that the student was granted: the question is covered and the clock stands still until a button goes on.

import { ApiError, delayBeforeTry, post } from "./api.js";
import { clockText } from "./timer.js";

const TRIES = 5;

export class Pause {
  #api;
  #handlers;
  #button = document.getElementById("exam-pause");
  #cover = document.getElementById("exam-paused");
  #left = document.getElementById("exam-pause-left");
  #resume = document.getElementById("exam-resume");
  #interval = null;
  #asking = false;

  /** handlers: {onState(state), onTrouble(error), before() → promise} */
  constructor(api, handlers) {
    this.#api = api;
    this.#handlers = handlers;
    this.#button.addEventListener("click", () => this.#ask("pause"));
    this.#resume.addEventListener("click", () => this.#ask("resume"));
  }

  /** `pause` as the attempt's state has it: {seconds_left, paused_at} or null. Returns whether it lasts now. */
  show(pause, serverTime) {
    const isPaused = Boolean(pause?.paused_at);
    const wasPaused = !this.#cover.hidden;
    this.#button.hidden = !pause || isPaused || pause.seconds_left <= 0;
    this.#cover.hidden = !isPaused;
    clearInterval(this.#interval);
    if (isPaused) {
      const used = (Date.parse(serverTime) - Date.parse(pause.paused_at)) / 1000;
      this.#count(performance.now() + (pause.seconds_left - used) * 1000);
      if (!wasPaused) this.#resume.focus();
    }
    return isPaused;
  }

  #count(end) {
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      this.#left.textContent = clockText(seconds);
      if (seconds > 0) return;
      clearInterval(this.#interval);
      this.#ask("resume");
    };
    this.#interval = setInterval(tick, 500);
    tick();
  }

  async #ask(what) {
    if (this.#asking) return;
    this.#asking = true;
    this.#button.disabled = this.#resume.disabled = true;
    try {
      await this.#handlers.before();
      this.#handlers.onState(await this.#send(`${this.#api}/${what}`));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#handlers.onTrouble(error);
    } finally {
      this.#asking = false;
      this.#button.disabled = this.#resume.disabled = false;
    }
  }

  async #send(url) {
    for (let tries = 0; ; tries++) {
      try {
        return await post(url, {});
      } catch (error) {
        if (!(error instanceof ApiError) || !error.temporary || tries === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, delayBeforeTry(tries, error.retryAfter)));
      }
    }
  }
}
