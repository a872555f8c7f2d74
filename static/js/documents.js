// The list of documents: adds files, asks before deleting, follows what is being indexed, and does things to many at once.

import { send } from "./http.js";
import { Selecting } from "./selecting.js";
import { Uploads } from "./uploading.js";

const POLL_MILLISECONDS = 1000;
const list = document.getElementById("document-list");
const dialog = document.getElementById("delete-dialog");
const question = document.getElementById("question-dialog");

const working = () => list.querySelector('[data-status="pending"], [data-status="processing"]') !== null;
const section = document.querySelector(".selectable");
const selecting = new Selecting(section);

// Rows come from the server as it would show them now; those in use or unchanged are left alone.
const refreshRows = (fresh) => {
  for (const row of fresh.querySelectorAll("tr[id]")) {
    const shown = document.getElementById(row.id);
    if (!shown || shown.innerHTML === row.innerHTML || shown.contains(document.activeElement)) continue;
    const tick = shown.querySelector(".tick");
    if (tick && row.querySelector(".tick")) row.querySelector(".tick").checked = tick.checked;
    shown.replaceWith(row);
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
  else if (!list.querySelector("tr")) beginList(page, fresh);
  else if (!list.contains(document.activeElement) && !selecting.any()) {
    list.replaceChildren(...fresh.childNodes);
    selecting.renew();
  }
};

// The first document brings what an empty page has not: the filters, the button above, the bar for what is ticked.
const beginList = (page, fresh) => {
  const button = document.activeElement;
  list.replaceChildren(...fresh.childNodes);
  const actions = document.getElementById("list-actions");
  actions.replaceChildren(...(page.getElementById("list-actions")?.childNodes ?? []));
  const [toolbar, bar] = [page.querySelector(".toolbar"), page.getElementById("selection")];
  if (toolbar && !document.querySelector(".toolbar")) section.before(toolbar);
  if (bar && !document.getElementById("selection")) section.append(bar);
  selecting.renew();
  if (!button.isConnected) actions.querySelector("button")?.focus();
};

let looking = null;
const look = async () => {
  if (!document.hidden && navigator.onLine) await refresh();
  looking = working() || !uploads.isDone() ? setTimeout(look, POLL_MILLISECONDS) : null;
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

// The question is the server's, which counts what is meant; without this script it is a page of its own.
section.addEventListener("submit", async (event) => {
  const [form, button] = [event.target, event.submitter];
  if (!["delete", "move"].includes(button?.value) || button.dataset.plainly) return;
  event.preventDefault();
  try {
    const headers = { "X-Requested-With": "fragment" };
    const response = await send(form.getAttribute("action"), { method: "POST", body: new FormData(form, button), headers });
    ask(await response.text(), button);
  } catch {
    button.dataset.plainly = "yes"; // then the page itself says what is wrong
    form.requestSubmit(button);
  }
});

const ask = (text, button) => {
  const asked = new DOMParser().parseFromString(text, "text/html").querySelector(".question");
  if (!asked) return void location.reload(); // nothing is left of what was chosen: the list says so
  question.replaceChildren(asked);
  question.querySelector(".keep").addEventListener("click", (event) => {
    event.preventDefault();
    question.close();
    button.focus();
  });
  question.showModal();
};

const uploads = new Uploads({ onAccepted: follow, followedElsewhere: true });
if (working()) follow();
