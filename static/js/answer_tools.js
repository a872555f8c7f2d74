// What is done with an answer below it: copied, and called helpful or not. Without this script forms do the same.

import { announce } from "./announcing.js";
import { getFragment, Refused, send } from "./http.js";
import { gettext } from "./translate.js";

const SAID_FOR = 2500; // ms that a button says what it did

export const listenToTools = (list) => {
  list.addEventListener("submit", (event) => {
    if (event.target.matches(".copy-answer")) copy(event);
    else if (event.target.closest("[data-feedback]")) sayIfHelpful(event);
  });
  list.addEventListener("click", (event) => {
    if (event.target.closest(".say-why")) askWhy(event);
    else if (event.target.closest(".comment-close")) closeComment(event);
  });
};

const copy = async (event) => {
  event.preventDefault();
  const form = event.target;
  const markdown = send(form.action, { headers: { "X-Requested-With": "fragment" } }).then((response) => response.text());
  try {
    await put(markdown);
    done(form.querySelector(".copy-label"), gettext("Copied"));
  } catch {
    location.assign(form.action); // a page with the text, to be copied by hand
  }
};

// The clipboard is asked for at once, while the click still counts: Safari takes no later wish for one.
const put = async (markdown) => {
  if (!globalThis.ClipboardItem) return navigator.clipboard.writeText(await markdown);
  const blob = markdown.then((text) => new Blob([text], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
};

const done = (label, word) => {
  label.dataset.before ??= label.textContent;
  label.textContent = word;
  announce(word);
  setTimeout(() => (label.textContent = label.dataset.before), SAID_FOR);
};

const sayIfHelpful = async (event) => {
  event.preventDefault();
  const [form, button] = [event.target, event.submitter];
  if (form.hasAttribute("aria-busy")) return; // twice in a row is once
  form.setAttribute("aria-busy", "true");
  const said = new URLSearchParams(new FormData(form, button));
  try {
    const response = await send(form.action, { method: "POST", body: said, headers: { "X-Requested-With": "fragment" } });
    if (response.redirected) throw new Refused(gettext("You are no longer signed in. Reload the page to sign in again."), 401);
    const piece = replace(form, await response.text());
    focusIn(piece, `[data-thumb="${button?.dataset.thumb ?? "down"}"]`);
    announce(said.get("helpful") ? gettext("Thank you") : gettext("Taken back"));
  } catch (error) {
    form.removeAttribute("aria-busy");
    sayWhatFailed(form, error instanceof Refused ? error.message : gettext("That could not be saved. Try again."));
  }
};

// In the field for a comment where there is one, which is then seen whole, above the field for questions.
const focusIn = (piece, otherwise) => {
  const form = piece.querySelector(".comment-form");
  (form?.elements.comment ?? piece.querySelector(otherwise)).focus({ preventScroll: true });
  form?.scrollIntoView({ block: "nearest" });
};

const replace = (part, html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  const piece = template.content.firstElementChild;
  part.closest("[data-feedback]").replaceWith(piece);
  return piece;
};

// What was typed stays where it is.
const sayWhatFailed = (form, sentence) => {
  const feedback = form.closest("[data-feedback]");
  let line = feedback.querySelector(".error");
  if (!line) {
    line = document.createElement("p");
    line.className = "error";
    line.setAttribute("role", "alert");
    feedback.append(line);
  }
  line.textContent = sentence;
};

const askWhy = async (event) => {
  event.preventDefault();
  const link = event.target.closest(".say-why");
  try {
    const piece = await getFragment(link.href);
    link.closest("[data-feedback]").replaceWith(piece);
    focusIn(piece);
  } catch {
    location.assign(link.href);
  }
};

const closeComment = (event) => {
  event.preventDefault();
  const feedback = event.target.closest("[data-feedback]");
  feedback.querySelector(".comment-form").remove();
  feedback.querySelector('[data-thumb="down"]').focus();
};
