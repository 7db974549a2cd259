// Taking an exam: the state that the server gave is shown; what the student confirms goes through the journal.

import { ApiError, delayBeforeTry, get, post } from "./exam/api.js";
import { Draft } from "./exam/draft.js";
import { Journal } from "./exam/journal.js";
import { Pause } from "./exam/pause.js";
import { offerSizes } from "./exam/size.js";
import { Timer } from "./exam/timer.js";
import { View } from "./exam/view.js";

const ORPHAN_MS = 5000; // after this long another tab's unsent entry is ours to send: that tab may be gone

class Exam {
  #urls;
  #journal;
  #channel;
  #draft;
  #pause;
  #state = null;
  #shownAt = 0;
  #pausedAt = null;
  #sending = null;
  #wake = null;
  #left = false;

  constructor(root, state) {
    this.#urls = { api: root.dataset.api, result: root.dataset.result, login: root.dataset.login };
    this.#journal = new Journal(root.dataset.attempt);
    this.#draft = new Draft(root.dataset.attempt);
    this.#channel = "BroadcastChannel" in window ? new BroadcastChannel(`attempt-${root.dataset.attempt}`) : null;
    this.view = new View({
      onAnswer: (value) => this.#answer(value),
      onChange: (draft) => this.#keepDraft(draft),
      onFinish: () => this.#finish(),
    });
    this.#pause = new Pause(root.dataset.api, {
      before: () => this.#flush(),
      onState: (state) => {
        this.#apply(state);
        this.#channel?.postMessage({ paused: true });
      },
      onTrouble: (error) => this.#notPaused(error),
    });
    this.timer = new Timer({
      tick: (left) => this.view.showTime(left),
      warn: (at) => this.view.announce(at === 60 ? this.view.text("Minute") : this.view.text("Minutes", { n: at / 60 })),
      lastCall: () => this.#handInShown(),
      end: () => this.#timeUp(),
    });
    offerSizes(state.accommodation?.large_print);
    this.#listen();
    this.#apply(state);
    if (this.#journal.read()) this.#flush();
  }

  #listen() {
    this.#channel?.addEventListener("message", (event) => this.#followOtherTab(event.data));
    addEventListener("storage", (event) => {
      if (event.key === this.#draft.storageKey) this.#followDraft();
      if (event.key !== this.#journal.storageKey) return;
      if (event.newValue === null) this.#refresh();
      else this.#awaitOtherTab();
    });
    addEventListener("online", () => this.#wake?.());
    // A page from the back-forward cache, or a laptop opened again, may be far behind.
    addEventListener("pageshow", (event) => event.persisted && this.#refresh());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.#wake?.();
      if (!this.#sending) this.#refresh();
    });
    addEventListener("beforeunload", (event) => {
      if (this.#journal.read() && !this.#left) event.preventDefault();
    });
  }

  /** Show a state unless it is older than what is shown: replies may overtake each other, stored replies are old. */
  #apply(state) {
    this.timer.sync(state.server_time, state.deadline_at, state.pause?.paused_at);
    if (state.status === "finished") {
      this.#state = state;
      this.#draft.drop();
      this.#leave(this.#urls.result);
      return true;
    }
    if (this.#state && state.progress.answered < this.#state.progress.answered) return false;
    this.#showPause(state);
    const sameItem = this.#state?.item?.id === state.item?.id && this.#state?.item?.position === state.item?.position;
    this.#state = state;
    this.view.showProgress(state.progress);
    if (!sameItem && state.item) {
      this.view.showItem(state.item, state.progress, this.#draft.of(state.item));
      this.#shownAt = performance.now();
    }
    return true;
  }

  /** Nothing of the question is on the screen in a pause, and its time is not the answer's. */
  #showPause(state) {
    const isPaused = this.#pause.show(state.pause, state.server_time);
    this.view.cover(isPaused);
    if (isPaused) {
      this.#pausedAt ??= performance.now();
    } else if (this.#pausedAt !== null) {
      this.#shownAt += performance.now() - this.#pausedAt;
      this.#pausedAt = null;
    }
  }

  #notPaused(error) {
    if (error.status === 401) return this.#leave(this.#urls.login);
    this.view.say("refused", error.detail || this.view.text("NotPaused"));
    return this.#refresh();
  }

  #answer(value) {
    const { item } = this.#state;
    this.#journal.put({
      kind: "answer",
      position: item.position,
      item: item.id,
      ...(item.kind === "single" ? { option: value } : { answer: value }),
      elapsed_ms: Math.round(performance.now() - this.#shownAt),
    });
    return this.#flush();
  }

  /** What stands on the screen unconfirmed when the student finishes or time runs out counts as well. */
  async #handInShown() {
    if (this.view.unconfirmed && !this.#journal.read()) await this.#answer(this.view.value);
  }

  async #finish() {
    await this.#flush(); // an answer on its way goes first
    await this.#handInShown();
    if (this.#left) return;
    this.#journal.put({ kind: "submit" });
    this.#flush();
  }

  async #timeUp() {
    this.view.close();
    this.view.say("busy", this.view.text("TimeUp"));
    this.view.announce(this.view.text("TimeUp"));
    await this.#finish();
  }

  /** Send what the journal holds until the server has taken or refused it. One at a time. */
  #flush() {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll() {
    let tries = 0;
    for (let entry = this.#journal.read(); entry && !this.#left; entry = this.#journal.read()) {
      this.view.setBusy(true);
      if (tries === 0) this.view.say("busy", this.view.text(entry.kind === "submit" ? "Finishing" : "Saving"));
      try {
        const state = await this.#send(entry);
        this.#journal.clear(entry.client_key);
        tries = 0;
        this.#taken(entry, state);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.temporary) await this.#waitForRetry(tries++, error);
        else if (!(await this.#refused(entry, error))) return;
      }
    }
    if (!this.#left) this.view.setBusy(false);
  }

  #send({ kind, ...body }) {
    return kind === "submit"
      ? post(`${this.#urls.api}/submit`, { client_key: body.client_key })
      : post(`${this.#urls.api}/answer`, body);
  }

  #taken(entry, state) {
    this.#draft.drop();
    this.#channel?.postMessage({ answered: state.progress.answered, status: state.status });
    this.view.say("saved", this.view.text("Saved"));
    if (!this.#apply(state)) this.#refresh();
  }

  /** A refusal that another try cannot change. Returns whether to go on with what the journal may still hold. */
  async #refused(entry, error) {
    if (error.status === 401) {
      this.#leave(this.#urls.login); // the entry stays in the journal and is sent after the log-in
      return false;
    }
    if (error.status === 403 || error.status === 404) {
      this.view.say("refused", this.view.text("Forbidden"));
      this.view.close();
      return false;
    }
    this.#journal.clear(entry.client_key);
    if (error.code === "deadline_passed" || error.code === "attempt_finished") {
      this.#leave(this.#urls.result);
      return false;
    }
    await this.#refresh();
    // Another tab or device was quicker: the question moves on, which says enough.
    if (error.code !== "not_current_item") this.view.say("refused", error.detail || this.view.text("Rejected"));
    return true;
  }

  async #waitForRetry(tries, error) {
    const wait = delayBeforeTry(tries, error.retryAfter);
    const words = error.status === 0 ? this.view.text("Offline") : this.view.text("Waiting", { s: Math.ceil(wait / 1000) });
    this.view.say("trouble", words);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      // A returning line cuts the wait short, but not one that the server asked for.
      this.#wake = error.retryAfter ? null : () => (clearTimeout(timer), resolve());
    });
    this.#wake = null;
  }

  async #refresh() {
    if (this.#left) return;
    try {
      this.#apply(await get(this.#urls.api));
      if (this.#left || this.#journal.read()) return;
      this.view.say("", "");
      this.view.setBusy(false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.#leave(this.#urls.login);
      // Otherwise what is shown stays; the next answer brings the state.
    }
  }

  #followOtherTab({ answered, status, paused }) {
    if (paused || status === "finished" || answered > this.#state.progress.answered) this.#refresh();
  }

  #awaitOtherTab() {
    if (this.#sending) return;
    this.view.setBusy(true);
    this.view.say("busy", this.view.text("OtherTab"));
    setTimeout(() => this.#journal.read() && this.#flush(), ORPHAN_MS);
  }

  #keepDraft(draft) {
    const { item } = this.#state;
    const isKept = this.#draft.keep(item, draft);
    // Only who writes at length would miss it.
    if (item.kind === "essay") this.view.say(isKept ? "kept" : "trouble", this.view.text(isKept ? "Kept" : "NotKept"));
    else if (!this.#sending) this.view.say("", "");
  }

  /** Another tab writes at the same question: show it, so that nothing older is written over it later. */
  #followDraft() {
    const item = this.#state?.item;
    if (!item || document.hasFocus() || this.#sending) return;
    const draft = this.#draft.of(item);
    if (draft !== null) this.view.showItem(item, this.#state.progress, draft);
  }

  #leave(url) {
    if (this.#left) return;
    this.#left = true;
    this.timer.stop();
    this.view.close();
    location.replace(url);
  }
}

const root = document.getElementById("exam");
if (root) new Exam(root, JSON.parse(document.getElementById("attempt-state").textContent));
