// What every page has: menus under their buttons, the keys `?` and `/`. Knows nothing of what a page is about.

import { anchorMenus } from "./anchored.js";

const SEARCH = '#question, [data-search], main input[type="search"]';
const TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

const help = document.getElementById("help");

// While something is typed, keys are letters; with a modifier they are the browser's.
const isTyping = (event) =>
  event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPED_INTO);

const showHelp = () => {
  if (!help || document.querySelector("dialog:modal")) return;
  for (const open of document.querySelectorAll(":popover-open")) if (open !== help) open.hidePopover();
  help.togglePopover();
};

const goToSearch = () => {
  help?.hidePopover();
  const field = [...document.querySelectorAll(SEARCH)].find((found) => found.checkVisibility());
  field?.focus();
  field?.select();
  return Boolean(field);
};

const key = (event) => {
  if (isTyping(event)) return;
  if (event.key === "?") showHelp();
  else if (event.key !== "/" || document.querySelector("dialog:modal") || !goToSearch()) return;
  event.preventDefault();
};

const openerOf = (popover) => popover && document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);

// A sheet takes the focus and gives it back to where it was, also when its button was in a menu that closed.
let before = null;
help?.addEventListener("beforetoggle", ({ newState }) => {
  if (newState !== "open") return;
  before = openerOf(document.activeElement.closest("[popover]:popover-open")) ?? document.activeElement;
});
help?.addEventListener("toggle", ({ newState }) => {
  const lost = document.activeElement === document.body || help.contains(document.activeElement);
  if (newState === "open") help.focus();
  else if (lost) before?.focus();
});

// Opened from a menu or a drawer, the sheet would close with it.
document.addEventListener("click", (event) => {
  const around = event.target.closest('[popovertarget="help"]')?.closest("[popover]:popover-open");
  if (!around || around === help) return;
  event.preventDefault();
  const opener = openerOf(around);
  around.hidePopover();
  opener?.focus();
  showHelp();
});

document.addEventListener("keydown", key);
anchorMenus();
