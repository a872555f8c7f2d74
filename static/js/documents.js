// The list of documents: adds files, asks before deleting, and follows what is being indexed.

import { Uploads } from "./uploading.js";

const POLL_MILLISECONDS = 1000;
const list = document.getElementById("document-list");
const dialog = document.getElementById("delete-dialog");

const working = () => list.querySelector('[data-status="pending"], [data-status="processing"]') !== null;

// Rows come from the server as it would show them now; those in use or unchanged are left alone.
const refreshRows = (fresh) => {
  for (const row of fresh.querySelectorAll("tr[id]")) {
    const shown = document.getElementById(row.id);
    if (shown && shown.innerHTML !== row.innerHTML && !shown.contains(document.activeElement)) shown.replaceWith(row);
  }
};

const refresh = async () => {
  let response;
  try {
    response = await fetch(location.href, { credentials: "same-origin" });
  } catch {
    return; // the next look may find the server again
  }
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("document-list");
  const rows = (tree) => [...tree.querySelectorAll("tr[id]")].map((row) => row.id).join();
  if (rows(fresh) === rows(list)) refreshRows(fresh);
  else if (!list.contains(document.activeElement)) list.replaceChildren(...fresh.childNodes);
};

let looking = null;
const look = async () => {
  await refresh();
  looking = working() ? setTimeout(look, POLL_MILLISECONDS) : null;
};
const follow = () => {
  if (looking === null) looking = setTimeout(look, POLL_MILLISECONDS);
};

list.addEventListener("click", (event) => {
  const link = event.target.closest("a.delete");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  dialog.querySelector(".delete-name").textContent = link.dataset.name;
  dialog.querySelector("form").action = link.href;
  dialog.showModal();
});

new Uploads({ onAccepted: follow, followedElsewhere: true });
if (working()) follow();
