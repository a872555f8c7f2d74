// The page where questions are asked: puts its parts together.

import { listenToTools } from "./answer_tools.js";
import { Asking } from "./asking.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { openDrawer } from "./drawer.js";
import { Earlier } from "./earlier.js";
import { SourcePanel } from "./source_panel.js";
import { SourceTips } from "./source_tips.js";
import { Uploads } from "./uploading.js";

const WAITING_MILLISECONDS = 1500;

const layout = document.querySelector(".chat");
const sidebar = document.getElementById("sidebar");
const exchanges = document.getElementById("exchanges");

// What a new document changes on the page is counted by the server.
const recount = async () => {
  const response = await fetch("/", { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["welcome-words", "collection-list"]) {
    const [shown, counted] = [document.getElementById(id), fresh.getElementById(id)];
    if (!shown || !counted || shown.innerHTML === counted.innerHTML || shown.contains(document.activeElement)) continue;
    shown.replaceWith(document.adoptNode(counted));
  }
  const welcome = fresh.getElementById("welcome");
  if (welcome) document.getElementById("welcome")?.setAttribute("class", welcome.className);
  if (!fresh.getElementById("samples")) document.getElementById("samples")?.remove();
};

// While documents are being indexed before the first question, the page looks again by itself.
const waitForDocuments = async () => {
  if (!document.querySelector("#welcome-words[data-waiting]")) return;
  await recount();
  setTimeout(waitForDocuments, WAITING_MILLISECONDS);
};

const uploads = new Uploads({ onReady: recount });
const earlier = new Earlier(document.getElementById("main"), exchanges);
const conversations = new Conversations(sidebar, { current: () => composer.conversation });

new SourcePanel(document.getElementById("source"), layout);
new SourceTips(exchanges);
listenToTools(exchanges);
openDrawer(sidebar);

const showConversation = (id, title) => {
  document.title = document.title.replace(/^.*(?= · )/, () => title);
  history.replaceState(null, "", `/conversations/${id}`);
  conversations.refresh();
};

// Before the first answer the form to add documents stands on the page; afterwards it opens over it.
const leaveWelcome = () => {
  const welcome = document.getElementById("welcome");
  if (!welcome) return;
  const form = welcome.querySelector("#upload-form");
  if (form) document.getElementById("add-documents").append(form);
  document.querySelector(".add-button")?.setAttribute("popovertarget", "add-documents");
  const title = welcome.querySelector("h1"); // of the page still, though it is seen no more
  title.className = "visually-hidden";
  document.getElementById("exchanges").before(title);
  document.querySelector(".conversation > .messages")?.remove(); // of what was done before
  welcome.remove();
};

const ask = async (question) => {
  uploads.clearReady();
  leaveWelcome();
  await earlier.showLatest();
  asking.ask(question);
};

const asking = new Asking(exchanges, { composer: () => composer, onConversation: showConversation });
const composer = new Composer(document.getElementById("composer"), { onAsk: ask, onStop: () => asking.stop() });

// A suggested question is asked at once. The focus goes where the next one is typed.
document.getElementById("welcome")?.addEventListener("submit", (event) => {
  if (!event.target.matches(".suggestion")) return;
  event.preventDefault();
  if (composer.busy) return;
  composer.field.focus({ preventScroll: true });
  ask(event.target.elements.question.value);
});

document.querySelector(".add-button")?.addEventListener("click", ({ currentTarget }) => {
  if (!currentTarget.hasAttribute("popovertarget")) uploads.choose();
});

if (!location.hash) document.querySelector(".exchange:last-child:not(:first-child)")?.scrollIntoView({ block: "start" });
waitForDocuments();
