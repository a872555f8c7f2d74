// Ask a question and show its answer as it comes. What it looks like in the end is the server's HTML.

import { getFragment, NOT_REACHED, Refused, send } from "./http.js";
import { serverSentEvents } from "./sse.js";

const BROKEN_OFF = "The connection broke before the answer was complete. Try again.";

// One question on the page, from the moment it is asked.
class Exchange {
  constructor(list, question) {
    const template = document.getElementById("exchange-template");
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part(".question").textContent = question;
    this.question = question;
    list.append(this.element);
    this.element.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  stage(sentence) {
    this.part(".stage").textContent = sentence;
  }

  searchedFor(text) {
    if (!text || text === this.question) return;
    this.part(".searched-for").textContent = `Searched for “${text}”`;
    this.part(".searched-for").hidden = false;
  }

  write(text) {
    if (this.part(".answer").hidden) this.stage("Writing…");
    this.part(".answer").hidden = false;
    this.part(".answer-text").append(text);
  }

  // The sanitised answer replaces what was streamed, first from the event, then as the server shows it for good.
  async finish(answer) {
    this.stage("");
    this.part(".answer").hidden = false;
    this.part(".answer-text").innerHTML = answer.html;
    this.part(".answer").classList.remove("streaming");
    this.part(".answer").removeAttribute("aria-busy");
    if (answer.id === null) {
      this.note(answer.notice); // it was not kept, so there is nothing to fetch
      return;
    }
    try {
      const shown = await getFragment(`/answers/${answer.id}`);
      shown.classList.add("fresh");
      this.element.replaceWith(shown);
      this.element = shown;
    } catch {
      this.element.dataset.answer = answer.id; // the answer stands already; its list of sources comes on reload
    }
  }

  fail(sentence, retry) {
    this.stage("");
    this.part(".failure-text").textContent = sentence;
    this.part(".failure").hidden = false;
    this.part(".failure-retry").addEventListener("click", retry, { once: true });
  }

  stopped() {
    this.stage("");
    this.part(".answer").removeAttribute("aria-busy");
    this.note("Stopped.");
  }

  note(sentence) {
    const note = document.createElement("p");
    note.className = "answer-state";
    note.textContent = sentence;
    this.element.append(note);
  }
}

export class Asking {
  constructor(list, { composer, onConversation }) {
    this.list = list;
    this.composer = composer;
    this.onConversation = onConversation;
    this.abort = null;
    // "Try again" under an answer that broke off: asked here, as any question is.
    list.addEventListener("submit", (event) => {
      if (!event.target.matches(".retry")) return;
      event.preventDefault();
      if (!this.composer().busy) this.ask(event.target.elements.question.value, event.target.elements.collection.value);
    });
  }

  stop() {
    this.abort?.abort();
  }

  async ask(question, collection = this.composer().collection) {
    const exchange = new Exchange(this.list, question);
    exchange.stage("Searching…");
    this.composer().working(true);
    this.abort = new AbortController();
    try {
      await this.stream(exchange, question, collection || null);
    } catch (error) {
      this.recover(exchange, question, collection, error);
    } finally {
      this.abort = null;
      this.composer().working(false);
    }
  }

  async stream(exchange, question, collection) {
    const { conversation } = this.composer();
    const response = await send("/api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, collection, conversation, stream: true }),
      signal: this.abort.signal,
    });
    let done = false;
    // Read to the end also after the last event: hanging up early would look like a reader who left.
    for await (const event of serverSentEvents(response.body)) {
      this.noteConversation(event.data.conversation, question);
      if (event.name === "search") exchange.searchedFor(event.data.searched_for);
      else if (event.name === "passages") exchange.stage(this.reading(event.data.passages.length));
      else if (event.name === "delta") exchange.write(event.data.text);
      else if (event.name === "error") throw new Refused(event.data.detail, 0);
      else if (event.name === "done" || event.name === "interrupted") {
        done = true;
        exchange.finish(event.data);
      }
    }
    if (!done) throw new Refused(BROKEN_OFF, 0);
  }

  reading(count) {
    return count ? `Reading ${count} passage${count === 1 ? "" : "s"}…` : "Nothing close was found…";
  }

  recover(exchange, question, collection, error) {
    if (error.name === "AbortError") {
      exchange.stopped();
      return;
    }
    const sentence = error instanceof Refused ? error.message : error instanceof TypeError ? NOT_REACHED : BROKEN_OFF;
    this.composer().giveBack(question);
    exchange.fail(sentence, () => {
      exchange.element.remove();
      if (this.composer().field.value === question) this.composer().put("");
      this.ask(question, collection);
    });
  }

  noteConversation(id, title) {
    if (!id || id === this.composer().conversation) return;
    this.composer().conversation = id;
    this.onConversation(id, title);
  }
}
