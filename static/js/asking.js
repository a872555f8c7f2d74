// Ask a question and show its answer as it comes. What it looks like in the end is the server's HTML.

import { Exchange } from "./exchange.js";
import { NOT_REACHED, Refused, send } from "./http.js";
import { serverSentEvents } from "./sse.js";
import { gettext } from "./translate.js";

const BROKEN_OFF = gettext("The connection broke before the answer was complete. Try again.");

export class Asking {
  constructor(list, { composer, onConversation }) {
    this.list = list;
    this.composer = composer;
    this.onConversation = onConversation;
    this.abort = null;
    // "Try again" and "Ask again" under an answer: asked here, as any question is.
    list.addEventListener("submit", (event) => {
      if (!event.target.matches(".retry")) return;
      event.preventDefault();
      if (!this.composer().busy) this.ask(event.target.elements.question.value, event.target.elements.collection.value);
    });
  }

  // Hangs up: the server then ends the model's call and keeps what was written.
  stop() {
    this.abort?.abort();
  }

  async ask(question, collection = this.composer().collection) {
    const exchange = new Exchange(this.list, question);
    exchange.stage(gettext("Searching…"));
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
    let finished = null;
    // Read to the end also after the last event: hanging up early would look like a reader who left.
    for await (const event of serverSentEvents(response.body)) {
      this.noteConversation(event.data.conversation, question);
      if (event.name === "search") this.searching(exchange, event.data);
      else if (event.name === "passages") exchange.reading(event.data.passages.length);
      else if (event.name === "delta") exchange.write(event.data.text);
      else if (event.name === "error") throw new Refused(event.data.detail, 0);
      else if (event.name === "done" || event.name === "interrupted") finished = exchange.finish(event.data);
    }
    if (!finished) throw new Refused(BROKEN_OFF, 0);
    await finished;
  }

  searching(exchange, { id, searched_for: text }) {
    exchange.id = id;
    exchange.searchedFor(text);
  }

  recover(exchange, question, collection, error) {
    const again = () => this.again(exchange, question, collection);
    if (error.name === "AbortError") {
      exchange.stopped(again);
      return;
    }
    const sentence = error instanceof Refused ? error.message : error instanceof TypeError ? NOT_REACHED : BROKEN_OFF;
    this.composer().giveBack(question);
    exchange.fail(sentence, again);
  }

  // In place of what did not come to an answer.
  again(exchange, question, collection) {
    if (this.composer().busy) return;
    exchange.element.remove();
    if (this.composer().field.value === question) this.composer().put("");
    this.ask(question, collection);
  }

  noteConversation(id, title) {
    if (!id || id === this.composer().conversation) return;
    this.composer().conversation = id;
    this.onConversation(id, title);
  }
}
