// One question on the page, from the moment it is asked until the server's own HTML of it stands there.

import { announce } from "./announcing.js";
import { getFragment } from "./http.js";
import { StreamedText } from "./streamed_text.js";
import { gettext, interpolate, ngettext } from "./translate.js";

const LOOKS_AFTER_STOPPING = 16; // the server closes an answer within a second or two of its reader leaving
const BETWEEN_LOOKS = 400; // ms

export class Exchange {
  constructor(list, question) {
    const template = document.getElementById("exchange-template");
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part(".question").textContent = question;
    this.question = question;
    this.id = null;
    this.finished = false;
    this.text = new StreamedText(this.part(".answer-text"));
    list.append(this.element);
    this.element.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  // What is being done, for eyes and ears.
  stage(sentence) {
    if (this.part(".stage").textContent === sentence) return;
    this.part(".stage").textContent = sentence;
    if (sentence) announce(sentence);
  }

  searchedFor(text) {
    if (!text || text === this.question) return;
    this.part(".searched-for").textContent = interpolate(gettext("Searched for “%(question)s”"), { question: text }, true);
    this.part(".searched-for").hidden = false;
  }

  reading(count) {
    const sentence = ngettext("Reading %(count)s passage…", "Reading %(count)s passages…", count);
    this.stage(count ? interpolate(sentence, { count }, true) : gettext("Nothing close was found…"));
  }

  write(text) {
    this.part(".answer:not(.failure)").hidden = false;
    this.stage(gettext("Writing…"));
    this.text.add(text);
  }

  // The answer as the server shows it for good takes the place of what was streamed, at once and in one piece.
  async finish(answer) {
    this.finished = true;
    try {
      if (answer.id === null) throw new Error("not kept: there is nothing to fetch");
      this.replace(await getFragment(`/answers/${answer.id}`));
    } catch {
      this.settle(answer);
    }
    announce(this.outcome(answer));
  }

  outcome({ mode, status, citations }) {
    if (status === "interrupted") return gettext("The answer broke off");
    if (mode === "refused") return gettext("Not found in your documents");
    const sentence = ngettext("Answer complete, %(count)s source", "Answer complete, %(count)s sources", citations.length);
    return interpolate(sentence, { count: citations.length }, true);
  }

  replace(shown) {
    shown.classList.add("fresh");
    this.element.replaceWith(shown);
    this.element = shown;
  }

  // Without the server's piece: its sanitised text, from the stream. The list of sources comes on reload, if it was kept.
  settle(answer) {
    this.end();
    const box = this.part(".answer:not(.failure)");
    box.hidden = false;
    box.classList.replace("generated", answer.mode || "generated");
    this.part(".answer-text").innerHTML = answer.html;
    if (answer.id === null) this.note(answer.notice);
    else this.element.dataset.answer = answer.id;
  }

  end() {
    this.text.end();
    this.stage("");
    this.part(".answer:not(.failure)").classList.remove("streaming");
    this.part(".answer:not(.failure)").removeAttribute("aria-busy");
  }

  fail(sentence, retry) {
    this.end();
    this.part(".failure-text").textContent = sentence;
    this.part(".failure").hidden = false;
    this.part(".failure-retry").addEventListener("click", retry);
  }

  // Stopped by its reader. The server keeps what came: that is shown as soon as it has closed the answer.
  async stopped(retry) {
    if (this.finished) return; // all of it was there already
    this.stage(gettext("Stopping…"));
    const shown = await this.closed();
    if (shown) {
      this.replace(shown);
      const state = this.part(".answer-state");
      state?.classList.remove("incomplete"); // who stopped it knows
      if (state) state.textContent = gettext("Stopped.");
    } else {
      this.end();
      this.note(gettext("Stopped."));
      this.offer(retry);
    }
    announce(gettext("Stopped."));
  }

  async closed() {
    for (let look = 0; this.id && look < LOOKS_AFTER_STOPPING; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
      const shown = await getFragment(`/answers/${this.id}`).catch(() => null);
      if (!shown || shown.dataset.status !== "working") return shown;
    }
    return null;
  }

  note(sentence) {
    const note = document.createElement("p");
    note.className = "answer-state";
    note.textContent = sentence;
    this.element.append(note);
  }

  offer(retry) {
    const button = this.part(".failure-retry");
    button.addEventListener("click", retry);
    this.element.append(button);
  }
}
