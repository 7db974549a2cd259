// Start an exam. The client key is kept until the reply has come, so that two clicks, a reload or a cut line start one attempt.

import { ApiError, delayBeforeTry, post } from "./exam/api.js";
import { Journal } from "./exam/journal.js";

const TRIES = 5;
const form = document.getElementById("start-form");
const button = document.getElementById("start-button");
const state = document.getElementById("start-state");
const journal = new Journal(`start-${form.dataset.exam}`);

async function start() {
  const language = new FormData(form).get("language");
  const { client_key: key, ...body } = journal.put(language ? { language } : {});
  for (let tries = 0; ; tries++) {
    try {
      const attempt = await post(form.dataset.api, { client_key: key, ...body });
      journal.clear(key);
      return location.assign(`/attempts/${attempt.id}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.temporary) return refused(error, key);
      if (tries === TRIES) throw error;
      state.textContent = error.status === 0 ? form.dataset.textOffline : form.dataset.textBusy;
      await new Promise((resolve) => setTimeout(resolve, delayBeforeTry(tries, error.retryAfter)));
    }
  }
}

function refused(error, key) {
  journal.clear(key);
  if (error.status === 401) return location.assign(form.dataset.login);
  state.textContent = error.detail || form.dataset.textRefused;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  state.textContent = form.dataset.textStarting;
  try {
    await start();
  } catch {
    state.textContent = form.dataset.textOffline;
  } finally {
    button.disabled = false;
  }
});

// Until here a click would have sent the form to nowhere; only now may it be pressed.
button.disabled = false;
