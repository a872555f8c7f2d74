// The field a question is typed into: it grows, Enter asks, Shift + Enter makes a new line, Escape stops an answer.

import { Drafts } from "./drafts.js";
import { gettext, interpolate, language, ngettext } from "./translate.js";

const GROWS_BY_ITSELF = CSS.supports("field-sizing: content");

export class Composer {
  constructor(form, { onAsk, onStop }) {
    this.form = form;
    this.field = form.elements.question;
    this.sendButton = form.querySelector(".send-button");
    this.stopButton = form.querySelector(".stop-button");
    this.counter = form.querySelector(".composer-count");
    this.most = Number(this.field.dataset.most);
    this.onAsk = onAsk;
    this.onStop = onStop;
    this.busy = false;
    this.drafts = new Drafts(form.dataset.person);
    this.listen();
    if (!this.field.value) this.field.value = this.drafts.of(this.conversation);
    this.changed();
    this.showOffline();
    // On a phone the keyboard would cover the page before anything was read.
    if (matchMedia("(hover: hover)").matches) this.field.focus({ preventScroll: true });
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.changed());
    this.stopButton.addEventListener("click", () => this.onStop());
    // Before everything else that Escape closes: an answer that is being written is stopped first.
    document.addEventListener("keydown", (event) => this.escape(event), { capture: true });
    for (const change of ["online", "offline"]) addEventListener(change, () => this.showOffline());
  }

  get collection() {
    return this.form.elements.collection?.value || null;
  }

  get conversation() {
    return Number(this.form.elements.conversation.value) || null;
  }

  set conversation(id) {
    this.drafts.forget(this.conversation);
    this.form.elements.conversation.value = id ?? "";
    this.drafts.keep(this.conversation, this.field.value);
  }

  key(event) {
    // Enter also ends a composition of Chinese, Japanese or Korean input: that is no question yet.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.ask();
  }

  escape(event) {
    if (event.key !== "Escape" || !this.busy || event.isComposing) return;
    if (document.querySelector(":popover-open, dialog:modal")) return;
    event.preventDefault();
    event.stopPropagation();
    this.onStop();
  }

  ask() {
    const question = this.field.value.trim();
    if (!question || this.busy) return;
    if (this.excess > 0) {
      this.field.focus();
      return; // the line below the field says it already
    }
    this.form.querySelector(".composer-error")?.remove();
    this.put("");
    this.field.placeholder = gettext("Ask a follow-up");
    this.onAsk(question);
  }

  put(text) {
    this.field.value = text;
    this.changed();
  }

  // A question that failed comes back to be asked again, unless something else was typed meanwhile.
  giveBack(question) {
    if (!this.field.value.trim()) this.put(question);
  }

  working(busy) {
    this.busy = busy;
    const leaving = busy ? this.sendButton : this.stopButton;
    const hadFocus = document.activeElement === leaving;
    this.sendButton.hidden = busy;
    this.stopButton.hidden = !busy;
    if (hadFocus) (busy ? this.stopButton : this.field).focus();
  }

  changed() {
    this.drafts.keep(this.conversation, this.field.value);
    this.count();
    if (!GROWS_BY_ITSELF) this.grow();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  // How many characters too many, as the server counts them: below zero, how many are left.
  get excess() {
    return [...this.field.value.trim()].length - this.most;
  }

  count() {
    const { excess } = this;
    const near = excess + this.most >= Number(this.field.dataset.countFrom);
    const words =
      excess > 0
        ? ngettext("%(count)s character too many: shorten the question to ask it.", "%(count)s characters too many: shorten the question to ask it.", excess)
        : ngettext("%(count)s character left", "%(count)s characters left", -excess);
    const count = new Intl.NumberFormat(language).format(Math.abs(excess));
    this.counter.textContent = near ? interpolate(words, { count }, true) : "";
    this.counter.classList.toggle("too-many", excess > 0);
    this.field.toggleAttribute("aria-invalid", excess > 0);
    this.sendButton.setAttribute("aria-disabled", String(excess > 0));
  }

  // Said, not enforced: a server on this very machine can be reached without a network.
  showOffline() {
    const line = this.form.querySelector(".composer-offline");
    line.hidden = navigator.onLine;
    line.textContent = navigator.onLine ? "" : gettext("You are offline. What you type is kept here; ask when the connection is back.");
  }
}
