// The conversations on a phone: a drawer that takes the focus, and closes when it leaves.

const WIDE = matchMedia("(width > 60rem)"); // where the list stands beside the conversation

export const openDrawer = (drawer) => {
  WIDE.addEventListener("change", () => drawer.hidePopover());
  drawer.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") drawer.querySelector("a").focus();
  });
  drawer.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !drawer.contains(relatedTarget) && drawer.matches(":popover-open")) drawer.hidePopover();
  });
};
