// Loaded first and blocking, so that a page never flashes in the other colours.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be forbidden; the system's choice then holds
    }
  }

  function show() {
    const theme = chosen() ?? (dark.matches ? "dark" : "light");
    root.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  show();
  dark.addEventListener("change", show);
  addEventListener("storage", (event) => event.key === "theme" && show());
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", next);
    } catch {
      root.setAttribute("data-bs-theme", next);
      return;
    }
    show();
  });
})();
