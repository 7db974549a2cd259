// Small behaviours that any page may ask for through attributes.

// htmx sends the CSRF token that the page was rendered with.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

// <select data-autosubmit>: the language switch, filters.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-autosubmit]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) print();
});

// What is folded away on the screen must still be on paper.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details[data-print-open]:not([open])")) {
    fold.open = true;
    addEventListener("afterprint", () => (fold.open = false), { once: true });
  }
});

// <form data-once>: a second click on a slow line must not post twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-once]") || event.defaultPrevented) return;
  // Only after the form has been read: a disabled button's own value would not be sent.
  setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = true)));
  addEventListener("pageshow", () => form.querySelectorAll("button").forEach((b) => (b.disabled = false)), { once: true });
});

// A form that came back: the first field that has to be changed.
document.querySelector('main [aria-invalid="true"]')?.focus();

// <button data-shows="id">: what was typed into a password field, to be read once more before it is sent.
for (const button of document.querySelectorAll("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  if (!input) continue;
  button.hidden = false;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser must not keep it among the texts that it offers to fill in.
  input.form?.addEventListener("submit", () => show(false));
}

// <time datetime data-local>: the reader's own clock.
const locale = document.documentElement.lang || undefined;
for (const time of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  const style = time.dataset.local === "date" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  time.textContent = new Intl.DateTimeFormat(locale, style).format(moment);
}
