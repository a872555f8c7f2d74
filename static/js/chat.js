// The page where questions are asked: puts its parts together.

import { Asking } from "./asking.js";
import { Composer } from "./composer.js";
import { SourcePanel } from "./source_panel.js";
import { Uploads } from "./uploading.js";

const layout = document.querySelector(".chat");

// What a new document changes on the page is counted by the server.
const recount = async () => {
  const response = await fetch("/", { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["welcome-words", "collection-list"]) {
    const [shown, counted] = [document.getElementById(id), fresh.getElementById(id)];
    if (shown && counted) shown.replaceChildren(...counted.childNodes);
  }
};

const uploads = new Uploads({ onReady: recount });

new SourcePanel(document.getElementById("source"), layout);

const showConversation = (id, title) => {
  const link = document.createElement("a");
  link.href = `/conversations/${id}`;
  link.textContent = title;
  link.setAttribute("aria-current", "page");
  const line = document.createElement("li");
  line.append(link);
  document.getElementById("conversation-list").prepend(line);
  document.querySelector(".sidebar-empty")?.remove();
  history.replaceState(null, "", link.href);
};

// Before the first answer the form to add documents stands on the page; afterwards it opens over it.
const leaveWelcome = () => {
  const welcome = document.getElementById("welcome");
  if (!welcome) return;
  const form = welcome.querySelector("form");
  if (form) document.getElementById("add-documents").append(form);
  document.querySelector(".add-button")?.setAttribute("popovertarget", "add-documents");
  welcome.remove();
};

const asking = new Asking(document.getElementById("exchanges"), {
  composer: () => composer,
  onConversation: showConversation,
});
const composer = new Composer(document.getElementById("composer"), {
  onAsk: (question) => {
    uploads.clearReady();
    leaveWelcome();
    asking.ask(question);
  },
  onStop: () => asking.stop(),
});

document.querySelector(".add-button")?.addEventListener("click", ({ currentTarget }) => {
  if (!currentTarget.hasAttribute("popovertarget")) uploads.choose();
});

if (!location.hash) document.querySelector(".exchange:last-child:not(:first-child)")?.scrollIntoView({ block: "start" });
