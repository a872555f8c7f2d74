// The account's pages and the doors: a theme at once, no form twice, the focus on what is wrong, a word on Caps Lock.

import { send } from "./http.js";
import { gettext } from "./translate.js";

const show = (theme) => {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
};

for (const form of document.querySelectorAll("[data-theme-choice]")) {
  form.addEventListener("submit", async (event) => {
    const chosen = event.submitter;
    if (!chosen) return;
    event.preventDefault();
    show(chosen.value);
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button === chosen);
    const choice = new FormData(form);
    choice.set("theme", chosen.value);
    try {
      await send(form.action, { method: "POST", body: choice, headers: { "X-Requested-With": "script" } });
    } catch {
      // Seen it is already; only the next page does not know of it.
    }
  });
}

for (const form of document.querySelectorAll("[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // A page that comes back from the browser's memory may send its form again.
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

document.querySelector('.form [aria-invalid="true"]')?.focus();

const hints = new Map();

const hintOf = (field) => {
  if (!hints.has(field)) {
    const hint = document.createElement("p");
    hint.className = "caps";
    hint.setAttribute("role", "status");
    field.after(hint);
    hints.set(field, hint);
  }
  return hints.get(field);
};

for (const field of document.querySelectorAll('input[type="password"]')) {
  const look = (event) => {
    const on = event.getModifierState?.("CapsLock") ?? false;
    if (on || hints.has(field)) hintOf(field).textContent = on ? gettext("Caps Lock is on.") : "";
  };
  field.addEventListener("keydown", look);
  field.addEventListener("keyup", look);
}
