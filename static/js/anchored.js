// Menus under their buttons: `<button data-menu popovertarget="m">` and `<div class="menu" id="m" popover>`.
//
// Opening, closing, Escape and aria-expanded are the browser's. Here: arrow keys, Home and End; focus goes in when it
// was opened by a key; a menu that was left closes. Where the browser cannot anchor by CSS, its place is measured.
// It listens on the document, so buttons that come later are served too. Calling it again does nothing.

const GAP = 4; // px between a button and its menu
const ITEMS = ":is(a[href], button, summary, input):not([hidden], [hidden] *, :disabled)";
const BY_CSS = CSS.supports("position-area: block-end span-inline-start");

let listening = false;

export const anchorMenus = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("toggle", toggled, { capture: true });
  document.addEventListener("keydown", key);
  document.addEventListener("focusout", left);
  if (!BY_CSS) addEventListener("resize", () => openMenu()?.hidePopover());
};

const openMenu = () => document.querySelector(".menu:popover-open");
const buttonOf = (menu) => document.querySelector(`[data-menu][popovertarget="${CSS.escape(menu.id)}"]`);
const itemsOf = (menu) => [...menu.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());

const toggled = ({ target, newState }) => {
  const button = newState === "open" && target.matches(".menu") && buttonOf(target);
  if (!button) return;
  if (!BY_CSS) place(target, button);
  if (button.matches(":focus-visible")) itemsOf(target)[0]?.focus();
};

// Below the button, their ends in line; above it, or further in, where there is no room.
const place = (menu, button) => {
  const [around, { width, height }] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
  const fromRight = getComputedStyle(button).direction === "rtl";
  const left = fromRight ? around.left : around.right - width;
  const above = around.bottom + GAP + height > innerHeight && around.top > height + GAP;
  menu.style.inset = "auto";
  menu.style.margin = "0";
  menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  menu.style.top = `${above ? around.top - height - GAP : around.bottom + GAP}px`;
};

const key = (event) => {
  const button = event.target.closest?.("[data-menu]");
  if (button && event.key === "ArrowDown") {
    event.preventDefault();
    const menu = document.getElementById(button.getAttribute("popovertarget"));
    if (!menu.matches(":popover-open")) menu.showPopover({ source: button });
    itemsOf(menu)[0]?.focus();
    return;
  }
  const menu = event.target.closest?.(".menu:popover-open");
  if (menu) move(event, itemsOf(menu));
};

const move = (event, items) => {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  // In a field of a menu, Home and End belong to its text.
  if (to === undefined || !items.length || (event.target.matches("input") && event.key.length < 5)) return;
  event.preventDefault();
  items.at(to % items.length).focus();
};

const left = ({ target, relatedTarget }) => {
  const menu = target.closest?.(".menu:popover-open");
  if (menu && relatedTarget && !menu.contains(relatedTarget)) menu.hidePopover();
};
